"""The floating-point multiplier: two recoded operands, a product that is exact and not yet normalised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP32, FloatFormat, ProductRange
from heddle.hls.fp.multiply_add import MultiplyAdd, SliceRegisters
from heddle.hls.fp.pipeline import Pipeline, cuts_for
from heddle.hls.fp.recode import OperandClass, class_of, recoded_bias, recoded_layout

# Where registers stand for each depth: all are a DSP slice's own, beside its operands, its product, its sum.
CUTS: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("multiplied",),
    2: ("operands", "multiplied"),
    3: ("operands", "multiplied", "totalled"),
}


def significand_bits(operand: FloatFormat) -> int:
    """Bits of the exact product of two significands, the top one being worth 2."""
    return 2 * (operand.fraction_bits + 1)


def product_layout(operand: FloatFormat) -> data.StructLayout:
    """A product: significand x 2^(exponent - FP32.bias), of which the significand is below 2 and not below 1/2.

    The significand's top bit is worth 1; where products round among FP32's subnormals, there is one above it, for
    the carry, and the exponent is signed. Zero has the significand and the exponent 0. Of an infinite product only
    the sign counts besides, of a NaN nothing.
    """
    gradual = _is_gradual(operand)
    exponent = signed(FP32.exponent_bits + 1) if gradual else unsigned(FP32.exponent_bits)
    significand = significand_bits(operand) + gradual
    return data.StructLayout({"significand": significand, "exponent": exponent, "sign": 1, "infinite": 1, "nan": 1})


@dataclass(frozen=True)
class _Operands:
    """Exponents and signs of both recoded operands."""

    exponent_a: Value
    exponent_b: Value
    sign: Value


@dataclass(frozen=True)
class _Product:
    """What a product has besides its significand; ``highest``: its exponent is FP32's for infinities."""

    exponent: Value
    highest: Value
    sign: Value
    infinite: Value
    nan: Value


@dataclass(frozen=True)
class _Rounding:
    """Among FP32's subnormals: the bits of the product that are kept, and the half of the lowest of them."""

    kept: Value
    half: Value


class Multiplier(wiring.Component):
    """product = a x b.

    Ports
    -----
    en : Signal(1), in
        Clock enable of every register.
    a, b : recoded_layout(operand), in
    product : product_layout(operand), out
        The value that IEEE 754 rounds a x b to in FP32.

    Latency: ``stages`` clocks with ``en``; 0 is combinational. Throughput: a product a clock. Registers have no
    reset: they hold data only.

    FP16 products are exact in FP32 and never subnormal. BF16 products may overflow to infinity or fall among
    FP32's subnormals, where they round to nearest even in their place, by an addition of a half in the same DSP
    slice: whoever aligns the product does the shift. Raises ValueError for a depth outside 0 to 3, or an operand
    whose products do not fit FP32's fraction.
    """

    def __init__(self, operand: FloatFormat, stages: int = 1) -> None:
        if operand.product_in(FP32) is ProductRange.ROUNDED:
            raise ValueError(f"a product of two {operand} has more fraction bits than FP32 holds")
        self.operand = operand
        self.stages = stages
        self._cuts = cuts_for("a multiplier", stages, CUTS)
        layout = recoded_layout(operand)
        super().__init__({"en": In(1), "a": In(layout), "b": In(layout), "product": Out(product_layout(operand))})

    @property
    def latency(self) -> int:
        """Enabled clocks from operands to product."""
        return self.stages

    def elaborate(self, platform: object) -> Module:
        """Multiply in a slice, and round there where the operands' range asks for it."""
        m = Module()
        p = Pipeline(m, self.en, self._cuts)
        a, b = self.a, self.b
        operands = p.at("operands", _Operands(a.exponent, b.exponent, a.sign ^ b.sign))
        exponents = p.wire(operands.exponent_a + operands.exponent_b, "exponents")
        product = p.at("totalled", p.at("multiplied", _product(p, operands, exponents, self.operand)))
        if _is_gradual(self.operand):
            rounding = _rounding(p, exponents, self.operand)
            total = self._total(m, [rounding.half])
            significand = _rounded(p, total, p.at("totalled", p.at("multiplied", rounding)))
        else:
            significand = total = self._total(m, [])
        overflow = product.highest & total[significand_bits(self.operand) - 1]
        m.d.comb += [
            self.product.significand.eq(significand),
            self.product.exponent.eq(product.exponent),
            self.product.sign.eq(product.sign),
            self.product.infinite.eq(product.infinite | overflow),
            self.product.nan.eq(product.nan),
        ]
        return m

    def _total(self, m: Module, added: Sequence[Value]) -> Value:
        """Product of the significands, which a zero has without its hidden bit, and what is ``added``, if anything."""
        bits = self.operand.fraction_bits + 1
        operands, multiplied, totalled = (position in self._cuts for position in CUTS[3])
        registers = SliceRegisters(operands, multiplied, totalled, addend=multiplied)
        c_bits, total_bits = sum(map(len, added)), len(self.product.significand)
        m.submodules.slice = unit = MultiplyAdd(bits, unsigned(bits), c_bits, total_bits, registers)
        m.d.comb += [
            unit.en.eq(self.en),
            unit.a.eq(Cat(self.a.fraction, ~_is_zero(self.a.exponent))),
            unit.b.eq(Cat(self.b.fraction, ~_is_zero(self.b.exponent))),
            *(unit.c.eq(value) for value in added),
        ]
        return unit.total


def _is_gradual(operand: FloatFormat) -> bool:
    return operand.product_in(FP32) is ProductRange.GRADUAL


def _is_zero(exponent: Value) -> Value:
    return class_of(exponent) == OperandClass.ZERO


def _rebias(operand: FloatFormat) -> int:
    """From the sum of two recoded exponents to the product's, in whose significand the top bit is worth 1."""
    return FP32.bias + 1 - 2 * recoded_bias(operand)


def _product(p: Pipeline, operands: _Operands, exponents: Value, operand: FloatFormat) -> _Product:
    rebias = _rebias(operand)
    plain = (rebias & -rebias).bit_length() - 1  # so many low bits stay as they are
    exponent = p.wire(
        Cat(exponents[:plain], (exponents + rebias)[plain : FP32.exponent_bits + 2]).as_signed(), "exponent"
    )
    a, b = class_of(operands.exponent_a), class_of(operands.exponent_b)
    zero = p.wire(_is_zero(operands.exponent_a) | _is_zero(operands.exponent_b), "zero")
    infinite = (a == OperandClass.INFINITY) | (b == OperandClass.INFINITY)
    above = exponent > FP32.exponent_ones if _is_gradual(operand) else Const(0, 1)
    return _Product(
        exponent=Mux(zero, 0, exponent[: FP32.exponent_bits + _is_gradual(operand)]),
        highest=exponent == FP32.exponent_ones if _is_gradual(operand) else Const(0, 1),
        sign=operands.sign,
        infinite=infinite | above,
        nan=(a == OperandClass.NAN) | (b == OperandClass.NAN) | zero & infinite,
    )


def _rounding(p: Pipeline, exponents: Value, operand: FloatFormat) -> _Rounding:
    """The lowest bit that is kept is that of FP32's least subnormal; exponents are as they were added.

    Below what the significand has bits for, nothing is kept.
    """
    bits = significand_bits(operand)
    # With this sum of exponents the product's lowest bit is the least subnormal's, and below it the sum falls short.
    lowest = (bits - 1) - FP32.fraction_bits + 1 - _rebias(operand)
    return _Rounding(
        kept=Cat(exponents >= lowest - place for place in range(bits + 1)),
        half=Cat(exponents == lowest - 1 - place for place in range(bits)),
    )


def _rounded(p: Pipeline, total: Value, rounding: _Rounding) -> Value:
    """Of product and half the bits that are kept; where nothing is below them, the product was half way: to even."""
    tie = p.wire(~(total & ~rounding.kept).any(), "tie")
    odd = Cat(Const(0, 1), rounding.half)
    return total & rounding.kept & ~(odd & tie.replicate(len(odd)))
