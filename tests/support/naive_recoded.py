"""Recoded operands back to raw words, field by field: what the RTL's recoder did, undone."""

from __future__ import annotations

from heddle.arch.formats import FloatFormat

_INFINITY, _NAN = 6, 7


def raw_word(recoded: int, operand: FloatFormat) -> int:
    """The raw word of a recoded one: fraction, exponent (one bit wider than the raw one), sign from the lowest bit on.

    The recoded exponent of 1.0 is 2 ** exponent_bits; its top three bits 6 stand for infinity, 7 for NaN, 0 for zero.
    """
    fraction_bits, exponent_bits = operand.fraction_bits, operand.exponent_bits
    fraction = recoded % (1 << fraction_bits)
    exponent = (recoded >> fraction_bits) % (1 << exponent_bits + 1)
    sign = recoded >> fraction_bits + exponent_bits + 1 << fraction_bits + exponent_bits
    kind = exponent >> exponent_bits - 2
    ones = (1 << exponent_bits) - 1 << fraction_bits
    if kind == 0:
        return sign
    if kind in (_INFINITY, _NAN):
        return sign | ones | (fraction if kind == _NAN else 0)
    field = exponent - (1 << exponent_bits) + (1 << exponent_bits - 1) - 1
    if field > 0:
        return sign | field << fraction_bits | fraction
    return sign | ((1 << fraction_bits) + fraction) >> 1 - field
