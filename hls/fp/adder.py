"""The floating-point adder: one datapath, cut by registers at positions that a table gives for each depth."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.fp.pipeline import Pipeline, cuts_for
from heddle.hls.fp.shift import digits, shift_left, shift_right_sticky

# The steps after which registers stand, for each depth. After "rounded" is the output.
CUTS: dict[int, tuple[str, ...]] = {
    1: ("rounded",),
    2: ("aligned", "rounded"),
    3: ("aligned", "added", "rounded"),
    4: ("measured", "added", "normalised", "rounded"),
    5: ("ordered", "aligned", "added", "normalised", "rounded"),
    6: ("ordered", "measured", "aligned", "added", "normalised", "rounded"),
}

# Bits below the significand while adding: a shift by 2 or more cancels one place at most, so guard and round are
# enough for a full significand and its rounding bit; the last, sticky, says whether anything lies below them.
EXTRA_BITS = 3
_COMPARED_AT_ONCE = 3  # bits of each of two operands that one six-input LUT compares


@dataclass(frozen=True)
class _Ordered:
    """The operands by magnitude; the sign of the sum."""

    large: Value  # exponent field and fraction
    small: Value
    sign: Value
    subtract: Value
    cancels: Value  # equal magnitudes, opposite signs


@dataclass(frozen=True)
class _Measured:
    """Significands of F + 1 bits, and the distance of the smaller from the larger."""

    large: Value
    small: Value
    distance: Value
    exponent: Value  # of the larger; a subnormal's is that of the smallest normal number; 0 where the sum cancels
    sign: Value
    subtract: Value
    nan: Value


@dataclass(frozen=True)
class _Aligned:
    """Both significands at one exponent, but for the last shift by one, which shares its LUTs with the addition."""

    large: Value
    small: Value  # with EXTRA_BITS below
    shift_one: Value
    exponent: Value
    sign: Value
    subtract: Value
    nan: Value


@dataclass(frozen=True)
class _Sum:
    """The sum's significand on its way left, until its first one stands in one of the two top bits."""

    significand: Value  # F + 5 bits, of which the top one has twice the weight of the exponent
    exponent: Value
    spare: Value  # the exponent has room for any left shift that is still to come
    sign: Value
    infinite: Value
    nan: Value


@dataclass(frozen=True)
class _Rounded:
    """The sum as a word."""

    word: Value


class Adder(wiring.Component):
    """sum = a + b, rounded to nearest even, subnormals in and out; every NaN comes out as the canonical one.

    Ports
    -----
    en : Signal(1), in
        Clock enable of every register.
    a, b : Signal(format.width), in
    sum : Signal(format.width), out

    Latency: ``stages`` clocks with ``en``, the last of them the output register. Throughput: an addition a clock.
    Registers have no reset: they hold data only.

    A single path: order by magnitude, align, add or subtract (never below zero, the larger stands first),
    normalise no further than the exponent allows, round. Raises ValueError for a depth outside 1 to 6.
    """

    def __init__(self, format: FloatFormat = FP32, stages: int = 5) -> None:
        self.format = format
        self.stages = stages
        self._cuts = cuts_for("an adder", stages, CUTS)
        super().__init__({"en": In(1), "a": In(format.width), "b": In(format.width), "sum": Out(format.width)})

    @property
    def latency(self) -> int:
        """Enabled clocks from operands to sum."""
        return self.stages

    def elaborate(self, platform: object) -> Module:
        """String the steps together, with a possible cut after each."""
        m = Module()
        pipeline = Pipeline(m, self.en, self._cuts)
        ordered = pipeline.at("ordered", _order(pipeline, self.a, self.b))
        measured = pipeline.at("measured", _measure(pipeline, ordered, self.format))
        aligned = pipeline.at("aligned", _align(pipeline, measured))
        added = pipeline.at("added", _add(pipeline, aligned))
        normalised = pipeline.at("normalised", _normalise(pipeline, added))
        rounded = pipeline.at("rounded", _round(pipeline, normalised, self.format))
        m.d.comb += self.sum.eq(rounded.word)
        return m


def _order(p: Pipeline, a: Value, b: Value) -> _Ordered:
    less, equal = _compare(a[:-1], b[:-1])
    swap = p.wire(less, "swap")
    subtract = a[-1] ^ b[-1]
    cancels = equal & subtract
    return _Ordered(
        large=Mux(swap, b[:-1], a[:-1]),
        small=Mux(swap, a[:-1], b[:-1]),
        sign=Mux(swap, b[-1], a[-1]) & ~cancels,  # x - x is +0
        subtract=subtract,
        cancels=cancels,
    )


def _compare(a: Value, b: Value) -> tuple[Value, Value]:
    """(a < b, a == b), three bits at a time: less generates a carry, equal passes it on, so the sum's top bit is <."""
    chunks = [slice(low, low + _COMPARED_AT_ONCE) for low in range(0, len(a), _COMPARED_AT_ONCE)]
    less = Cat(a[chunk] < b[chunk] for chunk in chunks)
    not_greater = Cat(a[chunk] <= b[chunk] for chunk in chunks)
    equal = Cat(a[chunk] == b[chunk] for chunk in chunks).all()
    return (less + not_greater)[-1], equal


def _measure(p: Pipeline, ordered: _Ordered, format: FloatFormat) -> _Measured:
    large_exponent, large_normal = _effective_exponent(ordered.large, format)
    small_exponent, small_normal = _effective_exponent(ordered.small, format)
    distance = p.wire((large_exponent - small_exponent)[: format.exponent_bits], "distance")
    places = (format.fraction_bits + EXTRA_BITS).bit_length()  # all ones shift everything into the sticky bit
    fraction = ordered.large[: format.fraction_bits]
    special = large_exponent.all()
    return _Measured(
        large=Cat(fraction, large_normal),
        small=Cat(ordered.small[: format.fraction_bits], small_normal),
        distance=Mux(distance[places:].any(), (1 << places) - 1, distance[:places]),
        exponent=large_exponent & (~ordered.cancels).replicate(format.exponent_bits),
        sign=ordered.sign,
        subtract=ordered.subtract,
        nan=special & (fraction.any() | ordered.cancels),  # infinity - infinity cancels
    )


def _effective_exponent(magnitude: Value, format: FloatFormat) -> tuple[Value, Value]:
    """The exponent field, 1 for a subnormal; and the hidden bit."""
    field = magnitude[format.fraction_bits :]
    normal = field.any()
    return Cat(field[0] | ~normal, field[1:]), normal


def _align(p: Pipeline, measured: _Measured) -> _Aligned:
    small: Value = Cat(Const(0, EXTRA_BITS), measured.small)
    for place, width in digits(len(small) - 1)[:-1]:
        shifted = shift_right_sticky(small, measured.distance[place : place + width], place)
        small = p.wire(shifted, f"small_within_{1 << place}")
    return _Aligned(
        large=measured.large,
        small=small,
        shift_one=measured.distance[0],
        exponent=measured.exponent,
        sign=measured.sign,
        subtract=measured.subtract,
        nan=measured.nan,
    )


def _add(p: Pipeline, aligned: _Aligned) -> _Sum:
    small = shift_right_sticky(aligned.small, aligned.shift_one, 0)
    width = len(small) + 1
    inverted = small ^ aligned.subtract.replicate(len(small))
    large = Cat(Const(0, EXTRA_BITS), aligned.large)
    # A place below the lowest turns ``subtract`` into the carry in.
    total = p.wire(Cat(1, large) + Cat(aligned.subtract, inverted, aligned.subtract), "total")
    significand = total[1 : width + 1]
    exponent = aligned.exponent
    return _Sum(
        significand=significand,
        exponent=exponent,
        spare=exponent[(width - 1).bit_length() :].any(),
        sign=aligned.sign,
        infinite=exponent[1:].all() & (exponent[0] | significand[-1]),
        nan=aligned.nan,
    )


def _normalise(p: Pipeline, added: _Sum) -> _Sum:
    """Shift left by all digits but the last, each as far as leading zeros and what is left of the exponent allow."""
    significand, exponent, spare = added.significand, added.exponent, added.spare
    shifts: list[Value] = []
    for place, width in digits(len(significand) - 1)[:-1]:
        left = exponent[place : place + width]
        digit = p.wire(_zero_digit(significand, place, left, spare)[:width], f"zeros_of_{1 << place}")
        significand = p.wire(shift_left(significand, digit, place), f"significand_within_{1 << place}")
        spare = p.wire(spare | (left != digit), f"spare_above_{1 << place}")
        shifts = [digit, *shifts]
    exponent = (exponent - Cat(Const(0, 1), *shifts))[: len(exponent)]
    return _Sum(significand, exponent, spare, added.sign, added.infinite, added.nan)


def _zero_digit(significand: Value, place: int, left: Value, spare: Value) -> Value:
    """How many times 2^place leading zeros there are, 3 at most, as far as the exponent has room for them.

    ``left`` is the exponent's own digit at that place, and ``spare`` whether anything remains of it above.
    """
    step = 1 << place
    one, two, three = (~significand[-step * n :].any() & (spare | (left >= n)) for n in (1, 2, 3))
    return Cat(one & (~two | three), two)


def _round(p: Pipeline, normal: _Sum, format: FloatFormat) -> _Rounded:
    significand, exponent = normal.significand, normal.exponent
    shift_one = p.wire(~significand[-1] & (normal.spare | exponent[0]), "normalise_one")
    placed = p.wire(shift_left(significand, shift_one, 0), "placed")
    fraction, below = placed[EXTRA_BITS + 1 : -1], placed[: EXTRA_BITS + 1]
    up = below[-1] & (below[:-1].any() | fraction[0])
    # A one in the top bit is a carry into the exponent. With a one in neither of the top bits the sum is subnormal or
    # zero, and nothing is left of the exponent but the one that the last shift uses up.
    field = Cat(exponent[0] & significand[-2:].any(), exponent[1:])
    carries = Cat(up, Const(0, format.fraction_bits), significand[-1])
    word = p.wire((Cat(1, fraction, field) + carries)[1 : 1 + format.magnitude_bits], "word")
    magnitude = Mux(normal.nan, format.canonical_nan, Mux(normal.infinite, format.infinity, word))
    return _Rounded(Cat(magnitude[: format.magnitude_bits], normal.sign & ~normal.nan))
