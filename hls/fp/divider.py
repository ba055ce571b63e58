"""Floating-point divider: one quotient bit a row of adders, rows in a pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace

from amaranth.hdl import Cat, Const, Module, Mux, Value
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.fp.pipeline import Pipeline
from heddle.hls.fp.rounding import Exact, limited, rounded
from heddle.hls.fp.rows import row_cuts
from heddle.hls.fp.unpack import Unpacked, kind_of, leading_zeros, unpack


@dataclass(frozen=True)
class _Operands:
    kind: enum.EnumView
    sign: Value
    exponent: Value
    dividend: Value
    dividend_zeros: Value
    divisor: Value
    divisor_zeros: Value


@dataclass(frozen=True)
class _Rows:
    """``remainder``: signed, twice what the last row left. ``quotient``: a 0, then the bits so far."""

    kind: enum.EnumView
    sign: Value
    exponent: Value
    divisor: Value
    remainder: Value
    quotient: Value


def divider_latency(rows_per_stage: int, format: FloatFormat = FP32) -> int:
    """Return the steps of a Divider. Raises ValueError for less than one row a stage."""
    return len(_cuts(format, rows_per_stage)) + 1


def _cuts(format: FloatFormat, rows_per_stage: int) -> frozenset[str]:
    return row_cuts(_rows(format), rows_per_stage) | {"operands", "normalised", "condensed", "limited"}


def _rows(format: FloatFormat) -> int:
    return format.fraction_bits + 3


class Divider(wiring.Component):
    """IEEE 754 division in one format, correctly rounded to nearest even, subnormals included; one NaN.

    Ports
    -----
    en : Signal(1), in
        Advance by one step.
    dividend, divisor : Signal(format.width), in
    quotient : Signal(format.width), out

    Latency: ``latency`` steps: unpack, normalise, the rows, condense, limit, round. Throughput: one quotient a step.

    Radix 2, non-restoring: a row adds or subtracts the divisor by the sign of the remainder before, so it costs one
    carry chain. fraction_bits + 3 rows: the quotient of two significands is in (1/2, 2), so its first bit may be 0;
    fraction_bits + 1 bits and a guard bit follow. ``rows_per_stage`` (at least 1, else ValueError) rows stand
    between two registers.
    """

    def __init__(self, format: FloatFormat = FP32, rows_per_stage: int = 2) -> None:
        self.format = format
        self.rows = _rows(format)
        self._cuts = _cuts(format, rows_per_stage)
        self.latency = divider_latency(rows_per_stage, format)
        width = format.width
        super().__init__({"en": In(1), "dividend": In(width), "divisor": In(width), "quotient": Out(width)})

    def elaborate(self, platform: object) -> Module:
        """Build the stages in their order."""
        m = Module()
        p = Pipeline(m, self.en, self._cuts)
        operands = p.at("operands", self._operands(p))
        state = p.at("normalised", self._normalised(operands))
        for row in range(self.rows):
            state = p.at(f"row_{row}", self._row(p, state, row))
        condensed = p.at("condensed", self._condensed(p, state))
        exact = p.at("limited", limited(p, condensed, self.format))
        with m.If(self.en):
            m.d.sync += self.quotient.eq(rounded(exact))
        return m

    def _operands(self, p: Pipeline) -> _Operands:
        a, b = unpack(p, self.dividend, self.format, "dividend"), unpack(p, self.divisor, self.format, "divisor")
        return _Operands(
            kind=kind_of(_invalid(a, b), a.infinite | b.zero, a.zero | b.infinite),
            sign=a.sign ^ b.sign,
            exponent=a.exponent - b.exponent + self.format.bias,
            dividend=a.significand,
            dividend_zeros=leading_zeros(a.significand),
            divisor=b.significand,
            divisor_zeros=leading_zeros(b.significand),
        )

    def _normalised(self, operands: _Operands) -> _Rows:
        """Normalise both significands; the dividend is the first remainder."""
        width = self.format.fraction_bits + 1
        dividend = (operands.dividend << operands.dividend_zeros)[:width]
        return _Rows(
            kind=operands.kind,
            sign=operands.sign,
            exponent=operands.exponent - operands.dividend_zeros + operands.divisor_zeros,
            divisor=(operands.divisor << operands.divisor_zeros)[:width],
            remainder=Cat(dividend, Const(0, 2)).as_signed(),
            quotient=Const(0, 1),
        )

    def _row(self, p: Pipeline, state: _Rows, row: int) -> _Rows:
        """Bring the remainder towards zero by one divisor; the bit is 1 where it stays or becomes non-negative."""
        subtract = ~state.remainder[-1]
        addend = Cat(state.divisor, Const(0, 2)) ^ subtract.replicate(len(state.remainder))
        # The lowest place only carries: 1 + subtract. One carry chain thus adds, or subtracts by complement.
        total = (Cat(1, state.remainder) + Cat(subtract, addend))[1 : 1 + len(state.remainder)]
        left = p.wire(total, f"left_{row}")
        return replace(
            state,
            remainder=Cat(0, left[:-1]).as_signed(),
            quotient=Cat(~left[-1], state.quotient),
        )

    def _condensed(self, p: Pipeline, state: _Rows) -> Exact:
        """Drop the quotient's leading zero, if any; a non-zero remainder is all that matters of the bits not made."""
        last = p.wire(state.remainder[1:].as_signed(), "last_remainder")
        # Once a remainder is zero, every later row leaves -divisor.
        inexact = p.wire((last != 0) & (last + state.divisor != 0), "inexact")
        quotient = p.wire(state.quotient[:-1], "quotient_bits")
        at_least_one = quotient[-1]
        large = Cat(inexact | quotient[0], quotient[1:])
        small = Cat(inexact, quotient[:-1])
        return Exact(
            kind=state.kind,
            sign=state.sign,
            exponent=state.exponent - 1 + at_least_one,
            significand=Mux(at_least_one, large, small),
        )


def _invalid(dividend: Unpacked, divisor: Unpacked) -> Value:
    """NaN: an operand is, or both are infinite, or both zero."""
    both = (dividend.infinite & divisor.infinite) | (dividend.zero & divisor.zero)
    return dividend.nan | divisor.nan | both
