"""Reads words of a buffer that answers whenever it likes, and gives each with what is to become of it."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, ShapeLike, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.queue import Queue


def ask_layout(address_bits: int) -> data.StructLayout:
    """Return the layout of what a buffer is asked for: a word of a half."""
    return data.StructLayout({"half": 1, "address": address_bits})


def fetch_layout(address_bits: int, tag: ShapeLike) -> data.StructLayout:
    """Return the layout of a word that is wanted, or of zeros in its place, with what is to become of it."""
    return data.StructLayout({"is_zero": 1, "ask": ask_layout(address_bits), "tag": tag})


def fetched_layout(word: ShapeLike, tag: ShapeLike) -> data.StructLayout:
    """Return the layout of a word that has come."""
    return data.StructLayout({"word": word, "tag": tag})


#: The tag of words that need none: a signal of no bits is none in Verilog.
NO_TAG = 1


class Reader(wiring.Component):
    """Asks a buffer, and joins its answers to what was asked; zeros are given without asking.

    Ports
    -----
    input : stream of ``fetch_layout``, in
    ask : stream of ``ask_layout``, out
    answer : stream of words, in
        In the order in which they were asked for.
    output : stream of ``fetched_layout``, out

    Latency: the buffer's own; 1 clock for zeros. Throughput: a word a clock while the buffer answers in fewer than
    ``depth`` clocks: so many words are asked for before the first has left.
    """

    def __init__(self, word: ShapeLike, tag: ShapeLike, address_bits: int, depth: int) -> None:
        self.pending = Queue(data.StructLayout({"is_zero": 1, "tag": tag}), depth)
        super().__init__(
            {
                "input": In(stream.Signature(fetch_layout(address_bits, tag))),
                "ask": Out(stream.Signature(ask_layout(address_bits))),
                "answer": In(stream.Signature(word)),
                "output": Out(stream.Signature(fetched_layout(word, tag))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A queue remembers what is asked for."""
        m = Module()
        m.submodules.pending = pending = self.pending
        wanted, comes, output = self.input.payload, pending.output.payload, self.output
        m.d.comb += [
            self.ask.valid.eq(self.input.valid & ~wanted.is_zero & pending.input.ready),
            self.ask.payload.eq(wanted.ask),
            self.input.ready.eq(pending.input.ready & (wanted.is_zero | self.ask.ready)),
            pending.input.valid.eq(transfer(self.input)),
            pending.input.payload.is_zero.eq(wanted.is_zero),
            pending.input.payload.tag.eq(wanted.tag),
            output.valid.eq(pending.output.valid & (comes.is_zero | self.answer.valid)),
            Value.cast(output.payload.word).eq(Mux(comes.is_zero, 0, Value.cast(self.answer.payload))),
            output.payload.tag.eq(comes.tag),
            pending.output.ready.eq(transfer(output)),
            self.answer.ready.eq(transfer(output) & ~comes.is_zero),
        ]
        assert_stable(m, self.ask)
        assert_stable(m, output)
        return m
