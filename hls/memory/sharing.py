"""A buffer of two halves with two readers: each half has a port, so the readers meet only in the same half.

There the first one goes first. Neither waits for the other to take its words.
"""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Shape, ShapeLike, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.memory.answers import Answers
from heddle.hls.memory.buffer_shape import RamKind
from heddle.hls.memory.half_buffer import half_address
from heddle.hls.memory.storage import Storage, StorageShape
from heddle.hls.stream.delay import registers
from heddle.hls.stream.handshake import transfer

_READERS, _HALVES = 2, 2


class SharedBuffer(wiring.Component):
    """Two halves of ``words`` words, as ``HalfBuffer`` has them, for two readers.

    Ports
    -----
    put : stream of {at, word}, in
        A word for a half; always taken.
    asks, answers : two streams of ``half_address``, in, and of words, out
        Of the first reader and of the second, who waits in each clock in which the first asks for a word of the half
        that it asks for.

    A word that was put can be asked for a clock later. Latency 3 clocks from an ask to its answer; throughput one word
    put and one asked for of each half a clock. The words of each reader wait in a queue of its own: one that takes none
    can ask for no more when its queue is full, and the other goes on.
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
        """A RAM for each half, and for each reader a queue of what it asked for."""
        m = Module()
        storages = self._storages(m)
        queues = [Answers(self.word, Storage.read_latency) for _ in range(_READERS)]
        for number, queue in enumerate(queues):
            m.submodules[f"answers{number}"] = queue
            connect(m, queue.answer, flipped(self.answers[number]))
            half = registers(m, self.asks[number].payload.half, Storage.read_latency, name=f"half_{number}")
            m.d.comb += [
                queue.asked.eq(transfer(self.asks[number])),
                Value.cast(queue.word).eq(Mux(half, storages[1].read_data, storages[0].read_data)),
            ]
        first, second = self.asks
        meet = Signal()
        m.d.comb += [
            self.put.ready.eq(1),
            meet.eq(transfer(first) & (first.payload.half == second.payload.half)),
            first.ready.eq(queues[0].has_room),
            second.ready.eq(queues[1].has_room & ~meet),
        ]
        return m

    def _storages(self, m: Module) -> list[Storage]:
        """Place the RAM of each half: it reads what the first reader asks of it, or else the second."""
        first, second = self.asks
        at, storages = self.put.payload.at, []
        for half in range(_HALVES):
            storage = Storage(StorageShape(Shape.cast(self.word).width, self.words, self.ram))
            m.submodules[f"storage{half}"] = storage
            of_first = Signal(name=f"of_first_{half}")
            m.d.comb += [
                storage.write_en.eq(self.put.valid & (at.half == half)),
                storage.write_addr.eq(at.address),
                storage.write_data.eq(self.put.payload.word),
                of_first.eq(transfer(first) & (first.payload.half == half)),
                storage.read_en.eq(of_first | (transfer(second) & (second.payload.half == half))),
                storage.read_addr.eq(Mux(of_first, first.payload.address, second.payload.address)),
            ]
            storages.append(storage)
        return storages
