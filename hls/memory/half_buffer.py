"""A buffer of two halves that is written to and asked by half and address, each side in its own time."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Shape, ShapeLike, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.memory.answers import Answers
from heddle.hls.memory.buffer_shape import RamKind
from heddle.hls.memory.storage import Storage, StorageShape
from heddle.hls.stream.handshake import transfer


def address_bits(words: int) -> int:
    """Return the bits that tell ``words`` apart: at least one."""
    return max(1, (words - 1).bit_length())


def half_address(words: int) -> data.StructLayout:
    """Return the layout of a word's place: its half, and its number there."""
    return data.StructLayout({"half": 1, "address": address_bits(words)})


class HalfBuffer(wiring.Component):
    """Two halves of ``words`` words.

    Ports
    -----
    put : stream of {at, word}, in
        A word for a half; always taken.
    ask : stream of ``half_address``, in
    answer : stream of words, out

    A word that was put can be asked for a clock later. Latency ``latency`` = 3 clocks from ``ask`` to
    ``answer``; throughput one word put and one asked for a clock.
    """

    #: That of the storage, and the clock in which answers stand in a queue.
    latency = Storage.read_latency + 1

    def __init__(self, word: ShapeLike, words: int, ram: RamKind = "block") -> None:
        self.word, self.words, self.ram = word, words, ram
        put = data.StructLayout({"at": half_address(words), "word": word})
        super().__init__(
            {
                "put": In(stream.Signature(put)),
                "ask": In(stream.Signature(half_address(words))),
                "answer": Out(stream.Signature(word)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """The half is the lowest bit of the address: so a half needs no power of two of words."""
        m = Module()
        shape = StorageShape(Shape.cast(self.word).width, 2 * self.words, self.ram)
        m.submodules.storage = storage = Storage(shape)
        m.submodules.answers = answers = Answers(self.word, storage.read_latency)
        connect(m, answers.answer, flipped(self.answer))
        m.d.comb += [
            self.put.ready.eq(1),
            storage.write_en.eq(self.put.valid),
            storage.write_addr.eq(_place(self.put.payload.at)),
            storage.write_data.eq(self.put.payload.word),
            self.ask.ready.eq(answers.has_room),
            answers.asked.eq(transfer(self.ask)),
            storage.read_en.eq(transfer(self.ask)),
            storage.read_addr.eq(_place(self.ask.payload)),
            Value.cast(answers.word).eq(storage.read_data),
        ]
        return m


def _place(at: data.View) -> Value:
    return Cat(at.half, at.address)
