"""Coalescer: pixels that follow each other in memory become one span, and no span leaves its page."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.cutter import Cutter, piece_layout
from heddle.hls.axi.stretches import PIXEL_BYTES, span_layout, stretch_layout
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.headed_queue import HeadedQueue


class Joiner(wiring.Component):
    """Joins pieces of one page that follow each other, of one transfer, to spans.

    Ports:
        input : stream of pieces of pages (``piece_layout``), in
        output : stream of spans (``span_layout``), out

    A span leaves once it is known to be whole: with the transfer's last piece, at its page's end, or as a piece is
    offered that does not follow it. Latency ``latency`` = 1 clock from the piece that ends a span; to the next piece
    otherwise. Throughput one piece a clock. ``input.ready`` follows ``output.ready`` combinationally.
    """

    latency = 1

    def __init__(self, shape: AxiShape) -> None:
        self.shape = shape
        super().__init__(
            {
                "input": In(stream.Signature(piece_layout(shape.address_bits, shape.page_bytes))),
                "output": Out(stream.Signature(span_layout(shape))),
            }
        )
        self.present = Signal()
        self.end = Signal(shape.address_bits, reset_less=True)

    def elaborate(self, platform: object) -> Module:
        """The open span and where it ends."""
        m = Module()
        piece = self.input.payload
        span = Signal(span_layout(self.shape), reset_less=True)
        whole, joins = Signal(), Signal()
        m.d.comb += [
            whole.eq(span.last | (self.end[: self.shape.page_bits] == 0)),
            joins.eq(~whole & (piece.address == self.end)),
            self.output.valid.eq(self.present & (whole | (self.input.valid & ~joins))),
            self.output.payload.eq(span),
            self.input.ready.eq(~self.present | joins | self.output.ready),
        ]
        with m.If(transfer(self.output)):
            m.d.sync += self.present.eq(0)
        with m.If(transfer(self.input)):
            m.d.sync += [self.present.eq(1), span.last.eq(piece.last), self.end.eq(piece.address + piece.bytes)]
            with m.If(self.present & joins):
                m.d.sync += span.bytes.eq(span.bytes + piece.bytes)
            with m.Else():
                m.d.sync += [span.address.eq(piece.address), span.bytes.eq(piece.bytes)]
        assert_stable(m, self.output)
        return m


class Coalescer(wiring.Component):
    """Pixels in, spans out: the same bytes in the same order, in as few bursts as pages allow.

    Ports:
        pixels : stream of stretches of 1 to ``most_bytes`` bytes (``stretch_layout``), in
        spans : stream of spans (``span_layout``), out; a transfer's last span has ``last``

    Latency ``latency`` = 3 clocks from a transfer's last pixel to its last span. Throughput one pixel a clock, and a
    clock more for each page's end that lies within a pixel: that pixel's bytes take at least that many beats anyway.
    A queue of two pieces stands in the middle, so ``pixels.ready`` does not follow ``spans.ready``.
    """

    latency = Cutter.latency + HeadedQueue.latency + Joiner.latency

    def __init__(self, shape: AxiShape, most_bytes: int = PIXEL_BYTES) -> None:
        self.shape = shape
        self.most_bytes = most_bytes
        super().__init__(
            {
                "pixels": In(stream.Signature(stretch_layout(shape.address_bits, most_bytes))),
                "spans": Out(stream.Signature(span_layout(shape))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Cut first, so that only pieces of one page are joined."""
        m = Module()
        m.submodules.cutter = cutter = Cutter(self.shape.address_bits, self.most_bytes, self.shape.page_bytes)
        m.submodules.joiner = joiner = Joiner(self.shape)
        connect(m, flipped(self.pixels), cutter.input)
        m.submodules.pieces = pieces = HeadedQueue(cutter.output.payload.shape(), 2)
        connect(m, cutter.output, pieces.input)
        connect(m, pieces.output, joiner.input)
        connect(m, joiner.output, flipped(self.spans))
        return m
