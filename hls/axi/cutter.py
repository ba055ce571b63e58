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
        # Worked out as the stretch is taken or cut, so that pieces leave without a sum or a comparison.
        self.room = Signal(range(boundary + 1), reset_less=True)  # bytes up to the next boundary
        self.fits = Signal(reset_less=True)  # what is held does not reach beyond it
        super().__init__(
            {
                "input": In(stream.Signature(self.held.shape())),
                "output": Out(stream.Signature(piece_layout(address_bits, boundary))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """What is left of the stretch in a register: its head up to the boundary is the piece."""
        m = Module()
        held, piece, taken = self.held, self.output.payload, self.input.payload
        within = (self.boundary - 1).bit_length()
        rest, room = held.bytes - self.room, self.boundary - taken.address[:within]
        m.d.comb += [
            self.output.valid.eq(self.present),
            piece.address.eq(held.address),
            piece.bytes.eq(Mux(self.fits, held.bytes, self.room)),
            piece.ends.eq(self.fits),
            piece.last.eq(self.fits & held.last),
            self.input.ready.eq(~self.present | (self.output.ready & self.fits)),
        ]
        with m.If(transfer(self.output)):
            m.d.sync += [
                self.present.eq(~self.fits),
                held.address.eq(Cat(Const(0, within), held.address[within:] + 1)),
                held.bytes.eq(rest),
                self.room.eq(self.boundary),
                self.fits.eq(rest <= self.boundary),
            ]
        with m.If(transfer(self.input)):
            m.d.sync += [
                self.present.eq(1),
                held.eq(taken),
                self.room.eq(room),
                self.fits.eq(taken.bytes <= room),
            ]
        assert_stable(m, self.output)
        return m
