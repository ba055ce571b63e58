"""IEEE 754 by exact rational arithmetic: a pattern is decoded, the sum or product formed exactly, rounded once.

Nothing here shares a step with the machine's arithmetic or with the processor's floating point. Every NaN that
comes out is the canonical one of its format.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Format:
    """A binary interchange format; subnormals, infinities and NaNs included."""

    exponent_bits: int
    fraction_bits: int

    @property
    def sign(self) -> int:
        return 1 << (self.exponent_bits + self.fraction_bits)

    @property
    def infinity(self) -> int:
        return ((1 << self.exponent_bits) - 1) << self.fraction_bits

    @property
    def nan(self) -> int:
        return self.infinity | 1 << (self.fraction_bits - 1)

    @property
    def least_exponent(self) -> int:
        """The exponent of the smallest normal number, and of all subnormals."""
        return 2 - (1 << (self.exponent_bits - 1))


FP16 = Format(5, 10)
BF16 = Format(8, 7)
FP32 = Format(8, 23)


def decode(form: Format, bits: int) -> Fraction | None:
    """The number that a finite pattern stands for (both zeros are 0); None for an infinity or a NaN."""
    field, fraction = divmod(bits & ~form.sign, 1 << form.fraction_bits)
    if bits & ~form.sign >= form.infinity:
        return None
    significand = fraction + (1 << form.fraction_bits if field else 0)
    exponent = max(field, 1) - 1 + form.least_exponent - form.fraction_bits
    magnitude = significand * Fraction(2) ** exponent
    return -magnitude if bits & form.sign else magnitude


def encode(form: Format, number: Fraction, zero_sign: int) -> int:
    """The pattern nearest to ``number``, ties to even; ``zero_sign`` is the sign bit of an exact zero."""
    if number == 0:
        return zero_sign
    magnitude = abs(number)
    exponent = max(_floor_log2(magnitude), form.least_exponent)
    # The hidden bit of a normal significand counts up the exponent field, and so does a carry out of rounding.
    significand = round(magnitude / Fraction(2) ** (exponent - form.fraction_bits))
    pattern = ((exponent - form.least_exponent) << form.fraction_bits) + significand
    return min(pattern, form.infinity) | (form.sign if number < 0 else 0)


def add(form: Format, a: int, b: int) -> int:
    """The sum of two patterns: exact cancellation gives +0, two zeros of a sign keep it."""
    x, y = decode(form, a), decode(form, b)
    if x is not None and y is not None:
        return encode(form, x + y, zero_sign=a & b & form.sign if x == y == 0 else 0)
    infinities = {pattern for pattern, number in ((a, x), (b, y)) if number is None}
    only = infinities.pop()
    return only if not infinities and _is_infinity(form, only) else form.nan


def multiply(operands: Format, result: Format, a: int, b: int) -> int:
    """The product of two patterns of ``operands`` as a pattern of ``result``."""
    x, y = decode(operands, a), decode(operands, b)
    sign = result.sign if (a ^ b) & operands.sign else 0
    if x is not None and y is not None:
        return encode(result, x * y, zero_sign=sign)
    others_are_infinite = all(_is_infinity(operands, p) for p, number in ((a, x), (b, y)) if number is None)
    return result.infinity | sign if others_are_infinite and 0 not in (x, y) else result.nan


def convert(source: Format, target: Format, bits: int) -> int:
    """The pattern of ``target`` nearest to the number of ``bits`` in ``source``."""
    number = decode(source, bits)
    sign = target.sign if bits & source.sign else 0
    if number is not None:
        return encode(target, number, zero_sign=sign)
    return target.infinity | sign if _is_infinity(source, bits) else target.nan


def multiply_add_chain(operands: Format, start: int, pairs: Iterable[tuple[int, int]]) -> int:
    """Patterns multiplied pair by pair and added in turn to the FP32 sum ``start``, each step rounded to FP32."""
    total = convert(FP32, FP32, start)
    for a, b in pairs:
        total = add(FP32, total, multiply(operands, FP32, a, b))
    return total


def _is_infinity(form: Format, bits: int) -> bool:
    return bits & ~form.sign == form.infinity


def _floor_log2(number: Fraction) -> int:
    estimate = number.numerator.bit_length() - number.denominator.bit_length()
    return estimate if number >= Fraction(2) ** estimate else estimate - 1
