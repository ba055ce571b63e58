"""Which rows of the array the groups of a read are for, and which of the groups each row has."""

from __future__ import annotations

from amaranth.hdl import Array, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.reader import fetch_layout
from heddle.hls.stream.handshake import assert_stable


class LeftRows(wiring.Component):
    """Spells out the rows of ``LeftShape.placed``.

    Row r stands in group (``first`` + r) / ``group_slots`` of the word. A group has any number of slots up to M, so the
    quotients of all numbers are looked up by it in the first clock; in the second, each row takes the quotient that is
    ``first`` places further.

    Ports
    -----
    input : stream of ``fetch_layout`` with ``LeftShape.placed``, in
    output : stream of ``fetch_layout`` with ``LeftShape.laying``, out

    Latency 2 clocks, throughput a read a clock.
    """

    latency = 2

    def __init__(self, shape: LeftShape, address_bits: int) -> None:
        self.shape, self.address_bits = shape, address_bits
        super().__init__(
            {
                "input": In(stream.Signature(fetch_layout(address_bits, shape.placed))),
                "output": Out(stream.Signature(fetch_layout(address_bits, shape.laying))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Look up, then choose; both stages take a step together."""
        m = Module()
        advances, is_there = Signal(), Signal()
        fetch = Signal(self.input.payload.shape(), reset_less=True, name="looked_up")
        quotients = self._quotients(m, advances)
        m.d.comb += [advances.eq(~self.output.valid | self.output.ready), self.input.ready.eq(advances)]
        given, part = self.output.payload, fetch.tag
        rows, lanes = self._rows(m, part, quotients)
        copied = [name for name, _ in self.shape.laying if name not in ("rows", "lanes")]
        with m.If(advances):
            m.d.sync += [is_there.eq(self.input.valid), fetch.eq(self.input.payload)]
            m.d.sync += [self.output.valid.eq(is_there), given.is_zero.eq(fetch.is_zero), given.ask.eq(fetch.ask)]
            m.d.sync += [given.tag.rows.eq(rows), given.tag.lanes.eq(lanes)]
            m.d.sync += [given.tag[name].eq(part[name]) for name in copied]
        assert_stable(m, self.output)
        return m

    def _quotients(self, m: Module, advances: Value) -> list[Signal]:
        """Every number that a row of the array may be in a fold, through ``group_slots``."""
        group_m, found = self.shape.group_m, []
        slots = self.input.payload.tag.group_slots[: group_m.bit_length()]
        for number in range(self.shape.rows + group_m - 1):
            quotient = Signal(range(max(2, number + 1)), reset_less=True, name=f"quotient{number}")
            by_slots = Array([0, *(number // divisor for divisor in range(1, group_m + 1))])
            with m.If(advances):
                m.d.sync += quotient.eq(by_slots[slots])
            found.append(quotient)
        return found

    def _rows(self, m: Module, part: data.View, quotients: list[Signal]) -> tuple[Value, Value]:
        rows, lanes = Signal(self.shape.rows), Signal(self.shape.laying["lanes"].shape)
        for row in range(self.shape.rows):
            group = Array(quotients[row : row + self.shape.group_m])[part.first]
            number = Signal(range(-self.shape.rows, self.shape.rows + self.shape.group_m), name=f"number{row}")
            m.d.comb += [
                number.eq(group - part.offset),
                rows[row].eq((number >= 0) & (number < part.groups) & (row < part.rows)),
                lanes[row].eq(number),
            ]
        return rows, lanes.as_value()
