"""The activation buffer: two halves of groups, of which several that follow each other are put, and read, at once."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth.hdl import Array, Cat, Const, Module, Mux, Shape, ShapeLike, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.memory.answers import Answers
from heddle.hls.memory.buffer_shape import RamKind
from heddle.hls.memory.half_buffer import half_address
from heddle.hls.memory.storage import Storage, StorageShape
from heddle.hls.stream.delay import registers
from heddle.hls.stream.handshake import transfer

#: Layers of two-way multiplexers that a LUT holds, and that are between two registers.
_LAYERS = 2


class GroupBuffer(wiring.Component):
    """Two halves of ``groups`` groups, of which up to ``lanes`` that follow each other are put at once.

    Ports
    -----
    put : stream of {at, groups, count}, in
        ``count`` groups from ``at`` on; always taken.
    ask : stream of ``half_address``, in
    answer : stream of ``ports`` groups, out
        The one that was asked for and those that follow it. What lies outside the half means nothing: that follows its
        last group, or comes before its first one, where addresses are counted modulo all that there are.

    Group g stands in bank g mod ``banks``, so that groups that follow each other are in different ones. What can be
    asked for, and when, is as in ``HalfBuffer``. Latency ``latency`` clocks from ``ask`` to ``answer``: 3, and where
    ``ports`` groups are turned to begin with the one that was asked for, a clock for each factor of up to 4.
    """

    def __init__(self, group: ShapeLike, groups: int, lanes: int, ports: int, ram: RamKind = "block") -> None:
        """``lanes`` and ``ports`` are powers of two; ``ram`` is that of each bank."""
        self.group, self.groups, self.lanes, self.ports, self.ram = group, groups, lanes, ports, ram
        self.banks = max(lanes, ports)
        self.latency = Storage.read_latency + self._turning_clocks + 1
        several = data.ArrayLayout(group, lanes)
        put = data.StructLayout({"at": half_address(groups), "groups": several, "count": range(lanes + 1)})
        super().__init__(
            {
                "put": In(stream.Signature(put)),
                "ask": In(stream.Signature(half_address(groups))),
                "answer": Out(stream.Signature(data.ArrayLayout(group, ports))),
            }
        )

    @property
    def _turning_clocks(self) -> int:
        return -(-(self.ports - 1).bit_length() // _LAYERS)

    @property
    def _bank_bits(self) -> int:
        return (self.banks - 1).bit_length()

    def elaborate(self, platform: object) -> Module:
        """Turn the groups to their banks; ask the banks that they are in, the others showing zeros; turn them back."""
        m = Module()
        m.submodules.answers = answers = Answers(data.ArrayLayout(self.group, self.ports), self.latency - 1)
        connect(m, answers.answer, flipped(self.answer))
        words = [self._bank(m, number) for number in range(self.banks)]
        # A read asks ``ports`` banks that follow each other: one of each that are as many apart.
        apart = [reduce(or_, words[place :: self.ports]) for place in range(self.ports)]
        m.d.comb += [
            self.put.ready.eq(1),
            self.ask.ready.eq(answers.has_room),
            answers.asked.eq(transfer(self.ask)),
            Value.cast(answers.word).eq(Cat(self._turned(m, apart))),
        ]
        return m

    def _bank(self, m: Module, number: int) -> Value:
        """One bank: of what is put, and of what is asked for, it has one group, in a row of its own."""
        put, asked = self.put.payload, self.ask.payload
        shape = StorageShape(Shape.cast(self.group).width, 2 * -(-self.groups // self.banks), self.ram)
        m.submodules[f"bank{number}"] = storage = Storage(shape)
        lane, wanted = self._behind(m, put.at.address, number, "put"), self._behind(m, asked.address, number, "asked")
        m.d.comb += [
            storage.write_en.eq(self.put.valid & (lane < put.count)),
            storage.write_addr.eq(Cat(put.at.half, self._row(put.at.address, number))),
            storage.write_data.eq(Array(put.groups[each] for each in range(self.lanes))[lane]),
            storage.read_en.eq(transfer(self.ask) & (wanted < self.ports)),
            storage.read_addr.eq(Cat(asked.half, self._row(asked.address, number))),
        ]
        return storage.read_data

    def _behind(self, m: Module, address: Value, bank: int, name: str) -> Signal:
        """How many banks ``bank`` stands behind that of the group at ``address``."""
        behind = Signal(max(1, self._bank_bits), name=f"{name}{bank}")
        if self._bank_bits:
            m.d.comb += behind.eq(bank - address[: self._bank_bits])
        return behind

    def _row(self, address: Value, bank: int) -> Value:
        """The row of the first group at or behind ``address`` that stands in ``bank``: its own row, or the next."""
        is_next = bank < address[: self._bank_bits] if bank < self.banks - 1 else Const(0)
        return address[self._bank_bits :] + is_next

    def _turned(self, m: Module, words: list[Value]) -> list[Value]:
        """``words`` from the one that was asked for on, some layers of multiplexers a clock."""
        first = self.ask.payload.address[: (self.ports - 1).bit_length()]
        if not len(first):
            return words
        first = registers(m, first, Storage.read_latency, name="first")
        for layer in range(len(first)):
            step = 1 << layer
            words = [Mux(first[layer], words[(i + step) % len(words)], words[i]) for i in range(len(words))]
            if layer % _LAYERS == _LAYERS - 1 or layer == len(first) - 1:
                words = [registers(m, word, 1, name=f"turned{layer}_{i}") for i, word in enumerate(words)]
                first = registers(m, first, 1, name=f"first_behind{layer}")
        return words
