"""Instructions as words: there and back, and the array's command as the RTL lays it out."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.arch.design import GROUP_SIZES, MOST_INTERLEAVE
from heddle.arch.errors import HeddleError
from heddle.arch.isa import ArrayCommand, Field
from heddle.hls.array.command import COMMAND

FIELDS = ArrayCommand.fields()
commands = st.builds(ArrayCommand, **{field.name: st.integers(0, (1 << field.width) - 1) for field in FIELDS})
ZEROS = ArrayCommand.decode(0)


@given(commands)
def test_a_command_comes_back_from_its_word_and_its_bytes(command: ArrayCommand) -> None:
    assert ArrayCommand.decode(command.encode()) == command
    assert ArrayCommand.from_bytes(command.to_bytes()) == command


@given(st.integers(0, (1 << 143) - 1))
def test_every_word_is_a_command(word: int) -> None:
    assert ArrayCommand.decode(word).encode() == word


@given(commands)
def test_the_fields_lie_one_behind_the_other_from_the_least_significant_bit_on(command: ArrayCommand) -> None:
    numbers = list(zip(FIELDS, asdict(command).values(), strict=True))
    written = "".join(f"{number:0{field.width}b}" for field, number in reversed(numbers))
    assert command.encode() == int(written, 2)


@given(commands)
def test_the_rtl_has_every_field_at_the_same_bits(command: ArrayCommand) -> None:
    assert COMMAND.const(asdict(command)).as_value().value == command.encode()


def test_the_rtl_has_these_fields_and_no_other() -> None:
    assert [(name, field.width, field.offset) for name, field in COMMAND] == [
        (field.name, field.width, field.offset) for field in FIELDS
    ]
    assert (COMMAND.size, ArrayCommand.width(), ArrayCommand.byte_count()) == (143, 143, 18)
    assert FIELDS[0] == Field("ws", width=1, offset=0)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_number_that_its_field_does_not_hold_is_refused(field: Field) -> None:
    most = (1 << field.width) - 1
    for number in (most + 1, -1):
        with pytest.raises(HeddleError, match=rf"^ArrayCommand: {field.name} = {number} \(valid: 0 to {most}\)$"):
            replace(ZEROS, **{field.name: number}).encode()


def test_words_and_bytes_of_another_length_are_refused() -> None:
    with pytest.raises(HeddleError, match=r"ArrayCommand: word 0x80{35} is no word of 143 bits"):
        ArrayCommand.decode(1 << 143)
    with pytest.raises(HeddleError, match=r"ArrayCommand: 17 bytes given \(valid: 18\)"):
        ArrayCommand.from_bytes(bytes(17))


def test_a_command_says_the_largest_group_and_interleave_of_a_design() -> None:
    largest = replace(ZEROS, group_slots=max(GROUP_SIZES), interleave_cols=MOST_INTERLEAVE)
    assert ArrayCommand.decode(largest.encode()) == largest
