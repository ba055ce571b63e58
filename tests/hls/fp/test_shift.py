"""Shifters by two-bit digits."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.hls.fp.shift import digits, shift_left, shift_right_sticky

_WIDTH = 11


@pytest.mark.parametrize(("most", "expected"), [(1, ((0, 1),)), (7, ((1, 2), (0, 1))), (8, ((3, 1), (1, 2), (0, 1)))])
def test_digits_are_pairs_above_a_single_bit(most: int, expected: tuple[tuple[int, int], ...]) -> None:
    assert digits(most) == expected


def _shifted(shift: Any, word: int, amount: int) -> int:
    """``word`` shifted by the digits of ``amount``, one after the other, in the Amaranth simulator."""
    m = Module()
    held, by = Signal(_WIDTH, init=word), Signal(4, init=amount)
    value: Any = held
    for place, width in digits(_WIDTH - 1):
        net = Signal(_WIDTH)
        m.d.comb += net.eq(shift(value, by[place : place + width], place))
        value = net
    results = []

    async def bench(ctx: Any) -> None:
        results.append(ctx.get(value))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    return results[0]


@settings(max_examples=60, deadline=None)
@given(word=st.integers(0, (1 << _WIDTH) - 1), amount=st.integers(0, 15))
def test_what_a_right_shift_loses_sticks_to_bit_0(word: int, amount: int) -> None:
    lost = word & ((1 << amount) - 1) != 0
    assert _shifted(shift_right_sticky, word, amount) == word >> amount | lost


@settings(max_examples=60, deadline=None)
@given(word=st.integers(0, (1 << _WIDTH) - 1), amount=st.integers(0, 15))
def test_a_left_shift_keeps_its_width(word: int, amount: int) -> None:
    assert _shifted(shift_left, word, amount) == word << amount & ((1 << _WIDTH) - 1)
