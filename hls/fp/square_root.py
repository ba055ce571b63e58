"""Floating-point square root: one bit of the root a row of adders, rows in a pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace

from amaranth.hdl import Cat, Const, Module, Mux, Value
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.fp.pipeline import Pipeline
from heddle.hls.fp.rounding import Exact, rounded, within
from heddle.hls.fp.rows import row_cuts
from heddle.hls.fp.unpack import kind_of, leading_zeros, unpack


@dataclass(frozen=True)
class _Operand:
    kind: enum.EnumView
    sign: Value
    exponent: Value
    significand: Value
    zeros: Value


@dataclass(frozen=True)
class _Rows:
    """``remainder``: signed. ``root``: a 0, then the bits so far. ``radicand``: on top the next row's two bits."""

    kind: enum.EnumView
    sign: Value
    exponent: Value
    remainder: Value
    root: Value
    radicand: Value


def square_root_latency(rows_per_stage: int, format: FloatFormat = FP32) -> int:
    """Return the steps of a SquareRoot. Raises ValueError for less than one row a stage."""
    return len(_cuts(format, rows_per_stage)) + 1


def _cuts(format: FloatFormat, rows_per_stage: int) -> frozenset[str]:
    return row_cuts(_rows(format), rows_per_stage) | {"operand", "normalised"}


def _rows(format: FloatFormat) -> int:
    return format.fraction_bits + 2


class SquareRoot(wiring.Component):
    """IEEE 754 square root in one format, correctly rounded to nearest even, subnormals included; one NaN.

    Ports
    -----
    en : Signal(1), in
        Advance by one step.
    radicand : Signal(format.width), in
    root : Signal(format.width), out

    Latency: ``latency`` steps: unpack, normalise, the rows, round. Throughput: one root a step.

    Radix 2, non-restoring, one carry chain a row, growing by a bit a row. fraction_bits + 2 rows: the root of a
    significand in [1, 4) is in [1, 2); a guard bit follows. ``rows_per_stage`` (at least 1, else ValueError)
    rows stand between two registers.

    A root never overflows, and is subnormal only in formats with a small bias, which raise ValueError.
    """

    def __init__(self, format: FloatFormat = FP32, rows_per_stage: int = 2) -> None:
        if format.bias <= format.fraction_bits:
            raise ValueError(f"a bias of {format.bias} is too small for {format.fraction_bits} fraction bits")
        self.format = format
        self.rows = _rows(format)
        self._cuts = _cuts(format, rows_per_stage)
        self.latency = square_root_latency(rows_per_stage, format)
        super().__init__({"en": In(1), "radicand": In(format.width), "root": Out(format.width)})

    def elaborate(self, platform: object) -> Module:
        """Build the stages in their order."""
        m = Module()
        p = Pipeline(m, self.en, self._cuts)
        operand = p.at("operand", self._operand(p))
        state = p.at("normalised", self._normalised(p, operand))
        for row in range(self.rows):
            state = p.at(f"row_{row}", self._row(p, state, row))
        with m.If(self.en):
            m.d.sync += self.root.eq(rounded(within(self._condensed(state), self.format)))
        return m

    def _operand(self, p: Pipeline) -> _Operand:
        """Unpack; only zero may be negative."""
        x = unpack(p, self.radicand, self.format, "radicand")
        return _Operand(
            kind=kind_of(x.nan | (x.sign & ~x.zero), x.infinite, x.zero),
            sign=x.sign,
            exponent=x.exponent,
            significand=x.significand,
            zeros=leading_zeros(x.significand),
        )

    def _normalised(self, p: Pipeline, operand: _Operand) -> _Rows:
        """Normalise; make the exponent even by doubling the significand, halve it, and bias it again."""
        width = self.format.fraction_bits + 1
        twice_biased = p.wire(operand.exponent - operand.zeros + self.format.bias, "twice_biased")
        significand = (operand.significand << operand.zeros)[:width]
        odd = twice_biased[0]
        radicand = p.wire(Mux(odd, Cat(0, significand), Cat(significand, 0)), "even_radicand")
        return _Rows(
            kind=operand.kind,
            sign=operand.sign,
            exponent=twice_biased[1 : 1 + self.format.exponent_bits],
            remainder=Const(0, 1).as_signed(),
            root=Const(0, 1),
            radicand=radicand if len(radicand) % 2 == 0 else Cat(0, radicand),
        )

    def _row(self, p: Pipeline, state: _Rows, row: int) -> _Rows:
        """Bring down two bits; add or subtract so that the remainder goes on belonging to the root.

        With the root Q so far: 4R + pair - (4Q + 1), or 4R + pair + (4Q + 3) where R is negative. Both addends
        end in binary 11, and above that are Q, or its complement: no carry to add.
        """
        pair = state.radicand[-2:]
        subtract = ~state.remainder[-1]
        addend = Cat(Const(3, 2), state.root ^ subtract.replicate(len(state.root))).as_signed()
        # |remainder| <= 2 x root + 1 after each row: two bits more than the root has, and the sign.
        width = row + 3
        total = (Cat(pair, state.remainder).as_signed() + addend)[:width]
        left = p.wire(total.as_signed(), f"left_{row}")
        return replace(
            state,
            remainder=left,
            root=Cat(~left[-1], state.root),
            radicand=Cat(Const(0, 2), state.radicand[:-2]),
        )

    def _condensed(self, state: _Rows) -> Exact:
        """Take the lowest guard bit as 1: a root that ends in its first guard bit would have too long a square."""
        return Exact(state.kind, state.sign, state.exponent, Cat(1, state.root[:-1]))
