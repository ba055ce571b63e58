"""A program's bytes: there and back, and what is refused before a machine looks at it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.arch.errors import HeddleError
from heddle.arch.instruction_words import words_of
from heddle.arch.instructions import NO_TOKENS, Instruction, Opcode, Sync
from heddle.arch.program_file import digest, program_bytes, read_program
from tests.support.instructions import instructions

TINY = load_design("tiny")
LAST = Sync(opcode=Opcode.SYNC, tokens=NO_TOKENS, last=1)


@given(st.lists(instructions(), max_size=4))
def test_a_program_comes_back_from_its_bytes(program: list[Instruction]) -> None:
    data = program_bytes(words_of(program), TINY)
    assert len(data) == 64 * (1 + len(program))
    assert read_program(data, TINY) == tuple(program)


def test_the_header_is_laid_down_byte_by_byte() -> None:
    data = program_bytes(words_of([LAST]), TINY)
    assert data[:4] == b"HDDL"
    assert data[4:10] == bytes([2, 0, 1, 0, 0, 0])
    assert data[14:30] == digest(TINY).to_bytes(16, "little")
    assert data[30:64] == bytes(34)
    assert data[64:] == bytes([4, 1, *[0] * 62])


@pytest.mark.parametrize(
    ("dotted", "value", "differs"),
    [("name", "other", False), ("clock_hz", 1e8, False), ("sparsity.n", 1, False), ("array.rows", 5, True)],
)
def test_a_program_is_of_a_machine_and_not_of_its_name(dotted: str, value: object, differs: bool) -> None:
    other: Design = override(TINY, {dotted: value})
    assert (digest(other) != digest(TINY)) == differs


def _changed(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


def _refusal(data: bytes, design: Design = TINY) -> str:
    with pytest.raises(HeddleError) as refused:
        read_program(data, design, "p.bin")
    return str(refused.value)


def test_what_is_no_program_of_the_design_is_refused() -> None:
    data = program_bytes(words_of([LAST]), TINY)
    assert _refusal(b"") == _refusal(data[:63]) == _refusal(b"x" * 200)
    assert _refusal(b"") == "p.bin: it does not begin with the header of a program"
    assert _refusal(_changed(data, 4, 9)) == "p.bin: instruction set of version 9 (valid: 2); compile it again"
    assert _refusal(data[:-1]) == (
        "p.bin: 63 bytes of instructions, but its header says 1 x 64; it was cut short or added to"
    )
    assert _refusal(_changed(data, 70, 1)) == (
        "p.bin: its instructions do not have the checksum of its header; it was changed"
    )
    assert _refusal(data, override(TINY, {"array.cols": 3})) == (
        "p.bin: it was compiled for another design than 'tiny'; compile it again"
    )


@pytest.mark.parametrize("opcode", [0, 5, 6, 15])
def test_an_instruction_of_no_known_kind_is_refused(opcode: int) -> None:
    wrong = program_bytes(words_of([replace(LAST, opcode=opcode)]), TINY)
    assert _refusal(wrong) == (f"p.bin: instruction 0: opcode {opcode} (valid: LOAD 1, COMPUTE 2, STORE 3, SYNC 4)")


def test_bits_that_no_field_has_are_refused() -> None:
    class Longer(Sync):
        def encode(self) -> int:
            return super().encode() | 1 << 9

    wrong = program_bytes(words_of([LAST, Longer(opcode=4, tokens=NO_TOKENS, last=1)]), TINY)
    assert _refusal(wrong) == "p.bin: instruction 1: bits beyond the 9 of SYNC are not zero"
