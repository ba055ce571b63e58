"""WS: how the slots of the array's rows stand in groups, fold after fold of the reduction."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
from heddle.arch.isa import COUNT_BITS, GROUP_SLOTS_BITS
from heddle.hls.feed.prepare import ROW_BITS


class LeftFolds(wiring.Component):
    """Where a fold's first slot stands in its group, and the groups that its rows stand in.

    R slots are ``fold_groups`` whole groups and ``fold_slots`` slots more, so a fold begins as many slots further on in
    its group than the one before, or in the next group. No division is needed.

    Ports
    -----
    group_slots, fold_groups, fold_slots, slots : in
        Those of the prepared computation; constant between two ``start``.
    start, step : Signal(1), in
        Begin with the first fold, or go on to the next.
    takes : Signal(1); taken, in
        So many groups of the word have been read.
    ends_word : Signal(1), in
        They are its last: the next word begins, of the next fold with ``step``.
    first : out
        Slots of the first row's group that stand before it.
    left : out
        Groups that the word still needs.
    shares : Signal(1), out
        The fold's last group has slots of the next one.
    rows : out
        Rows of the array that have a slot.

    Latency 1 clock, throughput a step a clock.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        rows = range(design.array.rows + 1)
        super().__init__(
            {
                "group_slots": In(GROUP_SLOTS_BITS),
                "fold_groups": In(ROW_BITS),
                "fold_slots": In(GROUP_SLOTS_BITS),
                "slots": In(COUNT_BITS),
                **{name: In(1) for name in ("start", "step", "takes", "ends_word")},
                "taken": In(rows),
                "first": Out(GROUP_SLOTS_BITS),
                "left": Out(rows),
                "shares": Out(1),
                "rows": Out(rows),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Keep the next fold's first slot beside this one's, so that a fold's groups are known as it begins."""
        m = Module()
        first, following, after = (Signal(GROUP_SLOTS_BITS, name=f"{name}_slot") for name in ("first", "next", "after"))
        of_fold, of_next = (
            Signal(range(self.design.array.rows + 1), name=f"groups_{name}") for name in ("now", "next")
        )
        # A fold has its whole groups, and up to two that are not: one that it begins in and one that it ends in.
        with_one, with_two = (
            Signal.like(of_fold, name=f"groups_{name}", reset_less=True) for name in ("and_one", "and_two")
        )
        slots_left, shares = Signal(COUNT_BITS), Signal()
        end, wraps = Signal(GROUP_SLOTS_BITS + 1), Signal()
        # A group that slots begin behind one that is filled up; whether ``after`` is 0 would be known later.
        begins = Mux(wraps, end != self.group_slots, end != 0)
        m.d.comb += [
            end.eq(following + self.fold_slots),
            wraps.eq(end >= self.group_slots),
            after.eq(Mux(wraps, end - self.group_slots, end)),
            of_next.eq(Mux(wraps & begins, with_two, Mux(wraps | begins, with_one, self.fold_groups))),
            self.first.eq(first),
            self.shares.eq(shares),
            self.rows.eq(Mux(slots_left < self.design.array.rows, slots_left, self.design.array.rows)),
        ]
        with m.If(self.takes):
            m.d.sync += self.left.eq(self.left - self.taken)
            with m.If(self.ends_word):
                m.d.sync += self.left.eq(Mux(self.step, of_next, of_fold))
        with m.If(self.step):
            m.d.sync += [first.eq(following), following.eq(after), of_fold.eq(of_next), shares.eq(begins)]
            m.d.sync += slots_left.eq(slots_left - self.design.array.rows)
        with m.If(self.start):
            begun = self.fold_groups + (self.fold_slots != 0)
            m.d.sync += [first.eq(0), following.eq(self.fold_slots), slots_left.eq(self.slots)]
            m.d.sync += [with_one.eq(self.fold_groups + 1), with_two.eq(self.fold_groups + 2)]
            m.d.sync += [of_fold.eq(begun), self.left.eq(begun), shares.eq(self.fold_slots != 0)]
        return m
