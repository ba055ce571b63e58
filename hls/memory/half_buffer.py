"""Buffers of two halves that are written to and asked by half and address, each side in its own time."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth.hdl import Array, Cat, Const, Module, Shape, ShapeLike, Signal, Value
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

    A word that was put can be asked for a clock later. Latency 3 clocks from ``ask`` to ``answer``; throughput one word
    put and one asked for a clock.
    """

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


class GroupBuffer(wiring.Component):
    """Two halves of ``groups`` groups, of which up to ``lanes`` that follow each other are put at once.

    Ports
    -----
    put : stream of {at, groups, count}, in
        ``count`` groups from ``at`` on; always taken.
    ask : stream of ``half_address``, in
    answer : stream of groups, out

    Group g stands in bank g mod ``lanes``, so that groups that follow each other are in different ones. Timing as that
    of ``HalfBuffer``.
    """

    def __init__(self, group: ShapeLike, groups: int, lanes: int, ram: RamKind = "block") -> None:
        """``lanes`` is a power of two; ``ram`` is that of each bank."""
        self.group, self.groups, self.lanes, self.ram = group, groups, lanes, ram
        several = data.ArrayLayout(group, lanes)
        put = data.StructLayout({"at": half_address(groups), "groups": several, "count": range(lanes + 1)})
        super().__init__(
            {
                "put": In(stream.Signature(put)),
                "ask": In(stream.Signature(half_address(groups))),
                "answer": Out(stream.Signature(group)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Turn the groups to their banks; ask the one bank that the group is in, the others showing zeros."""
        m = Module()
        m.submodules.answers = answers = Answers(self.group, Storage.read_latency)
        connect(m, answers.answer, flipped(self.answer))
        bank_bits = (self.lanes - 1).bit_length()
        words = [self._bank(m, number, bank_bits) for number in range(self.lanes)]
        m.d.comb += [
            self.put.ready.eq(1),
            self.ask.ready.eq(answers.has_room),
            answers.asked.eq(transfer(self.ask)),
            Value.cast(answers.word).eq(reduce(or_, words)),
        ]
        return m

    def _bank(self, m: Module, number: int, bank_bits: int) -> Value:
        """One bank: the lane that stands ``number`` banks behind the first group's, in that row or the next."""
        put, asked = self.put.payload, self.ask.payload
        shape = StorageShape(Shape.cast(self.group).width, 2 * -(-self.groups // self.lanes), self.ram)
        m.submodules[f"bank{number}"] = storage = Storage(shape)
        first = put.at.address[:bank_bits]
        lane = Signal(bank_bits, name=f"lane{number}") if bank_bits else Signal(1, name=f"lane{number}")
        if bank_bits:
            m.d.comb += lane.eq(number - first)
        in_next_row = number < first if number < self.lanes - 1 else Const(0)
        row = put.at.address[bank_bits:] + in_next_row
        m.d.comb += [
            storage.write_en.eq(self.put.valid & (lane < put.count)),
            storage.write_addr.eq(Cat(put.at.half, row)),
            storage.write_data.eq(Array(put.groups[each] for each in range(self.lanes))[lane]),
            storage.read_en.eq(transfer(self.ask) & (asked.address[:bank_bits] == number)),
            storage.read_addr.eq(Cat(asked.half, asked.address[bank_bits:])),
        ]
        return storage.read_data


def _place(at: data.View) -> Value:
    return Cat(at.half, at.address)
