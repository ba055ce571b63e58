"""The number formats, in one table: their fields, their words that matter, and what a product of two does in FP32.

A new operand format is a row of OPERANDS. Widths of ports, buffers and files, bytes in DRAM and the conversions of
``heddle.sim.functional`` follow from it; what a format needs that is truly new says so where it is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from heddle.arch.errors import unknown

_BITS_PER_BYTE = 8


class ProductRange(Enum):
    """How a product of two operands comes out in the format of the sums."""

    EXACT = "exact"
    GRADUAL = "exact unless it overflows or becomes subnormal"
    ROUNDED = "rounded"


@dataclass(frozen=True)
class FloatFormat:
    """An IEEE 754 binary interchange layout: sign, ``exponent_bits``, ``fraction_bits``, high to low.

    The all-ones exponent is infinity (fraction 0) or NaN, the all-zeros exponent zero or subnormal. Numbers round to
    nearest, ties to even; what overflows becomes an infinity; arithmetic returns one NaN. A format with other
    conventions is new arithmetic, not a row.
    """

    exponent_bits: int
    fraction_bits: int
    name: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a layout that has no normal numbers or no fraction."""
        if self.exponent_bits < 2 or self.fraction_bits < 1:
            raise ValueError(f"{self} needs at least 2 exponent bits and 1 fraction bit")

    def __str__(self) -> str:
        """Return the name, or the layout of a format without one."""
        return self.name or f"e{self.exponent_bits}m{self.fraction_bits}"

    @property
    def width(self) -> int:
        """Bits of a word."""
        return 1 + self.exponent_bits + self.fraction_bits

    @property
    def width_bytes(self) -> int:
        """Bytes of a word in memory."""
        return -(-self.width // _BITS_PER_BYTE)

    @property
    def pattern_type(self) -> np.dtype[Any]:
        """NumPy's type of an array of words. Raises ValueError for a word that is no whole type of NumPy's."""
        if self.width not in (8, 16, 32):
            raise ValueError(f"a word of {self} has {self.width} bits, which no NumPy integer has (valid: 8, 16, 32)")
        return np.dtype(f"uint{self.width}")

    @property
    def sign(self) -> int:
        """The sign bit of a word."""
        return 1 << self.magnitude_bits

    @property
    def magnitude_bits(self) -> int:
        """Bits of a word without its sign."""
        return self.exponent_bits + self.fraction_bits

    @property
    def bias(self) -> int:
        """What the exponent field adds to the exponent."""
        return (1 << self.exponent_bits - 1) - 1

    @property
    def exponent_ones(self) -> int:
        """The exponent field of infinity and NaN."""
        return (1 << self.exponent_bits) - 1

    @property
    def least_exponent(self) -> int:
        """The exponent of the smallest subnormal."""
        return 1 - self.bias - self.fraction_bits

    @property
    def infinity(self) -> int:
        """The word of +infinity, the lowest above all finite positive numbers."""
        return self.exponent_ones << self.fraction_bits

    @property
    def canonical_nan(self) -> int:
        """The one NaN that arithmetic returns: quiet, positive, no payload."""
        return self.infinity | 1 << self.fraction_bits - 1

    def product_in(self, sums: FloatFormat) -> ProductRange:
        """Return what becomes of the product of two numbers of this format in ``sums``."""
        if 2 * self.fraction_bits + 1 > sums.fraction_bits:
            return ProductRange.ROUNDED
        is_normal = 2 * self.least_exponent >= 1 - sums.bias and 2 * self.bias + 1 <= sums.bias
        return ProductRange.EXACT if is_normal else ProductRange.GRADUAL


FP16 = FloatFormat(exponent_bits=5, fraction_bits=10, name="fp16")
BF16 = FloatFormat(exponent_bits=8, fraction_bits=7, name="bf16")
FP32 = FloatFormat(exponent_bits=8, fraction_bits=23, name="fp32")

#: Formats that products are made of, by the names that designs and files give them.
OPERANDS = {row.name: row for row in (FP16, BF16)}
#: Formats that products are summed in: the array's, the optimiser's and the gradients'.
ACCUMULATORS = {row.name: row for row in (FP32,)}


def operand_format(name: str) -> FloatFormat:
    """Return the operand format called ``name``, as a Design names it; HeddleError for any other name."""
    if name not in OPERANDS:
        raise unknown("operand format", name, OPERANDS)
    return OPERANDS[name]
