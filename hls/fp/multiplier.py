"""The floating-point multiplier: two recoded operands, an FP32 product."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP32, FloatFormat, ProductRange
from heddle.hls.fp.pipeline import Pipeline, cuts_for
from heddle.hls.fp.recode import CLASS_BITS, CLASS_INFINITY, CLASS_NAN, recoded_bias, recoded_layout
from heddle.hls.fp.shift import digits, shift_right_sticky

# Where registers stand for each depth. The first two positions are a DSP slice's own input and product registers.
CUTS: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("packed",),
    2: ("operands", "packed"),
    3: ("operands", "multiplied", "packed"),
}


@dataclass(frozen=True)
class _Operands:
    """Both recoded operands."""

    a: Value
    b: Value


@dataclass(frozen=True)
class _Product:
    """The exact product: a significand between 1 and 4, recoded exponents that are still to add, special cases."""

    significand: Value
    exponent_a: Value
    exponent_b: Value
    sign: Value
    zero: Value
    infinite: Value
    nan: Value


@dataclass(frozen=True)
class _Packed:
    """The product as an FP32 word."""

    word: Value


class Multiplier(wiring.Component):
    """product = a x b as an FP32 word; every NaN comes out as the canonical one.

    Ports
    -----
    en : Signal(1), in
        Clock enable of every register.
    a, b : recoded_layout(operand), in
    product : Signal(32), out

    Latency: ``stages`` clocks with ``en``; 0 is combinational. Throughput: a product a clock. Registers have no
    reset: they hold data only.

    FP16 products are exact in FP32 and never subnormal. BF16 products may overflow to infinity or fall among
    FP32's subnormals, where they round to nearest even; only BF16 pays for that. Raises ValueError for a depth
    outside 0 to 3, or an operand whose products do not fit FP32's fraction.
    """

    def __init__(self, operand: FloatFormat, stages: int = 1) -> None:
        self._range = operand.product_in(FP32)
        if self._range is ProductRange.ROUNDED:
            raise ValueError(f"a product of two {operand} has more fraction bits than FP32 holds")
        self.operand = operand
        self.stages = stages
        self._cuts = cuts_for("a multiplier", stages, CUTS)
        layout = recoded_layout(operand)
        super().__init__({"en": In(1), "a": In(layout), "b": In(layout), "product": Out(FP32.width)})

    @property
    def latency(self) -> int:
        """Enabled clocks from operands to product."""
        return self.stages

    def elaborate(self, platform: object) -> Module:
        """Multiply, then pack in the way that the operands' range asks for."""
        m = Module()
        pipeline = Pipeline(m, self.en, self._cuts)
        pack = _pack_normal if self._range is ProductRange.EXACT else _pack_gradual
        operands = pipeline.at("operands", _Operands(Value.cast(self.a), Value.cast(self.b)))
        multiplied = pipeline.at("multiplied", _multiply(operands, self.operand))
        packed = pipeline.at("packed", pack(pipeline, multiplied, self.operand))
        m.d.comb += self.product.eq(packed.word)
        return m


def _multiply(operands: _Operands, operand: FloatFormat) -> _Product:
    layout = recoded_layout(operand)
    a, b = layout(operands.a), layout(operands.b)
    class_a, class_b = a.exponent[-CLASS_BITS:], b.exponent[-CLASS_BITS:]
    zero = (class_a == 0) | (class_b == 0)
    infinite = (class_a == CLASS_INFINITY) | (class_b == CLASS_INFINITY)
    return _Product(
        significand=Cat(a.fraction, 1) * Cat(b.fraction, 1),
        exponent_a=a.exponent,
        exponent_b=b.exponent,
        sign=a.sign ^ b.sign,
        zero=zero,
        infinite=infinite,
        nan=(class_a == CLASS_NAN) | (class_b == CLASS_NAN) | zero & infinite,
    )


def _pack_normal(p: Pipeline, product: _Product, operand: FloatFormat) -> _Packed:
    """All that an exact, normal product needs: its first one moves to the hidden bit's place."""
    significand, exponent = _normalise(p, product, operand)
    padding = Const(0, FP32.fraction_bits + 1 - len(significand))
    magnitude = Cat(padding, significand[:-1], exponent[: FP32.exponent_bits])
    return _special_cases(product, magnitude, product.infinite)


def _pack_gradual(p: Pipeline, product: _Product, operand: FloatFormat) -> _Packed:
    """Products below the normal range shift right until their exponent is the least, and round there."""
    significand, exponent = _normalise(p, product, operand)
    below = p.wire(exponent <= 0, "below_normal")
    too_small = p.wire((1 - exponent)[: len(exponent)], "too_small")
    most = FP32.fraction_bits + 2  # from the hidden bit's place past the rounding bit into the sticky bit
    places = most.bit_length()
    distance = Mux(too_small[places:].any(), (1 << places) - 1, too_small[:places]) & below.replicate(places)
    distance = p.wire(distance, "distance")
    placed: Value = Cat(Const(0, most + 1 - len(significand)), significand)
    for place, width in digits(most):
        placed = p.wire(
            shift_right_sticky(placed, distance[place : place + width], place), f"placed_within_{1 << place}"
        )
    sticky, half, kept = placed[0], placed[1], placed[2:]
    field = exponent[: FP32.exponent_bits] & (~below).replicate(FP32.exponent_bits)
    magnitude = (Cat(kept[:-1], field) + (half & (sticky | kept[0])))[: FP32.magnitude_bits]
    return _special_cases(product, magnitude, product.infinite | (exponent >= FP32.exponent_ones))


def _normalise(p: Pipeline, product: _Product, operand: FloatFormat) -> tuple[Value, Value]:
    """The significand with its first one on top; its exponent in FP32's bias, signed for what lies out of range."""
    above_two = product.significand[-1]
    significand = Mux(above_two, product.significand, product.significand << 1)[: len(product.significand)]
    # A place below the lowest turns ``above_two`` into the carry in: a chain for both additions.
    exponents = p.wire((Cat(1, product.exponent_a) + Cat(above_two, product.exponent_b)) >> 1, "exponents")
    rebias = FP32.bias - 2 * recoded_bias(operand)
    return p.wire(significand, "normal"), p.wire(exponents + rebias, "exponent")


def _special_cases(product: _Product, magnitude: Value, infinite: Value) -> _Packed:
    finite = Mux(product.zero, 0, magnitude)
    magnitude = Mux(product.nan, FP32.canonical_nan, Mux(infinite & ~product.zero, FP32.infinity, finite))
    return _Packed(Cat(magnitude[: FP32.magnitude_bits], product.sign & ~product.nan))
