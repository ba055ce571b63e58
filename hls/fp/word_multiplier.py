"""Floating-point multiplier: words in, a word of the same format out, rounded once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from amaranth.hdl import Cat, Module, Mux, Value, unsigned
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.fp.multiply_add import B_BITS, MultiplyAdd, SliceRegisters
from heddle.hls.fp.pipeline import Pipeline, cuts_for
from heddle.hls.fp.rounding import Exact, limited, rounded
from heddle.hls.fp.unpack import Unpacked, kind_of, leading_zeros, unpack

# Where registers stand for each depth, besides the output register that every depth has. "multiplied" and "product" are
# the DSP slices' own, of the partial products and of their sum.
CUTS: dict[int, tuple[str, ...]] = {
    1: (),
    2: ("product",),
    3: ("normalised", "product"),
    4: ("normalised", "product", "limited"),
    5: ("normalised", "multiplied", "product", "limited"),
    6: ("normalised", "multiplied", "product", "condensed", "limited"),
    7: ("ordered", "normalised", "multiplied", "product", "condensed", "limited"),
}

#: What a slice multiplies by without a sign; the rest of a significand is the second slice's.
_LOW_BITS = B_BITS - 1


@dataclass(frozen=True)
class _Operands:
    """The two significands; only ``scaled`` may have leading zeros, ``zeros`` of them."""

    kind: enum.EnumView
    sign: Value
    exponent: Value
    scaled: Value
    zeros: Value
    other: Value


@dataclass(frozen=True)
class _Beside:
    """What a product has besides its significand."""

    kind: enum.EnumView
    sign: Value
    exponent: Value


@dataclass(frozen=True)
class _Low:
    """The product's bits that the first slice has done with."""

    bits: Value


class WordMultiplier(wiring.Component):
    """IEEE 754 multiplication in one format, round to nearest even, subnormals included; one NaN.

    Ports
    -----
    en : Signal(1), in
        Advance by one step.
    a, b : Signal(format.width), in
    product : Signal(format.width), out

    Latency: ``stages`` steps (1 to 7). Throughput: one product a step.

    Of two subnormal operands the product is below half the smallest subnormal, so at most one significand needs
    normalising, and one shifter does. Raises ValueError for a format too small for that, or other ``stages``.
    """

    def __init__(self, format: FloatFormat = FP32, stages: int = 6) -> None:
        if format.bias <= format.fraction_bits + 1:
            raise ValueError(f"a bias of {format.bias} is too small for {format.fraction_bits} fraction bits")
        self.format = format
        self.latency = stages
        self._cuts = cuts_for("a multiplier", stages, CUTS)
        super().__init__({"en": In(1), "a": In(format.width), "b": In(format.width), "product": Out(format.width)})

    def elaborate(self, platform: object) -> Module:
        """Unpack and order, normalise, multiply, limit, round."""
        m = Module()
        p = Pipeline(m, self.en, self._cuts)
        ordered = p.at("ordered", self._ordered(p))
        operands = p.at("normalised", self._normalised(ordered))
        beside = _Beside(operands.kind, operands.sign, operands.exponent)
        beside = p.at("product", p.at("multiplied", beside))
        significand = self._multiplied(m, p, operands.scaled, operands.other)
        condensed = p.at("condensed", self._condensed(p, beside, significand))
        exact = p.at("limited", limited(p, condensed, self.format))
        with m.If(self.en):
            m.d.sync += self.product.eq(rounded(exact))
        return m

    def _ordered(self, p: Pipeline) -> _Operands:
        """Unpack; put the subnormal operand, if there is one, into the place that is normalised."""
        a, b = unpack(p, self.a, self.format, "a"), unpack(p, self.b, self.format, "b")
        b_first = p.wire(~b.significand[-1], "b_first")
        scaled = p.wire(Mux(b_first, b.significand, a.significand), "scaled")
        infinite, zero = a.infinite | b.infinite, a.zero | b.zero
        return _Operands(
            kind=kind_of(_invalid(a, b), infinite, zero),
            sign=a.sign ^ b.sign,
            exponent=a.exponent + b.exponent - self.format.bias,
            scaled=scaled,
            zeros=leading_zeros(scaled),
            other=Mux(b_first, a.significand, b.significand),
        )

    def _normalised(self, ordered: _Operands) -> _Operands:
        width = self.format.fraction_bits + 1
        return replace(
            ordered,
            exponent=ordered.exponent - ordered.zeros,
            scaled=(ordered.scaled << ordered.zeros)[:width],
        )

    def _multiplied(self, m: Module, p: Pipeline, a: Value, b: Value) -> Value:
        """Return a x b: by the low bits of b in one slice, by the others in a second, which adds what is above."""
        multiplied, product = "multiplied" in self._cuts, "product" in self._cuts
        low_bits = min(len(b), _LOW_BITS)
        high_bits = len(b) - low_bits
        low_registers = SliceRegisters(product=multiplied, total=product and not high_bits)
        low = MultiplyAdd(len(a), unsigned(low_bits), 0, len(a) + low_bits, low_registers)
        m.submodules.low = low
        m.d.comb += [low.en.eq(self.en), low.a.eq(a), low.b.eq(b[:low_bits])]
        if not high_bits:
            return low.total
        high_registers = SliceRegisters(product=multiplied, total=product)
        m.submodules.high = high = MultiplyAdd(len(a), unsigned(high_bits), len(a), len(a) + high_bits, high_registers)
        m.d.comb += [
            high.en.eq(self.en),
            high.a.eq(a),
            high.b.eq(b[low_bits:]),
            high.c.eq(low.total[low_bits:]),
        ]
        return Cat(p.at("product", _Low(low.total[:low_bits])).bits, high.total)

    def _condensed(self, p: Pipeline, product: _Beside, significand: Value) -> Exact:
        """Drop the leading zero of a product below 2, and condense what rounding sees only as "more than nothing"."""
        width = self.format.fraction_bits + 1
        at_least_two = p.wire(significand[-1], "at_least_two")
        aligned = p.wire(Mux(at_least_two, significand, significand << 1)[: 2 * width], "aligned")
        return Exact(
            kind=product.kind,
            sign=product.sign,
            exponent=product.exponent + at_least_two,
            significand=Cat(aligned[: width - 1].any(), aligned[width - 1 :]),
        )


def _invalid(a: Unpacked, b: Unpacked) -> Value:
    """NaN: an operand is, or infinity meets zero."""
    return a.nan | b.nan | (a.infinite & b.zero) | (b.infinite & a.zero)
