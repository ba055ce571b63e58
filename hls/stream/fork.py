"""Fork: one stream to several sinks, each in its own time."""

from __future__ import annotations

from amaranth.hdl import Module, ShapeLike, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.stream.handshake import assert_stable, transfer


class Fork(wiring.Component):
    """Gives every word of the input once to each of ``ways`` outputs.

    Ports:
        input : stream of ``shape``, in; the word moves in the clock in which the last output takes it
        outputs : ``ways`` streams of ``shape``, out; each may take the word before the others do

    Latency 0 clocks (combinational), throughput one word a clock. What an output has taken already is remembered, one
    bit each, so that no output's ``valid`` depends on another's ``ready``.
    """

    latency = 0

    def __init__(self, shape: ShapeLike, ways: int) -> None:
        self.ways = ways
        self.taken = Signal(ways)
        super().__init__({"input": In(stream.Signature(shape)), "outputs": Out(stream.Signature(shape)).array(ways)})

    def elaborate(self, platform: object) -> Module:
        """One "taken" bit an output, cleared as the word leaves the input."""
        m = Module()
        served = Signal(self.ways)
        m.d.comb += self.input.ready.eq(served.all())
        for way, output in enumerate(self.outputs):
            m.d.comb += [
                output.payload.eq(self.input.payload),
                output.valid.eq(self.input.valid & ~self.taken[way]),
                served[way].eq(self.taken[way] | output.ready),
            ]
            m.d.sync += self.taken[way].eq((self.taken[way] | transfer(output)) & ~transfer(self.input))
            assert_stable(m, output)
        return m
