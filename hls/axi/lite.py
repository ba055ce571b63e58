"""AXI4-Lite: its channels, and a slave that makes single reads and writes of registers of what comes on them."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, flipped

from heddle.hls.axi.channels import Response
from heddle.hls.stream.handshake import assert_stable, transfer

#: Bits of a word; AXI4-Lite has 64 beside these, and no register needs them.
WORD_BITS = 32
_BYTES = WORD_BITS // 8
#: Bits of a byte address that tell a word's bytes apart: not looked at, as every access is to a whole word.
_LANE_BITS = 2
_WRITTEN = data.StructLayout({"data": WORD_BITS, "strb": _BYTES})
_ANSWER = data.StructLayout({"resp": Response})
_READ = data.StructLayout({"data": WORD_BITS, "resp": Response})


class LiteChannels(wiring.Signature):
    """The five channels as a master has them, with byte addresses of ``address_bits``."""

    def __init__(self, address_bits: int) -> None:
        request = data.StructLayout({"addr": address_bits, "prot": 3})
        super().__init__(
            {
                "aw": Out(stream.Signature(request)),
                "w": Out(stream.Signature(_WRITTEN)),
                "b": In(stream.Signature(_ANSWER)),
                "ar": Out(stream.Signature(request)),
                "r": In(stream.Signature(_READ)),
            }
        )


class LiteSlave(wiring.Component):
    """One write and one read at a time, for whoever has the registers.

    Ports
    -----
    axi : LiteChannels, in
    write : Signal(1), out
        In this clock the word ``write_address`` is written: the bytes of ``write_data`` that ``write_strobes`` say.
    write_error : Signal(1), in
        In the same clock: there is no such register, or nothing to write. The answer is SLVERR.
    read : Signal(1), out
        In this clock the word ``read_address`` is read; ``read_data`` and ``read_error`` tell of it in the same clock.

    AW and W come in any order, and each waits in a register of its own until the other is there. The master may leave
    B and R untaken as long as it likes: the next access waits then. Latency 1 clock from the later of AW and W to
    ``write``, and from AR to ``read``, 1 more to the answer. Throughput an access in 2 clocks, reads beside writes.
    No output follows an input combinationally, but for the answers of the registers.
    """

    def __init__(self, address_bits: int) -> None:
        places = address_bits - _LANE_BITS
        self.request = data.StructLayout({"addr": address_bits, "prot": 3})
        self.asked, self.written, self.wanted = Signal(), Signal(), Signal()  # AW, W, AR wait here
        self.write_request, self.word = Signal(self.request, reset_less=True), Signal(_WRITTEN, reset_less=True)
        self.read_request = Signal(self.request, reset_less=True)
        super().__init__(
            {
                "axi": In(LiteChannels(address_bits)),
                "write": Out(1),
                "write_address": Out(places),
                "write_data": Out(WORD_BITS),
                "write_strobes": Out(_BYTES),
                "write_error": In(1),
                "read": Out(1),
                "read_address": Out(places),
                "read_data": In(WORD_BITS),
                "read_error": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Take what comes, act as the answer's register is free, and answer."""
        m = Module()
        self._write(m)
        self._read(m)
        assert_stable(m, flipped(self.axi).b)
        assert_stable(m, flipped(self.axi).r)
        return m

    def _write(self, m: Module) -> None:
        aw, w, b = self.axi.aw, self.axi.w, self.axi.b
        m.d.comb += [
            aw.ready.eq(~self.asked),
            w.ready.eq(~self.written),
            self.write.eq(self.asked & self.written & (~b.valid | b.ready)),
            self.write_address.eq(self.write_request.addr[_LANE_BITS:]),
            self.write_data.eq(self.word.data),
            self.write_strobes.eq(self.word.strb),
        ]
        with m.If(transfer(aw)):
            m.d.sync += [self.asked.eq(1), self.write_request.eq(aw.payload)]
        with m.If(transfer(w)):
            m.d.sync += [self.written.eq(1), self.word.eq(w.payload)]
        with m.If(b.ready):
            m.d.sync += b.valid.eq(0)
        with m.If(self.write):
            m.d.sync += [self.asked.eq(0), self.written.eq(0), b.valid.eq(1), _respond(b, self.write_error)]

    def _read(self, m: Module) -> None:
        ar, r = self.axi.ar, self.axi.r
        m.d.comb += [
            ar.ready.eq(~self.wanted),
            self.read.eq(self.wanted & (~r.valid | r.ready)),
            self.read_address.eq(self.read_request.addr[_LANE_BITS:]),
        ]
        with m.If(transfer(ar)):
            m.d.sync += [self.wanted.eq(1), self.read_request.eq(ar.payload)]
        with m.If(r.ready):
            m.d.sync += r.valid.eq(0)
        with m.If(self.read):
            m.d.sync += [
                self.wanted.eq(0),
                r.valid.eq(1),
                r.payload.data.eq(self.read_data),
                _respond(r, self.read_error),
            ]


def _respond(channel: wiring.PureInterface, is_wrong: Signal) -> Any:
    return channel.payload.resp.eq(Mux(is_wrong, Response.SLVERR, Response.OKAY))
