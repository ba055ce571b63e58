"""Conversion of floating-point words to a shorter format."""

from __future__ import annotations

from amaranth.hdl import Cat, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.fp.pipeline import Pipeline, cuts_for
from heddle.hls.fp.rounding import GUARD_BITS, Exact, limited, rounded
from heddle.hls.fp.unpack import kind_of, unpack

# Where registers stand for each depth, besides the output register that every depth has.
CUTS: dict[int, tuple[str, ...]] = {1: (), 2: ("limited",)}


class Narrower(wiring.Component):
    """A word of ``source`` rounded to ``target``: nearest even, to subnormals, to infinity; one NaN.

    Ports
    -----
    en : Signal(1), in
        Advance by one step.
    wide : Signal(source.width), in
    narrow : Signal(target.width), out

    Latency: ``stages`` steps (1 or 2, else ValueError). Throughput: one word a step. ``target`` must be shorter
    by GUARD_BITS or more fraction bits and have no more exponent bits, else ValueError.
    """

    def __init__(self, target: FloatFormat, source: FloatFormat = FP32, stages: int = 2) -> None:
        if target.fraction_bits + GUARD_BITS > source.fraction_bits or target.exponent_bits > source.exponent_bits:
            raise ValueError(f"{source} does not narrow to {target}")
        self.source = source
        self.target = target
        self.latency = stages
        self._cuts = cuts_for("a narrower", stages, CUTS)
        super().__init__({"en": In(1), "wide": In(source.width), "narrow": Out(target.width)})

    def elaborate(self, platform: object) -> Module:
        """Unpack, change the bias, limit, round."""
        m = Module()
        p = Pipeline(m, self.en, self._cuts)
        exact = p.at("limited", limited(p, self._exact(p), self.target))
        with m.If(self.en):
            m.d.sync += self.narrow.eq(rounded(exact))
        return m

    def _exact(self, p: Pipeline) -> Exact:
        wide = unpack(p, self.wide, self.source, "wide")
        dropped = self.source.fraction_bits - self.target.fraction_bits - (GUARD_BITS - 1)
        return Exact(
            kind=kind_of(wide.nan, wide.infinite, wide.zero),
            sign=wide.sign,
            exponent=wide.exponent + (self.target.bias - self.source.bias),
            significand=Cat(wide.significand[:dropped].any(), wide.significand[dropped:]),
        )
