"""The PE's adder: an FP32 word plus a product, aligned and added in one DSP slice, rounded once.

Both are ordered by their exponents alone, so a product need not be normalised first, and the sum may come out
negative. The slice shifts the one that counts less by multiplying it: total = large x 2^18 +- small x 2^(18 - shift).
A negative total has a single place to be made positive: its bits are inverted on the way through the first shift of
normalisation, ones follow them in from the right, and rounding adds the one. It is exact: only where the exponents are
equal or one apart, or where the sum is subnormal, can a total be negative, and no bits are below the result's then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from amaranth.hdl import Cat, Const, Module, Mux, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.fp.lookup import Lookup
from heddle.hls.fp.multiplier import product_layout, significand_bits
from heddle.hls.fp.multiply_add import MultiplyAdd, SliceRegisters
from heddle.hls.fp.pipeline import Pipeline, cuts_for
from heddle.hls.fp.shift import choose

# Where registers stand for each depth. "placed" and "added" are the DSP slice's own.
CUTS: dict[int, tuple[str, ...]] = {
    1: ("rounded",),
    2: ("added", "rounded"),
    3: ("placed", "added", "rounded"),
    4: ("placed", "added", "normalised", "rounded"),
    5: ("measured", "placed", "added", "normalised", "rounded"),
    6: ("measured", "placed", "added", "inverted", "normalised", "rounded"),
}

_SIGNIFICAND_BITS = FP32.fraction_bits + 1
_BELOW = 2  # places under the significand of the smaller operand, for what a coarse shift leaves
_REACH = 16  # the farthest shift within the slice: its factor has 18 bits, one of them the sign
_COARSE = 14  # places that a smaller operand is shifted by before, where it is to be shifted by 16 or more
_STEP_BITS = 5
_SCALE = _REACH + _BELOW  # places under the larger operand
_TOTAL_BITS = _SIGNIFICAND_BITS + _SCALE + 3  # twice the larger, the sum of two, and the sign
_WINDOW_BITS = _SIGNIFICAND_BITS + 4  # of the total, which rounding sees by themselves
_LOWEST = _TOTAL_BITS - 2 - _WINDOW_BITS


@dataclass(frozen=True)
class _Measured:
    """Both operands and how far they are apart: the product counts less where ``swap``, by ``steps`` + 1 places."""

    product: Value
    addend: Value
    product_exponent: Value
    addend_exponent: Value
    swap: Value
    steps: Value
    subtract: Value
    product_sign: Value
    addend_sign: Value
    infinite: Value
    nan: Value


@dataclass(frozen=True)
class _Signs:
    """What goes around the slice: the larger's exponent and sign, the smaller's sign, special results."""

    exponent: Value
    sign: Value
    small_sign: Value
    infinite: Value
    nan: Value


@dataclass(frozen=True)
class _Sum:
    """The sum on its way left; ``inverted``: its bits are, with ones for what comes in from the right."""

    significand: Value  # 29 bits, of which the top one has twice the weight of the exponent, the lowest is sticky
    exponent: Value
    left_by: Value  # by 4, 8 and 16 places
    spare: Value  # the exponent has room for any left shift that is still to come
    sign: Value
    inverted: Value
    zero: Value
    infinite: Value
    nan: Value


@dataclass(frozen=True)
class _Rounded:
    """The sum as a word."""

    word: Value


class Accumulator(wiring.Component):
    """sum = product + addend, rounded to nearest even, subnormals in and out; every NaN is the canonical one.

    Ports
    -----
    en : Signal(1), in
        Clock enable of every register.
    product : product_layout(operand), in
    addend : Signal(32), in
        An FP32 word.
    sum : Signal(32), out
        FP32.

    Latency: ``stages`` clocks with ``en``, the last of them the output register. Throughput: an addition a clock.
    Registers have no reset. Raises ValueError for a depth outside 1 to 6.
    """

    def __init__(self, operand: FloatFormat, stages: int = 5) -> None:
        self.operand = operand
        self.stages = stages
        self._cuts = cuts_for("an accumulator", stages, CUTS)
        super().__init__(
            {"en": In(1), "product": In(product_layout(operand)), "addend": In(FP32.width), "sum": Out(FP32.width)}
        )

    @property
    def latency(self) -> int:
        """Enabled clocks from operands to sum."""
        return self.stages

    def elaborate(self, platform: object) -> Module:
        """String the steps together, with a possible cut after each."""
        m = Module()
        p = Pipeline(m, self.en, self._cuts)
        measured = p.at("measured", self._measure(p))
        signs = p.at("added", p.at("placed", _signs(measured)))
        total = self._total(m, p, measured)
        inverted = p.at("inverted", _invert(p, total, signs))
        normalised = p.at("normalised", _normalise(p, inverted))
        rounded = p.at("rounded", _round(p, normalised))
        m.d.comb += self.sum.eq(rounded.word)
        return m

    def _measure(self, p: Pipeline) -> _Measured:
        product, addend = self.product, self.addend
        field = addend[FP32.fraction_bits : FP32.magnitude_bits]
        normal = p.wire(field.any(), "normal")
        effective = Cat(field[0] | ~normal, field[1:])
        special = p.wire(field.all(), "special")
        opposite = product.sign ^ addend[-1]
        infinite = special | product.infinite
        infinite_sign = Mux(special, addend[-1], product.sign)
        distance = p.wire(product.exponent - effective, "distance")
        swap = distance[-1]
        above = distance[_STEP_BITS:-1] ^ swap.replicate(len(distance) - _STEP_BITS - 1)
        far = p.wire(above.any(), "far")
        steps = distance[:_STEP_BITS] ^ swap.replicate(_STEP_BITS)
        return _Measured(
            product=product.significand,
            addend=Cat(addend[: FP32.fraction_bits], normal),
            product_exponent=product.exponent[: FP32.exponent_bits],
            addend_exponent=effective,
            swap=swap,
            steps=steps | far.replicate(_STEP_BITS),
            subtract=opposite,
            product_sign=Mux(infinite, infinite_sign, product.sign),
            addend_sign=Mux(infinite, infinite_sign, addend[-1]),
            infinite=infinite,
            nan=product.nan | special & (addend[: FP32.fraction_bits].any() | product.infinite & opposite),
        )

    def _total(self, m: Module, p: Pipeline, x: _Measured) -> Value:
        """The larger plus or minus the smaller, in its place."""
        significand = significand_bits(self.operand)
        under = Const(0, _SIGNIFICAND_BITS - significand)
        large = Mux(x.swap, x.addend, Cat(under, x.product[:significand]))
        # The product is as far to the right again as the places that ``steps`` does not count.
        small = Mux(x.swap, Cat(under[1:], x.product, Const(0, 1))[:_SIGNIFICAND_BITS], x.addend)
        lost = p.wire(small[: _COARSE - 1].any(), "lost")
        coarse = Cat(lost, small[_COARSE - 1 :], Const(0, _COARSE))
        placed = "placed" in self._cuts
        registers = SliceRegisters(operands=placed, total="added" in self._cuts, addend=placed)
        m.submodules.slice = unit = MultiplyAdd(
            _SIGNIFICAND_BITS + _BELOW, signed(_SCALE), _SCALE + _SIGNIFICAND_BITS, _TOTAL_BITS, registers
        )
        m.submodules.factor = factor = Lookup(_factors(), _SCALE)
        m.d.comb += [
            factor.index.eq(Cat(x.steps, x.subtract)),
            unit.en.eq(self.en),
            unit.a.eq(Mux(x.steps[-1], coarse, Cat(Const(0, _BELOW), small))),
            unit.b.eq(factor.word),
            unit.c.eq(Cat(Const(0, _SCALE), large)),
        ]
        return unit.total


def _factors() -> list[int]:
    """2^(16 - shift) for each number of steps, then its negatives: of each the 18 bits."""
    shifts = (min(count - _COARSE if count >= _REACH else count, _REACH) for count in range(1 << _STEP_BITS))
    positive = [1 << _REACH - shift for shift in shifts]
    return [*positive, *((1 << _SCALE) - factor for factor in positive)]


def _signs(x: _Measured) -> _Signs:
    return _Signs(
        exponent=Mux(x.swap, x.addend_exponent, x.product_exponent),
        sign=Mux(x.swap, x.addend_sign, x.product_sign),
        small_sign=Mux(x.swap, x.product_sign, x.addend_sign),
        infinite=x.infinite,
        nan=x.nan,
    )


def _invert(p: Pipeline, total: Value, x: _Signs) -> _Sum:
    """Positive but for a one that is to come; and how far it may go left by fours, found for both ways of going by 16.

    A shift goes as far as leading zeros and the exponent allow. That of 16 is done here.
    """
    negative = p.wire(total[-1], "negative")
    window = total[_LOWEST : _LOWEST + _WINDOW_BITS]
    word = p.wire(Cat(total[:_LOWEST].any(), window) ^ negative.replicate(_WINDOW_BITS + 1), "word")
    exponent = x.exponent
    fours = p.wire(Cat(word[1 + place : 5 + place].any() for place in reversed(range(0, _WINDOW_BITS, 4))), "fours")
    beyond_16 = p.wire(exponent[5:].any(), "beyond_16")
    left = p.wire(~fours[:4].any() & (beyond_16 | exponent[4]), "left_by_16")
    near = p.wire(_zero_digit(fours[:3], exponent[2:4], beyond_16 | exponent[4]), "fours_without_16")
    far = p.wire(_zero_digit(fours[4:7], exponent[2:4], beyond_16), "fours_after_16")
    zero = ~negative & ~fours.any() & ~word[0]
    overflows = ~negative & exponent[1:].all() & (window[-1] | exponent[0] & window[-2])
    return _Sum(
        significand=Mux(left, Cat(negative.replicate(16), word)[: len(word)], word),
        exponent=exponent,
        left_by=Cat(Mux(left, far, near), left),
        spare=Mux(left, beyond_16, beyond_16 | exponent[4]),
        sign=Mux(negative, x.small_sign, x.sign) & ~(zero & (x.sign ^ x.small_sign)),  # x - x is +0
        inverted=negative,
        zero=zero,
        infinite=x.infinite | overflows,
        nan=x.nan,
    )


def _normalise(p: Pipeline, x: _Sum) -> _Sum:
    """To the left by 0, 4, 8 or 12."""
    digit = x.left_by[:2]
    exponent = Cat(x.exponent[:2], (x.exponent[2:] - x.left_by)[: FP32.exponent_bits - 2])
    return replace(
        x,
        significand=_shift_left(x.significand, digit, 2, x.inverted),
        exponent=Mux(x.zero, 0, exponent),
        spare=(x.spare | (x.exponent[2:4] != digit)) & ~x.zero,
    )


def _zero_digit(parts: Value, left: Value, spare: Value) -> Value:
    """How many parts are zero before the first that is not, 3 at most, as far as the exponent has room for them.

    ``left`` is the exponent's own digit at that place, and ``spare`` whether anything remains of it above.
    """
    one, two, three = (~parts[:n].any() & (spare | (left >= n)) for n in (1, 2, 3))
    return Cat(one & (~two | three), two)


def _shift_left(word: Value, digit: Value, place: int, fill: Value) -> Value:
    """``word`` << (digit << place), the same width, ``fill`` coming in from the right."""
    return choose(digit, [Cat(fill.replicate(count << place), word)[: len(word)] for count in range(4)])


def _round(p: Pipeline, x: _Sum) -> _Rounded:
    """To the left by the last 0 to 3 places, and rounded, which adds the one that inverted bits lack."""
    digit = p.wire(_zero_digit(x.significand[:-4:-1], x.exponent[:2], x.spare), "left_by")
    placed = p.wire(_shift_left(x.significand, digit, 0, x.inverted), "placed_sum")
    below, fraction, top = placed[:-_SIGNIFICAND_BITS], placed[-_SIGNIFICAND_BITS:-1], placed[-1]
    up = p.wire(below[-1] & (below[:-1].any() | fraction[0]), "up")  # of an inverted sum all bits below are ones
    # The field is the exponent less the digit and, where the top bit is set, one more: else all of it is used up.
    borrow = digit[0] & ~top
    change = Cat(top ^ digit[0], digit[1] ^ borrow, (digit[1] | borrow).replicate(FP32.exponent_bits - 2))
    carries = Cat(up, Const(0, FP32.fraction_bits), change)
    word = p.wire((Cat(1, fraction, x.exponent) + carries)[1 : 1 + FP32.magnitude_bits], "rounded_word")
    magnitude = Mux(x.nan, FP32.canonical_nan, Mux(x.infinite, FP32.infinity, word))
    return _Rounded(Cat(magnitude[: FP32.magnitude_bits], x.sign & ~x.nan))
