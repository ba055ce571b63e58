"""DSP slices of multiply-adds: one for each, with its registers, and none beside."""

from __future__ import annotations

import re

import pytest
from amaranth.hdl import signed, unsigned

from heddle.arch.design_io import load_design
from heddle.hls.array.uspe import Uspe
from heddle.hls.emit import emit
from heddle.hls.fp.multiply_add import MultiplyAdd, SliceRegisters
from heddle.synth.yosys.slices import UltraScaleSlices, with_timed_slices


def _parameters(text: str) -> dict[str, int]:
    """The numbers of registers of the one slice of a Verilog text."""
    (slice_,) = re.findall(r"^  DSP48E2 #\((.*?)\n  \) ", text, re.MULTILINE | re.DOTALL)
    return {name: int(value) for name, value in re.findall(r"\.(\w+REG)\(32'd(\d)\)", slice_)}


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (
            SliceRegisters(operands=True, total=True, addend=True),
            {"AREG": 1, "BREG": 1, "CREG": 1, "MREG": 0, "PREG": 1},
        ),
        (SliceRegisters(product=True), {"AREG": 0, "BREG": 0, "CREG": 0, "MREG": 1, "PREG": 0}),
        (SliceRegisters(), {"AREG": 0, "BREG": 0, "CREG": 0, "MREG": 0, "PREG": 0}),
    ],
)
def test_a_slice_has_the_registers_of_its_multiply_add(used: SliceRegisters, expected: dict[str, int]) -> None:
    text = emit(MultiplyAdd(26, signed(18), 42, 45, used), "top", UltraScaleSlices())
    found = _parameters(text)
    assert {name: found[name] for name in expected} == expected
    others = set(found) - {*expected, "ACASCREG", "BCASCREG"}
    assert others
    assert not any(found[name] for name in others)
    assert "always" not in text


def test_the_slice_adds_c_to_the_product() -> None:
    text = emit(MultiplyAdd(11, unsigned(11), 0, 22, SliceRegisters()), "top", UltraScaleSlices())
    assert ".OPMODE(9'h035)" in text
    assert "DSP48E1" not in text


def test_a_pe_has_two_slices_and_multiplies_nothing_beside_them() -> None:
    text = emit(Uspe(load_design("tiny")), "top", UltraScaleSlices())
    assert text.count("DSP48E2 #(") == 2
    assert " * " not in text


def test_for_times_the_slices_are_of_the_family_with_arcs() -> None:
    text = emit(MultiplyAdd(11, unsigned(11), 0, 22, SliceRegisters()), "top", UltraScaleSlices())
    assert with_timed_slices(text).count("DSP48E1 #(") == 1
    assert "DSP48E2" not in with_timed_slices(text)
