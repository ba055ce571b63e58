"""A program as text: there and back, and what is wrong in a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.arch.assembly import assemble, listing
from heddle.arch.errors import HeddleError
from heddle.arch.instruction_words import words_of
from heddle.arch.instructions import Instruction
from tests.support.instructions import instructions


@given(st.lists(instructions(), max_size=4))
def test_a_program_comes_back_from_its_text(program: list[Instruction]) -> None:
    assert assemble(listing(words_of(program))) == tuple(program)


def test_a_line_shows_what_is_not_zero() -> None:
    text = "load signal_next weight places.address=0x1000 places.pixels=8 group_elements=4"
    (load,) = assemble([f"  {text}  # the first weights", "", "# nothing"])
    assert list(listing(words_of([load]))) == [text]
    (compute,) = assemble(["compute wait_previous command.tiles=3 walk.cols.start=-1"])
    assert (compute.command.tiles, compute.walk.cols.start, compute.tokens.wait_previous) == (3, -1, 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lod", "p.txt: line 2: unknown instruction 'lod'; did you mean 'load'? (valid: load, compute, store, sync)"),
        (
            "sync lst",
            "p.txt: line 2: unknown field of sync 'lst'; did you mean 'last'? (valid: wait_previous, wait_next, "
            "signal_previous, signal_next, last)",
        ),
        ("sync last last", "p.txt: line 2: field last is given twice"),
        ("load half=x", "p.txt: line 2: half: 'x' is no whole number"),
        ("sync last=2", "p.txt: line 2: Sync: last = 2 (valid: 0 to 1)"),
    ],
)
def test_a_wrong_line_is_named(line: str, message: str) -> None:
    with pytest.raises(HeddleError) as refused:
        assemble(["sync last", line], "p.txt")
    assert str(refused.value) == message
