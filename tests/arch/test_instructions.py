"""The accelerator's instructions: each one word, its fields where docs/isa.md says that they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given

from heddle.arch.instructions import INSTRUCTION_BYTES, INSTRUCTIONS, Axis, Instruction, LeftWalk, Opcode, Tokens
from heddle.arch.isa import ArrayCommand, Encoded, Field
from tests.support.instructions import instructions


@given(instructions())
def test_an_instruction_comes_back_from_its_word(instruction: Instruction) -> None:
    assert type(instruction).decode(instruction.encode()) == instruction


@pytest.mark.parametrize("kind", INSTRUCTIONS.values(), ids=lambda kind: kind.__name__)
def test_an_instruction_fits_its_bytes_and_begins_with_opcode_and_tokens(kind: type[Instruction]) -> None:
    assert kind.width() <= 8 * INSTRUCTION_BYTES
    opcode, tokens = kind.fields()[:2]
    assert (opcode.name, opcode.width, opcode.offset) == ("opcode", 4, 0)
    assert (tokens.inner, tokens.width, tokens.offset) == (Tokens, 4, 4)


def test_the_widths_are_those_of_the_version() -> None:
    """A change of any of them needs another version of the instruction set."""
    widths = {opcode.name: kind.width() for opcode, kind in INSTRUCTIONS.items()}
    assert widths == {"LOAD": 337, "COMPUTE": 508, "STORE": 298, "SYNC": 9}
    assert (LeftWalk.width(), Axis.width(), ArrayCommand.width()) == (324, 92, 143)


@pytest.mark.parametrize("kind", INSTRUCTIONS.values(), ids=lambda kind: kind.__name__)
def test_the_page_gives_the_widths_of_all_fields(kind: type[Instruction]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "isa.md").read_text()
    assert f"**{kind.opcode_of.name}**, {kind.width()} bits" in page
    for field in _numbers_of(kind):
        rows = [line for line in page.splitlines() if f"`{field.name}`" in line]
        assert any(str(field.width) in line for line in rows), field.name


def _numbers_of(kind: type[Encoded]) -> Iterator[Field]:
    for field in kind.fields():
        if field.inner is None:
            yield field
        elif field.inner not in (ArrayCommand, Tokens):
            yield from _numbers_of(field.inner)


def test_reserved_opcodes_have_no_instruction() -> None:
    assert set(Opcode) - set(INSTRUCTIONS) == {Opcode.VECTOR, Opcode.UPDATE}


@pytest.mark.parametrize("start", [-1, -(1 << 15), (1 << 15) - 1])
def test_a_window_may_begin_before_the_map(start: int) -> None:
    axis = Axis(start=start, tap_step=1, step=2, positions=7, size=14, taps=3)
    assert Axis.decode(axis.encode()) == axis
    assert axis.encode() & 0xFFFF == start & 0xFFFF
