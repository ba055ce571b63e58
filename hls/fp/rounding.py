"""The end of every floating-point unit: down to the subnormals, round to nearest even, and back into a word."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, Value
from amaranth.lib import enum

from heddle.arch.formats import FloatFormat
from heddle.hls.fp.pipeline import Pipeline
from heddle.hls.fp.shift import digits, shift_right_sticky
from heddle.hls.fp.unpack import Kind

GUARD_BITS = 2  # below the significand: the next bit of the exact result, and the OR of all bits under that one


@dataclass(frozen=True)
class Exact:
    """A result whose significand is exact but for what the guard bits condense.

    ``significand``: fraction_bits + 1 bits and the guard bits, the top one set wherever ``exponent`` (biased, signed,
    of any size) is above 1. ``kind`` is a Kind; where it is not FINITE, only ``sign`` matters beside it.
    """

    kind: enum.EnumView
    sign: Value
    exponent: Value
    significand: Value


@dataclass(frozen=True)
class Unrounded:
    """What only needs rounding to be a word, special words included.

    ``field``: the exponent field less the top bit of ``significand``, which ``rounded`` adds to it.
    """

    sign: Value
    field: Value
    significand: Value


def limited(p: Pipeline, exact: Exact, target: FloatFormat) -> Unrounded:
    """Bring ``exact`` into the exponents of ``target``, and make special words of special kinds.

    Below exponent 1 the significand is shifted right, what leaves it going into the lowest guard bit; above the
    highest exponent the result is infinite.
    """
    top = target.fraction_bits + 1 + GUARD_BITS
    exponent = p.wire(exact.exponent, "exact_exponent")
    too_small = p.wire(exponent < 1, "too_small")
    distance = p.wire(Mux(exponent < 1 - top, top, (1 - exponent)[: top.bit_length()]), "distance")
    amount = p.wire(Mux(too_small, distance, 0), "amount")
    shifted = exact.significand
    for place, bits in digits(top):
        shifted = p.wire(shift_right_sticky(shifted, amount[place : place + bits], place), f"shifted_{place}")
    overflow = (exponent >= target.exponent_ones) & (exact.kind == Kind.FINITE)
    kind = p.wire(Kind(Mux(overflow, Kind.INFINITE, exact.kind)), "limited_kind")
    small_field = Mux(too_small, 0, exponent - 1)[: target.exponent_bits]
    return _special(kind, Unrounded(exact.sign, small_field, shifted), target)


def within(exact: Exact, target: FloatFormat) -> Unrounded:
    """``exact``, whose exponent is that of a normal number of ``target``, with special words of special kinds."""
    return _special(exact.kind, Unrounded(exact.sign, exact.exponent - 1, exact.significand), target)


def _special(kind: enum.EnumView, finite: Unrounded, target: FloatFormat) -> Unrounded:
    """``finite`` where ``kind`` says so, else the special word: rounding then needs to know of no kinds."""
    is_finite, is_nan = kind == Kind.FINITE, kind == Kind.NAN
    top = len(finite.significand) - 1
    full = is_nan | (kind == Kind.INFINITE)
    significand = finite.significand & is_finite.replicate(top + 1)
    return Unrounded(
        sign=finite.sign & ~is_nan,
        field=Mux(is_finite, finite.field, Mux(full, target.exponent_ones - 1, 0))[: target.exponent_bits],
        significand=Cat(significand[: top - 1], significand[top - 1] | is_nan, significand[top] | full),
    )


def rounded(exact: Unrounded) -> Value:
    """Round ``exact`` to a word, to nearest even.

    The top bit of the significand is added to the exponent field: 0 for a subnormal. The carry of a rounding that
    reaches the next power of two, or infinity, goes where it belongs.
    """
    sticky, guard, fraction = exact.significand[0], exact.significand[1], exact.significand[GUARD_BITS:-1]
    up = guard & (sticky | fraction[0])
    added = Cat(up, Const(0, len(fraction) - 1), exact.significand[-1])
    word = Cat(fraction, exact.field) + added
    return Cat(word[: len(fraction) + len(exact.field)], exact.sign)
