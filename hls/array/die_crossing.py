"""The crossing from one die to the next: what a column passes south, a clock later."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
from heddle.hls.array.links import SouthLink, in_words
from heddle.hls.stream.delay import quick_registers


class DieCrossing(wiring.Component):
    """Flip-flops for what comes from the die in the north: no shift register may take them in.

    Ports
    -----
    north : SouthLink in words, in
    south : SouthLink in words, out
        Without OS there are no partial sums to pass; the link's stay 0.

    Latency: 1. Throughput: a word of each a clock. They move every clock, steps or none, and have no reset.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        link = in_words(SouthLink(design))
        super().__init__({"north": In(link), "south": Out(link)})

    def elaborate(self, platform: object) -> Module:
        """Place the registers."""
        m = Module()
        crossing = ["weight", "sums", *(["partial"] if "os" in self.design.array.dataflows else [])]
        for name in crossing:
            crossed = quick_registers(m, getattr(self.north, name), 1, name=f"{name}_crossed")
            m.d.comb += getattr(self.south, name).eq(crossed)
        return m
