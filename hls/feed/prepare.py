"""Prepares a computation for the feeders: the two quotients that its walk asks for."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import ELEMENT_BITS, TAP_BITS
from heddle.hls.control.instruction import COMPUTE
from heddle.hls.feed.divide import SlowDivider
from heddle.hls.stream.handshake import assert_stable, transfer

#: A computation, the groups of each stored pixel, and the row and column of its first tap in the kernel.
PREPARED = data.StructLayout(
    {"compute": COMPUTE, "groups_per_pixel": ELEMENT_BITS, "tap_row": TAP_BITS, "tap_col": TAP_BITS}
)


class Prepare(wiring.Component):
    """Works out what a computation's walk needs, while the one before it still runs.

    Ports
    -----
    input : stream of COMPUTE, in
    output : stream of PREPARED, out

    Latency ``ELEMENT_BITS`` + 3 = 21 clocks from an instruction to its output; the next one is taken after that.
    """

    def __init__(self) -> None:
        super().__init__({"input": In(stream.Signature(COMPUTE)), "output": Out(stream.Signature(PREPARED))})

    def elaborate(self, platform: object) -> Module:
        """Hold one instruction, and divide."""
        m = Module()
        m.submodules.groups = groups = SlowDivider(ELEMENT_BITS)
        m.submodules.taps = taps = SlowDivider(TAP_BITS)
        held, has, started = Signal(COMPUTE, reset_less=True), Signal(), Signal()
        walk = held.walk
        m.d.comb += [
            self.input.ready.eq(~has),
            groups.dividend.eq(walk.elements - 1),
            groups.divisor.eq(held.group_elements),
            taps.dividend.eq(walk.first_tap),
            taps.divisor.eq(walk.cols.taps),
            groups.start.eq(has & ~started),
            taps.start.eq(has & ~started),
            self.output.valid.eq(started & groups.is_done & taps.is_done),
            self.output.payload.compute.eq(held),
            self.output.payload.groups_per_pixel.eq(groups.quotient + 1),
            self.output.payload.tap_row.eq(taps.quotient),
            self.output.payload.tap_col.eq(taps.remainder),
        ]
        m.d.sync += started.eq(has)
        with m.If(transfer(self.input)):
            m.d.sync += [held.eq(self.input.payload), has.eq(1)]
        with m.If(transfer(self.output)):
            m.d.sync += [has.eq(0), started.eq(0)]
        assert_stable(m, self.output)
        return m
