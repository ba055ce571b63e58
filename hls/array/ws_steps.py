"""The steps of a weight-stationary instruction."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal

from heddle.arch.timing import pe_latency, ws_row_steps
from heddle.hls.array.control import Source
from heddle.hls.array.steps import Steps
from heddle.hls.stream.delay import flags


class WsSteps(Steps):
    """Weight-stationary: an activation row a step; each row of the array adds its slot to the sums passing by.

    Row r meets a tile's first activation r x ``ws_row_steps`` after row 0, and just then its weights
    must stand at its input. So they enter at that interval, one row's a time, while the activations already
    stream: a tile needs no time for loading weights, and a PE no second weight register.
    """

    def elaborate(self, platform: object) -> Module:
        """Build the counter of weight rows, and the way of the results."""
        m = Module()
        command, progress = self.progress.command, self.progress
        has_streamed = Signal()
        streaming = progress.running & ~has_streamed
        with m.If(self.en & progress.running):
            with m.If(progress.phase == progress.ends.slot):
                m.d.sync += has_streamed.eq(1)
            with m.If(progress.last_phase):
                m.d.sync += has_streamed.eq(0)
        m.d.comb += [
            self.needs.left.eq(streaming),
            self.needs.right.eq(self._weight_row_enters(m)),
            self.needs.partial.eq(streaming & (command.reload | ~progress.fresh_tile)),
            self.control.load_group.eq(streaming),
            self.control.load_weight.eq(progress.running & (progress.phase == 0)),
            self.control.source.eq(Source.SUMS),
            self.control.emit.eq(1),
        ]
        last_row_steps = (self.array.rows - 1) * ws_row_steps(self.array.adder_stages)
        latency = last_row_steps + 1 + pe_latency(self.array.adder_stages, self.array.multiplier_stages)
        m.d.comb += self.needs.result.eq(flags(m, streaming, latency, self.en, name="results"))
        return m

    def _weight_row_enters(self, m: Module) -> Signal:
        """One row's weights each ``ws_row_steps``, from the tile's first step on."""
        every = ws_row_steps(self.array.adder_stages)
        rows_in = Signal(range(self.array.rows + 1))
        wait = Signal(range(every + 1))
        enters = Signal()
        m.d.comb += enters.eq(self.progress.running & (rows_in != self.array.rows) & (wait == 0))
        with m.If(self.en & self.progress.running):
            m.d.sync += wait.eq(Mux(wait == every - 1, 0, wait + 1))
            with m.If(enters):
                m.d.sync += rows_in.eq(rows_in + 1)
            with m.If(self.progress.last_phase):
                m.d.sync += [rows_in.eq(0), wait.eq(0)]
        return enters
