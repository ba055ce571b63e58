"""What the RTL says of commands means what the rules and the layout of commands say."""

from __future__ import annotations

from amaranth.hdl import Shape

from heddle.arch.command_rules import Refusal
from heddle.arch.isa import ArrayCommand
from heddle.hls.array.command import COMMAND, Cause


def test_a_command_has_the_bits_of_its_word() -> None:
    placed = {field.name: (field.offset, field.width) for field in ArrayCommand.fields()}
    assert {name: (field.offset, Shape.cast(field.shape).width) for name, field in COMMAND} == placed


def test_causes_are_the_refusals() -> None:
    assert {cause.name: cause.value for cause in Cause} == {reason.name: reason.value for reason in Refusal}
