"""Cutter: stretches of memory, cut where an address is a multiple of a power of two."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.axi.stretches import stretch_layout
from heddle.hls.stream.handshake import assert_stable, transfer


def piece_layout(address_bits: int, boundary: int) -> data.StructLayout:
    """A piece of a stretch; ``ends``: the stretch's last one; ``last``: the transfer's last one."""
    return data.StructLayout({"address": address_bits, "bytes": range(boundary + 1), "ends": 1, "last": 1})


class Cutter(wiring.Component):
    """Cuts stretches at every multiple of ``boundary`` bytes: pixels at pages, and bursts into beats.

    Ports:
        input : stream of stretches (``stretch_layout``) of 1 to ``most_bytes`` bytes, in
        output : stream of pieces (``piece_layout``), out; in order, none of which crosses a multiple of ``boundary``

    Latency ``latency`` = 1 clock from a stretch to its first piece. Throughput one piece a clock, the first piece of a
    stretch right behind the last one of the stretch before. ``input.ready`` follows ``output.ready`` combinationally.
    """

    latency = 1

    def __init__(self, address_bits: int, most_bytes: int, boundary: int) -> None:
        """``boundary`` a power of two of at most ``1 << address_bits``."""
        self.boundary = boundary
        self.present = Signal()
        self.held = Signal(stretch_layout(address_bits, most_bytes), reset_less=True)
        super().__init__(
            {
                "input": In(stream.Signature(self.held.shape())),
                "output": Out(stream.Signature(piece_layout(address_bits, boundary))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """What is left of the stretch in a register: its head up to the boundary is the piece."""
        m = Module()
        held, piece = self.held, self.output.payload
        within = (self.boundary - 1).bit_length()
        room = Signal(range(self.boundary + 1))
        fits = Signal()
        m.d.comb += [
            room.eq(self.boundary - held.address[:within]),
            fits.eq(held.bytes <= room),
            self.output.valid.eq(self.present),
            piece.address.eq(held.address),
            piece.bytes.eq(Mux(fits, held.bytes, room)),
            piece.ends.eq(fits),
            piece.last.eq(fits & held.last),
            self.input.ready.eq(~self.present | (self.output.ready & fits)),
        ]
        with m.If(transfer(self.output)):
            m.d.sync += [
                self.present.eq(~fits),
                held.address.eq(Cat(Const(0, within), held.address[within:] + 1)),
                held.bytes.eq(held.bytes - room),
            ]
        with m.If(transfer(self.input)):
            m.d.sync += [self.present.eq(1), held.eq(self.input.payload)]
        assert_stable(m, self.output)
        return m
