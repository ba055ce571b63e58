"""Operands recoded at the array's edge."""

from __future__ import annotations

from typing import Any

import naive_float
import pytest
from amaranth.sim import Simulator
from naive_recoded import raw_word
from stream_bench import resettable, simulate

from heddle.arch.formats import BF16, FP16, FloatFormat
from heddle.hls.fp.recode import (
    OperandClass,
    RecodedRegister,
    Recoder,
    recoded_bias,
    recoded_layout,
)

_NAIVE = {FP16: naive_float.FP16, BF16: naive_float.BF16}


def _recoded(operand: FloatFormat, words: list[int]) -> list[tuple[int, int, int]]:
    """(sign, exponent, fraction) of each word as recoded."""
    unit = Recoder(operand)
    fields = []

    async def bench(ctx: Any) -> None:
        for word in words:
            ctx.set(unit.raw, word)
            fields.append(
                tuple(ctx.get(field) for field in (unit.recoded.sign, unit.recoded.exponent, unit.recoded.fraction))
            )

    simulator = Simulator(unit)
    simulator.add_testbench(bench)
    simulator.run()
    return fields


@pytest.mark.parametrize("operand", [FP16, BF16], ids=["fp16", "bf16"])
def test_every_word_keeps_its_meaning(operand: FloatFormat) -> None:
    naive = _NAIVE[operand]
    words = [*range(0, 1 << 16, 11), 1, naive.infinity, naive.nan, naive.infinity | 1, naive.sign]
    for word, (sign, exponent, fraction) in zip(words, _recoded(operand, words), strict=True):
        kind = exponent >> operand.exponent_bits - 2
        number = naive_float.decode(naive, word)
        assert sign == word >> 15
        if number is None:
            expected = OperandClass.INFINITY if word & 0x7FFF == naive.infinity else OperandClass.NAN
            assert kind == expected.value
        elif number == 0:
            assert kind == 0
        else:
            assert kind not in {each.value for each in OperandClass}
            significand = fraction + (1 << operand.fraction_bits)
            scale = exponent - recoded_bias(operand) - operand.fraction_bits
            assert abs(number) == significand * naive_float.Fraction(2) ** scale


@pytest.mark.parametrize("operand", [FP16, BF16], ids=["fp16", "bf16"])
def test_nothing_of_a_word_is_lost(operand: FloatFormat) -> None:
    words = [*range(0, 1 << 16, 13), 1, 0x8000, 0x03FF, 0x7F80, 0x7C00, 0xFFFF]
    joined = [
        (sign << operand.exponent_bits + 1 | exponent) << operand.fraction_bits | fraction
        for sign, exponent, fraction in _recoded(operand, words)
    ]
    assert [raw_word(each, operand) for each in joined] == words


@pytest.mark.parametrize("operand", [FP16, BF16], ids=["fp16", "bf16"])
def test_a_recoded_operand_is_one_bit_wider_than_the_word(operand: FloatFormat) -> None:
    assert recoded_layout(operand).size == operand.width + 1


def test_a_fraction_that_is_too_long_for_the_exponent_is_refused() -> None:
    with pytest.raises(ValueError, match="the fraction is too long for an exponent of 5 bits"):
        recoded_layout(FloatFormat(exponent_bits=4, fraction_bits=7))


@pytest.mark.parametrize("operand", [FP16, BF16], ids=["fp16", "bf16"])
def test_a_recoded_register_gives_a_clock_later_what_a_recoder_gives(operand: FloatFormat) -> None:
    words = [*range(0, 1 << 16, 997), 1, _NAIVE[operand].infinity, _NAIVE[operand].nan]
    unit = RecodedRegister(operand)
    design, reset = resettable(unit)
    fields = []

    async def bench(ctx: Any) -> None:
        for place, word in enumerate(words):
            ctx.set(unit.raw, word)
            ctx.set(reset, place % 7 == 2)  # it has no reset, and so keeps the word
            await ctx.tick()
            fields.append(
                tuple(ctx.get(field) for field in (unit.recoded.sign, unit.recoded.exponent, unit.recoded.fraction))
            )

    simulate(design, bench)
    assert unit.latency == 1
    assert fields == _recoded(operand, words)
