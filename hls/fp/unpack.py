"""From IEEE words to what a floating-point unit computes with: sign, exponent, significand, and the special cases."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, Value
from amaranth.lib import enum

from heddle.arch.formats import FloatFormat
from heddle.hls.fp.pipeline import Pipeline


class Kind(enum.Enum, shape=2):  # type: ignore[call-arg]  # its metaclass takes it
    """What a result is, where its significand does not say."""

    FINITE = 0
    ZERO = 1
    INFINITE = 2
    NAN = 3


@dataclass(frozen=True)
class Unpacked:
    """An IEEE word taken apart.

    ``exponent`` is the biased field, 1 where the field is 0: a subnormal has the exponent of the smallest normal
    number and a significand below 1. ``significand`` has the hidden bit on top (fraction_bits + 1 bits).
    """

    sign: Value
    exponent: Value
    significand: Value
    zero: Value
    infinite: Value
    nan: Value


def unpack(p: Pipeline, word: Value, source: FloatFormat, name: str) -> Unpacked:
    """Take ``word``, of format ``source``, apart."""
    fraction = word[: source.fraction_bits]
    exponent = word[source.fraction_bits : -1]
    normal = p.wire(exponent.any(), f"{name}_normal")
    full = p.wire(exponent.all(), f"{name}_full")
    whole = p.wire(~fraction.any(), f"{name}_whole")
    return Unpacked(
        sign=word[-1],
        exponent=p.wire(exponent | ~normal, f"{name}_exponent"),
        significand=Cat(fraction, normal),
        zero=~normal & whole,
        infinite=full & whole,
        nan=full & ~whole,
    )


def kind_of(nan: Value, infinite: Value, zero: Value) -> enum.EnumView:
    """Encode a Kind: NaN goes before infinite, infinite before zero."""
    return Kind(Mux(nan, Kind.NAN, Mux(infinite, Kind.INFINITE, Mux(zero, Kind.ZERO, Kind.FINITE))))


def leading_zeros(value: Value) -> Value:
    """Zeros above the highest one of ``value``, which must not be zero (the count is meaningless then)."""
    width = max(2, 1 << (len(value) - 1).bit_length())
    return _count(Cat(Const(0, width - len(value)), value) if width > len(value) else value)


def _count(value: Value) -> Value:
    """A tree over a power of two of bits: the upper half's count, or half the width more than the lower's."""
    half = len(value) // 2
    upper_empty = ~value[half:].any()
    if half == 1:
        return upper_empty
    return Cat(Mux(upper_empty, _count(value[:half]), _count(value[half:])), upper_empty)
