"""Multiply-add: its registers in the Amaranth simulator, and what a slice cannot hold."""

from __future__ import annotations

import random
from functools import partial
from itertools import product

import pytest
from amaranth.hdl import Module, Shape, signed, unsigned
from fp_bench import run_unit
from refusal import assert_refused

from heddle.hls.emit import emit
from heddle.hls.fp.multiply_add import MultiplyAdd, SliceRegisters

_REGISTERS = [
    SliceRegisters(*used)
    for used in product((False, True), repeat=4)
    if any(used[:3]) and used[0] + used[1] >= used[3]  # else c would have to come before a and b
]


@pytest.mark.parametrize("registers", _REGISTERS, ids=str)
def test_it_multiplies_and_adds_with_the_registers_that_it_is_told(registers: SliceRegisters) -> None:
    draws = random.Random(1)
    unit = MultiplyAdd(26, signed(18), 42, 45, registers)
    latency = registers.operands + registers.product + registers.total
    assert unit.latency == latency
    a = [draws.getrandbits(26) for _ in range(60)]
    b = [draws.randrange(-1 << 17, 1 << 17) for _ in range(60)]
    c = [draws.getrandbits(42) for _ in range(60)]
    steps_late = registers.operands + registers.product - registers.addend
    late = [0] * steps_late + c[: len(c) - steps_late]
    sums = run_unit(unit, {"a": a, "b": b, "c": late}, "total", pause=0.3)
    assert sums[2:-2] == [(x * y + z) % (1 << 45) for x, y, z in zip(a, b, c, strict=True)][2:-2]


def test_without_an_addend_it_multiplies() -> None:
    unit = MultiplyAdd(11, unsigned(11), 0, 22, SliceRegisters(product=True))
    assert run_unit(unit, {"a": [2047, 3], "b": [2047, 5]}, "total") == [2047 * 2047, 15]


@pytest.mark.parametrize(
    ("a_bits", "b", "c_bits"), [(27, signed(18), 42), (26, unsigned(18), 42), (26, signed(18), 49)]
)
def test_what_no_slice_takes_is_refused(a_bits: int, b: Shape, c_bits: int) -> None:
    assert_refused(partial(MultiplyAdd, a_bits, b, c_bits, 45, SliceRegisters()), ValueError, "no DSP slice multiplies")


class _Platform:
    def get_multiply_add(self, unit: MultiplyAdd) -> Module:
        m = Module()
        m.d.comb += unit.total.eq(unit.a + 1)
        return m


def test_a_platform_that_has_slices_gives_one() -> None:
    unit = MultiplyAdd(4, unsigned(4), 0, 8, SliceRegisters())
    assert "use_dsp" in emit(unit, "top")
    assert "use_dsp" not in emit(unit, "top", _Platform())
