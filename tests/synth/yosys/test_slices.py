"""Cells of UltraScale+ that yosys is given: DSP slices with their registers, wide multiplexers, LUTs of tables."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from amaranth.hdl import signed, unsigned
from amaranth.lib import wiring

from heddle.arch.design_io import load_design
from heddle.hls.array.uspe import Uspe
from heddle.hls.emit import emit
from heddle.hls.fp.lookup import Lookup
from heddle.hls.fp.multiply_add import MultiplyAdd, SliceRegisters
from heddle.hls.fp.selection import Selection
from heddle.synth.yosys.slices import UltraScaleSlices, with_timed_slices
from heddle.synth.yosys.tool import run_yosys

_WORDS = random.Random(5).choices(range(8), k=64)


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


@pytest.mark.parametrize(
    ("unit", "cells"),
    [
        (lambda: Selection(2, 2), {}),
        (lambda: Selection(4, 2), {"LUT6": 2}),
        (lambda: Selection(32, 2), {"MUXF7": 8, "MUXF8": 4, "MUXF9": 2, "LUT6": 16}),
        (lambda: Lookup(_WORDS, 3), {"LUT6": 3}),
    ],
    ids=["of 2", "of 4", "of 32", "lookup"],
)
def test_cells_do_what_the_plain_description_does(
    unit: Callable[[], wiring.Component], cells: dict[str, int], tmp_path: Path
) -> None:
    mapped = emit(unit(), "mapped", UltraScaleSlices())
    assert {cell: mapped.count(f"{cell} ") for cell in ("MUXF7", "MUXF8", "MUXF9", "LUT6") if cell in mapped} == cells
    (tmp_path / "both.v").write_text(f"{emit(unit(), 'plain')}\n{mapped}")
    run_yosys(
        "read_verilog both.v; read_verilog +/xilinx/cells_sim.v; hierarchy; proc; flatten plain mapped; "
        "miter -equiv -flatten plain mapped both; sat -verify -prove trigger 0 both",
        tmp_path,
        "log",
    )
