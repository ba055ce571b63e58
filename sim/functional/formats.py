"""The machine's number formats as bit patterns, and the conversions between them.

Operands are 16-bit patterns (uint16): numpy has no BF16. Everything follows IEEE 754: round to nearest, ties to
even; subnormals are kept; what overflows becomes an infinity. There is one NaN a format, positive and quiet with
an empty payload; every conversion returns it for any NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError, unknown

Bits = npt.NDArray[np.uint16]
Float32 = npt.NDArray[np.float32]

#: The machine's NaN in FP32.
CANONICAL_NAN = np.uint32(0x7FC0_0000)

_DROPPED_BITS = 16  # a BF16 pattern is the upper half of an FP32 pattern


@dataclass(frozen=True)
class OperandFormat:
    """A 16-bit format: a sign bit, ``exponent_bits`` and ``fraction_bits``, in that order from the top."""

    name: str
    exponent_bits: int
    fraction_bits: int

    @property
    def bias(self) -> int:
        """What the exponent field of a number stands above its exponent."""
        return (1 << (self.exponent_bits - 1)) - 1

    @property
    def infinity(self) -> int:
        """The pattern of +infinity, the lowest above all finite positive numbers."""
        return ((1 << self.exponent_bits) - 1) << self.fraction_bits

    @property
    def nan(self) -> int:
        """The pattern of the canonical NaN."""
        return self.infinity | 1 << (self.fraction_bits - 1)


FP16 = OperandFormat("fp16", exponent_bits=5, fraction_bits=10)
BF16 = OperandFormat("bf16", exponent_bits=8, fraction_bits=7)
OPERAND_FORMATS = {operand.name: operand for operand in (FP16, BF16)}


def operand_format(name: str) -> OperandFormat:
    """Return the operand format called ``name``, as a Design names it; HeddleError for any other name."""
    if name not in OPERAND_FORMATS:
        raise unknown("operand format", name, OPERAND_FORMATS)
    return OPERAND_FORMATS[name]


def to_float32(bits: Bits, operand: OperandFormat) -> Float32:
    """Return the FP32 numbers, in the shape of ``bits``, that its patterns stand for: exact, NaN canonical."""
    if bits.dtype != np.uint16:
        raise HeddleError(f"operands are {bits.dtype}; they must be uint16, the bit patterns of {operand.name}")
    return _all_numbers(operand)[bits]


def from_float32(values: npt.ArrayLike, operand: OperandFormat) -> Bits:
    """Return the patterns of ``values`` (FP32) rounded to ``operand``, in the same shape."""
    numbers = np.asarray(values, np.float32)
    rounded = _rounded_to_fp16(numbers) if operand is FP16 else _rounded_to_bf16(numbers)
    return np.where(np.isnan(numbers), np.uint16(operand.nan), rounded)


def canonical(values: Float32) -> Float32:
    """Return ``values`` with every NaN made the canonical one."""
    return np.where(np.isnan(values), CANONICAL_NAN.view(np.float32), values)


@cache
def _all_numbers(operand: OperandFormat) -> Float32:
    """The FP32 number of each of the 65,536 patterns: looking one up is faster than converting it."""
    patterns = np.arange(1 << 16, dtype=np.uint16)
    if operand is FP16:
        return canonical(patterns.view(np.float16).astype(np.float32))
    return canonical((patterns.astype(np.uint32) << np.uint32(_DROPPED_BITS)).view(np.float32))


def _rounded_to_fp16(numbers: Float32) -> npt.NDArray[Any]:
    with np.errstate(over="ignore"):  # overflow to infinity is the result meant
        return numbers.astype(np.float16).view(np.uint16)


def _rounded_to_bf16(numbers: Float32) -> npt.NDArray[Any]:
    """Adding just under half of the kept last place, and one more where that place is odd, carries ties to even."""
    pattern = numbers.view(np.uint32).astype(np.uint64)
    odd = (pattern >> np.uint64(_DROPPED_BITS)) & np.uint64(1)
    return ((pattern + np.uint64(0x7FFF) + odd) >> np.uint64(_DROPPED_BITS)).astype(np.uint16)
