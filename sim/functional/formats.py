"""Conversions between FP32 and the bit patterns of an operand format (``heddle.arch.formats``).

Everything follows IEEE 754: round to nearest, ties to even; subnormals are kept; what overflows becomes an infinity.
There is one NaN a format, positive and quiet with an empty payload; every conversion returns it for any NaN.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError
from heddle.arch.formats import BF16, FP16, FP32, FloatFormat

#: Patterns of an operand format, in its ``pattern_type``.
Bits = npt.NDArray[np.unsignedinteger[Any]]
Float32 = npt.NDArray[np.float32]

#: The machine's NaN in FP32.
CANONICAL_NAN = np.uint32(FP32.canonical_nan)


def to_float32(bits: Bits, operand: FloatFormat) -> Float32:
    """Return the FP32 numbers, in the shape of ``bits``, that its patterns stand for: exact, NaN canonical."""
    if bits.dtype != operand.pattern_type:
        raise HeddleError(
            f"operands are {bits.dtype}; they must be {operand.pattern_type}, the bit patterns of {operand}"
        )
    return _all_numbers(operand)[bits]


def from_float32(values: npt.ArrayLike, operand: FloatFormat) -> Bits:
    """Return the patterns of ``values`` (FP32) rounded to ``operand``, in the same shape."""
    numbers = np.asarray(values, np.float32)
    if operand == FP16:
        rounded = _rounded_to_fp16(numbers)
    elif operand == BF16:
        rounded = _rounded_to_bf16(numbers)
    else:
        rounded = rounded_to(numbers, operand)
    return np.where(np.isnan(numbers), operand.pattern_type.type(operand.canonical_nan), rounded)


def canonical(values: Float32) -> Float32:
    """Return ``values`` with every NaN made the canonical one."""
    return np.where(np.isnan(values), CANONICAL_NAN.view(np.float32), values)


@cache
def _all_numbers(operand: FloatFormat) -> Float32:
    """The FP32 number of each pattern, by the format's definition: looking one up is faster than converting it."""
    patterns = np.arange(1 << operand.width)
    magnitudes = patterns & operand.sign - 1
    fields, fractions = magnitudes >> operand.fraction_bits, magnitudes & (1 << operand.fraction_bits) - 1
    significands = fractions + ((fields > 0) << operand.fraction_bits)
    numbers = np.ldexp(significands.astype(np.float64), np.maximum(fields - 1, 0) + operand.least_exponent)
    numbers[magnitudes == operand.infinity] = np.inf
    numbers[magnitudes > operand.infinity] = np.nan
    return canonical(np.where(patterns < operand.sign, numbers, -numbers).astype(np.float32))


def rounded_to(numbers: Float32, operand: FloatFormat) -> Bits:
    """Return the patterns of ``numbers`` rounded to any format, by its definition; those of NaNs mean nothing.

    A number is counted in units of its binade's last place, or of the least one there is. Counting up into the next
    binade carries into the exponent.
    """
    finite = np.isfinite(numbers)
    magnitudes = np.where(finite, np.abs(numbers), 0).astype(np.float64)
    least = 1 - operand.bias
    exponents = np.where(magnitudes > 0, np.maximum(np.frexp(magnitudes)[1] - 1, least), least).astype(np.int64)
    units = np.rint(np.ldexp(magnitudes, operand.fraction_bits - exponents)).astype(np.int64)
    words = (exponents + operand.bias - 1 << operand.fraction_bits) + units
    words = np.where(finite, np.minimum(words, operand.infinity), operand.infinity)
    return (words + np.signbit(numbers) * np.int64(operand.sign)).astype(operand.pattern_type)


def _rounded_to_fp16(numbers: Float32) -> Bits:
    """What NumPy has a type of, it rounds faster than ``rounded_to``."""
    with np.errstate(over="ignore"):  # overflow to infinity is the result meant
        return numbers.astype(np.float16).view(np.uint16)


def _rounded_to_bf16(numbers: Float32) -> Bits:
    """A BF16 pattern is the upper half of an FP32 pattern, so that whole patterns round, faster than ``rounded_to``.

    Adding just under half of the kept last place, and one more where that place is odd, carries ties to even.
    """
    dropped = np.uint64(FP32.width - BF16.width)
    pattern = numbers.view(np.uint32).astype(np.uint64)
    odd = (pattern >> dropped) & np.uint64(1)
    just_under_half = (np.uint64(1) << dropped - np.uint64(1)) - np.uint64(1)
    return ((pattern + just_under_half + odd) >> dropped).astype(np.uint16)
