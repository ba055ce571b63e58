"""A buffer of two halves with two readers: the first one first, and neither waits for the other to take its words."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Shape, ShapeLike, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.memory.answers import Answers
from heddle.hls.memory.buffer_shape import RamKind
from heddle.hls.memory.half_buffer import half_address
from heddle.hls.memory.storage import Storage, StorageShape
from heddle.hls.stream.handshake import transfer

_READERS = 2


class SharedBuffer(wiring.Component):
    """Two halves of ``words`` words, as ``HalfBuffer`` has them, for two readers.

    Ports
    -----
    put : stream of {at, word}, in
        A word for a half; always taken.
    asks, answers : two streams of ``half_address``, in, and of words, out
        Of the first reader and of the second, who waits in each clock in which the first asks.

    A word that was put can be asked for a clock later. Latency 3 clocks from an ask to its answer; throughput one word
    put and one asked for a clock, for both readers together. The words of each wait in a queue of its own: a reader
    that takes none can ask for no more when its queue is full, and the other goes on.
    """

    def __init__(self, word: ShapeLike, words: int, ram: RamKind = "block") -> None:
        self.word, self.words, self.ram = word, words, ram
        at = half_address(words)
        super().__init__(
            {
                "put": In(stream.Signature(data.StructLayout({"at": at, "word": word}))),
                "asks": In(stream.Signature(at)).array(_READERS),
                "answers": Out(stream.Signature(word)).array(_READERS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """One RAM, and for each reader a queue of what it asked for."""
        m = Module()
        shape = StorageShape(Shape.cast(self.word).width, 2 * self.words, self.ram)
        m.submodules.storage = storage = Storage(shape)
        queues = [Answers(self.word, storage.read_latency) for _ in range(_READERS)]
        for number, queue in enumerate(queues):
            m.submodules[f"answers{number}"] = queue
            connect(m, queue.answer, flipped(self.answers[number]))
            m.d.comb += [
                queue.asked.eq(transfer(self.asks[number])),
                Value.cast(queue.word).eq(storage.read_data),
            ]
        first, second = self.asks
        first_asks = Signal()
        m.d.comb += [
            self.put.ready.eq(1),
            storage.write_en.eq(self.put.valid),
            storage.write_addr.eq(_place(self.put.payload.at)),
            storage.write_data.eq(self.put.payload.word),
            first.ready.eq(queues[0].has_room),
            first_asks.eq(transfer(first)),
            second.ready.eq(queues[1].has_room & ~first_asks),
            storage.read_en.eq(first_asks | transfer(second)),
            storage.read_addr.eq(Mux(first_asks, _place(first.payload), _place(second.payload))),
        ]
        return m


def _place(at: data.View) -> Value:
    """The half is the lowest bit of the address: so a half needs no power of two of words."""
    return Cat(at.half, at.address)
