"""Binary floating-point formats: their fields, and the words that matter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FloatFormat:
    """An IEEE 754 binary interchange layout: sign, ``exponent_bits``, ``fraction_bits``, high to low.

    The all-ones exponent is infinity (fraction 0) or NaN, the all-zeros exponent zero or subnormal.
    """

    exponent_bits: int
    fraction_bits: int

    def __post_init__(self) -> None:
        """Raises ValueError for a layout that has no normal numbers or no fraction."""
        if self.exponent_bits < 2 or self.fraction_bits < 1:
            raise ValueError(f"{self} needs at least 2 exponent bits and 1 fraction bit")

    @property
    def width(self) -> int:
        """Bits of a word."""
        return 1 + self.exponent_bits + self.fraction_bits

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
        """The word of +infinity."""
        return self.exponent_ones << self.fraction_bits

    @property
    def canonical_nan(self) -> int:
        """The one NaN that arithmetic returns: quiet, positive, no payload."""
        return self.infinity | 1 << self.fraction_bits - 1


FP16 = FloatFormat(exponent_bits=5, fraction_bits=10)
BF16 = FloatFormat(exponent_bits=8, fraction_bits=7)
FP32 = FloatFormat(exponent_bits=8, fraction_bits=23)

OPERANDS = {"fp16": FP16, "bf16": BF16}
