"""The loops around a read of the left operand, and how they move the walks over rows and over slots."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
from heddle.arch.isa import COUNT_BITS, GROUP_SLOTS_BITS
from heddle.hls.control.instruction import COMPUTE
from heddle.hls.feed.order import last_output
from heddle.hls.layout import below

#: What moves the walks with a read, and what the read is. ``restore`` and ``save`` are those of the walks' ports.
MOVES = data.StructLayout(
    {
        "is_held": 1,  # turned: nothing is read, the group is made of the pixels that were read last
        "count": GROUP_SLOTS_BITS,  # rows of the array that the group is for: WS, those whose slots share it
        "ends_group": 1,  # the read is the last of its group
        "ends_word": 1,  # the group is that of the array's last row
        "ends_tile": 1,  # the read is the last of its array tile
        "next_row": 1,
        "restore_rows": 1,
        "save_rows": 1,
        "next_group": 1,
        "restore_slots": 1,
        "save_slots": 1,
    }
)


class LeftLoops(wiring.Component):
    """Counts reads, from the innermost loop: elements of a group (turned), rows of a word, then as the dataflow has it.

    OS: the words of a slot, one for each of a PE's outputs along rows; slots, a group of them at a time where a slot
    has one word; array tiles along the columns, for which rows and slots begin anew; array tiles down the rows. WS:
    rows of the tile; array tiles along the columns, then from fold to fold of the slots.

    Ports
    -----
    compute : COMPUTE, in
        Constant between two ``start``.
    start : Signal(1), in
        Begin.
    moves : Signal(1), in
        The read is made.
    is_last_across : Signal(1), in
        Its array tile is the last along the columns.
    goes_on : Signal(1), in
        Turned, OS: the row's channel stands in the same group as that of the row before, or the row is beyond the tile.
    slots_there : in, of a group
        WS: slots of the group that the tile has; the last group of pixels may have fewer than others.
    flags : MOVES, out
        Of the read that comes: with ``moves`` they take effect.
    slot_in_group : in its group, out
        WS: the slot of the array's row that the read is for.

    Latency 1 clock, throughput a read a clock.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        members = {"compute": In(COMPUTE), "start": In(1), "moves": In(1), "is_last_across": In(1), "goes_on": In(1)}
        members["slots_there"] = In(GROUP_SLOTS_BITS)
        super().__init__({**members, "flags": Out(MOVES), "slot_in_group": Out(GROUP_SLOTS_BITS)})

    def elaborate(self, platform: object) -> Module:
        """Ends of loops, then what they mean for rows and slots."""
        m = Module()
        in_ws, flags = self.compute.command.ws, self.flags
        rows = self.design.array.rows
        row, turned = Signal(below(rows), name="row"), self.compute.walk.turned
        count = self._rows_of_group(m, rows - row)
        is_held = turned & (row != 0) & Mux(in_ws, self.slot_in_group != 0, self.goes_on)
        reads_pixel = turned & ~is_held
        ends_group = ~reads_pixel | self._count(m, reads_pixel, self.design.sparsity.m)
        ends_word = ends_group & (row + count == rows)
        with m.If(self.moves & ends_group):
            m.d.sync += row.eq(Mux(ends_word, 0, row + count))
        one_word, last_word = self._words(m, ends_word)
        ends_step = ends_word & (in_ws | last_word)
        ends_tile = ends_step & self._last_step(m, ends_step, ~in_ws & one_word)
        ends_across = ends_tile & self.is_last_across
        last_in_group = self.slot_in_group + count == self.compute.group_slots
        m.d.comb += [
            flags.is_held.eq(is_held),
            flags.count.eq(count),
            flags.ends_group.eq(ends_group),
            flags.ends_word.eq(ends_word),
            flags.ends_tile.eq(ends_tile),
            flags.next_row.eq(Mux(in_ws, ends_word, ends_group)),
            flags.restore_rows.eq(Mux(in_ws, ends_tile, ends_step & ~ends_across)),
            flags.save_rows.eq(~in_ws & ends_across),
            flags.next_group.eq(Mux(in_ws, ends_group & last_in_group, ends_step & (one_word | last_in_group))),
            flags.restore_slots.eq(Mux(in_ws, ends_step & ~ends_across, ends_tile)),
            flags.save_slots.eq(in_ws & ends_across),
        ]
        self._slots(m, Mux(in_ws, ends_group, ends_step & ~one_word), count, last_in_group)
        return m

    def _rows_of_group(self, m: Module, rows_left: Value) -> Signal:
        """How many rows of the array the group is for: one in OS; in WS those of its slots, or of its missing slots."""
        count, slots_left = Signal(GROUP_SLOTS_BITS), Signal(GROUP_SLOTS_BITS)
        end = Mux(self.slot_in_group < self.slots_there, self.slots_there, self.compute.group_slots)
        m.d.comb += [
            slots_left.eq(end - self.slot_in_group),
            count.eq(Mux(self.compute.command.ws, Mux(slots_left < rows_left, slots_left, rows_left), 1)),
        ]
        return count

    def _count(self, m: Module, counts: Value, total: int) -> Value:
        """Whether the read is the last of ``total`` that count."""
        number = Signal(below(total), name="element")
        is_last: Value = number == total - 1
        with m.If(self.moves & counts):
            m.d.sync += number.eq(Mux(is_last, 0, number + 1))
        return is_last

    def _words(self, m: Module, ends_word: Value) -> tuple[Value, Value]:
        """OS: whether a slot has one word, and whether this is the last one of its slot."""
        last = last_output(m, self.design.array, self.compute.command.interleave_cols)
        word = Signal.like(last, name="word")
        is_last: Value = word == last
        with m.If(self.moves & ends_word & ~self.compute.command.ws):
            m.d.sync += word.eq(Mux(is_last, 0, word + 1))
        return last == 0, is_last

    def _last_step(self, m: Module, ends_step: Value, by_group: Value) -> Value:
        """Whether the step (OS: a slot, or a group of them; WS: a row of the tile) is the tile's last."""
        done, after = Signal(COUNT_BITS), Signal(COUNT_BITS + 1)
        m.d.comb += after.eq(done + Mux(by_group, self.compute.group_slots, 1))
        is_last: Value = after >= self.compute.command.length
        with m.If(self.moves & ends_step):
            m.d.sync += done.eq(Mux(is_last, 0, after))
        return is_last

    def _slots(self, m: Module, next_slot: Value, count: Value, last_in_group: Value) -> None:
        """Count the slots of a group, with the walk over slots."""
        slot, saved, after = (Signal(GROUP_SLOTS_BITS, name=name) for name in ("slot", "saved_slot", "after_slot"))
        m.d.comb += [self.slot_in_group.eq(slot), after.eq(slot)]
        with m.If(next_slot):
            m.d.comb += after.eq(Mux(last_in_group, 0, slot + count))
        with m.If(self.moves):
            m.d.sync += slot.eq(Mux(self.flags.restore_slots, saved, after))
            with m.If(self.flags.save_slots):
                m.d.sync += saved.eq(after)
        with m.If(self.start):
            m.d.sync += [slot.eq(0), saved.eq(0)]
