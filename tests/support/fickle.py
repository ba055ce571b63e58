"""A component that breaks the contract of its output stream, for tests of what becomes of an assertion."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.emit import Block, Rtl, emit_rtl
from heddle.hls.stream.handshake import assert_stable
from heddle.verify.cases import Case, InputStream, OutputStream

BITS = 8


class Fickle(wiring.Component):
    """Passes words on, and changes one that waits."""

    def __init__(self) -> None:
        super().__init__({"input": In(stream.Signature(BITS)), "output": Out(stream.Signature(BITS))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        impatience = Signal(BITS)
        with m.If(self.output.valid & ~self.output.ready):
            m.d.sync += impatience.eq(impatience + 1)
        m.d.comb += [
            self.output.payload.eq(self.input.payload + impatience),
            self.output.valid.eq(self.input.valid),
            self.input.ready.eq(self.output.ready),
        ]
        assert_stable(m, self.output)
        return m


def fickle_rtl() -> Rtl:
    """The component, emitted."""
    return emit_rtl(Block("fickle", Fickle))


def fickle_case(name: str, *, backpressure: float = 0.0) -> Case:
    """200 words in, the same words out; a word that waits comes out wrong."""
    words = np.arange(200, dtype=np.uint8).reshape(-1, 1)
    place = np.arange(200).reshape(-1, 1)
    output = OutputStream("output", words, BITS, place, columns=1, backpressure=backpressure)
    return Case(name, (InputStream("input", words),), (output,), sim_cycles=None, limit_cycles=2000)
