"""How far a read of the left operand reaches: its groups, and the rows of the word that they are for."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
from heddle.arch.isa import GROUP_SLOTS_BITS
from heddle.hls.feed.left_channels import LeftChannels
from heddle.hls.feed.left_folds import LeftFolds
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.prepare import PREPARED
from heddle.hls.feed.walks import TAP


class LeftSpan(wiring.Component):
    """The part of a word, and of a chunk, that the read is for.

    Ports
    -----
    prepared : PREPARED, in
        Constant between two ``start``.
    start : Signal(1), in
        Begin.
    tap : TAP; is_last_run : Signal(1), in
        Where the walk over runs of taps stands, the same since the last group ended.
    ends_pixels : Signal(1), in
        Turned: no pixel follows the group of pixels.
    ends_group : Signal(1), in
        The read is made, and is the last one of its groups.
    next_fold : Signal(1), in
        WS: with the end of the word the next fold begins.
    groups : out
        Groups of the read that count.
    count : out
        What the walk takes behind them of what its run has left: groups; turned, channels.
    passed, lane : out
        How many groups further it goes, and the lane behind them.
    ends_run : Signal(1), out
        That is all that the run has.
    first, offset, rows : out
        As ``LeftShape.part`` has them.
    ends_word : Signal(1), out
        Nothing of the word is behind the read's groups.
    ends_taps : Signal(1), out
        OS: nothing of the reduction is.
    keeps_group : Signal(1), out
        WS: the next word, or the next fold's first one, needs the last of these groups again.

    Latency 1 clock, throughput a read a clock. Turned reads in OS count what they reach in the clock before
    ``ends_group``, which is never the first one of a group of M pixels.
    """

    def __init__(self, design: Design) -> None:
        self.shape = shape = LeftShape(design)
        super().__init__(
            {
                "prepared": In(PREPARED),
                **{name: In(1) for name in ("start", "is_last_run", "ends_pixels", "ends_group", "next_fold")},
                "tap": In(TAP),
                "groups": Out(shape.part["groups"].shape),
                "count": Out(range(max(shape.ports, shape.rows) + 1)),
                "passed": Out(range(max(shape.ports, shape.rows) + 1)),
                "lane": Out(GROUP_SLOTS_BITS),
                **{name: Out(shape.part[name].shape) for name in ("first", "offset", "rows")},
                **{name: Out(1) for name in ("ends_run", "ends_word", "ends_taps", "keeps_group")},
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Three ways to count, of which the computation has one."""
        m = Module()
        shape, turned, ws = self.shape, self.prepared.compute.walk.turned, self.prepared.compute.command.ws
        at = Signal(range(shape.rows + 1))  # OS: the word's first row that is not read yet; WS: its groups that are
        taken = Signal(range(shape.rows + 1))
        with m.If(self.ends_group):
            m.d.sync += at.eq(Mux(self.ends_word, 0, at + taken))
        with m.If(self.start):
            m.d.sync += at.eq(0)
        with m.If(ws):
            self._fold(m, turned, at, taken)
        with m.Elif(turned):
            self._channels(m, at, taken)
        with m.Else():
            held = self._of_run(shape.held_groups)
            m.d.comb += [
                self.groups.eq(held),
                self.count.eq(held),
                self.passed.eq(held),
                self.offset.eq(at),
                self.rows.eq(shape.rows),
                self.ends_word.eq(at == shape.rows - 1),
                self.ends_run.eq(self._has_run(shape.held_groups)),
                self.ends_taps.eq(self.is_last_run & self._has_run(shape.held_groups)),
                taken.eq(1),
            ]
        return m

    def _of_run(self, most: int) -> Value:
        """Up to ``most`` groups, as many as the run has."""
        return Mux(self._has_run(most), self.tap.left[: most.bit_length()], most)

    def _has_run(self, most: int) -> Value:
        """Whether the run has no more than ``most`` groups."""
        fits: Value = self.tap.left <= most
        return fits

    def _fold(self, m: Module, turned: Value, at: Signal, taken: Signal) -> None:
        """WS: the groups of a fold, some at a time; turned, one at a time."""
        m.submodules.folds = folds = LeftFolds(self.shape.design)
        of_run, is_last, has_run = Signal(range(self.shape.ports + 1)), Signal(), Signal()
        lane, fills_group = self.tap.lane + 1, Signal()
        groups = Signal(range(self.shape.ports + 1), name="groups_of_fold")
        m.d.comb += [
            folds.start.eq(self.start),
            folds.step.eq(self.ends_group & self.ends_word & self.next_fold),
            folds.takes.eq(self.ends_group),
            folds.taken.eq(groups),
            folds.ends_word.eq(self.ends_word),
            folds.group_slots.eq(self.prepared.compute.group_slots),
            folds.fold_groups.eq(self.prepared.fold_groups),
            folds.fold_slots.eq(self.prepared.fold_slots),
            folds.slots.eq(self.prepared.slots),
            of_run.eq(Mux(turned, 1, self._of_run(self.shape.ports))),
            is_last.eq(folds.left <= of_run),
            groups.eq(Mux(is_last, folds.left, of_run)),
            self.groups.eq(groups),
            self.keeps_group.eq(is_last & folds.shares),
            has_run.eq(self._has_run(self.shape.ports) & (of_run <= folds.left)),
            fills_group.eq(lane == self.prepared.group_channels),
            self.count.eq(Mux(turned, 1, groups - self.keeps_group)),
            self.passed.eq(Mux(turned, fills_group, groups - self.keeps_group)),
            self.lane.eq(Mux(turned & ~fills_group, lane, 0)),
            self.ends_run.eq(Mux(turned, self.tap.left == 1, has_run & ~self.keeps_group)),
            self.first.eq(folds.first),
            self.offset.eq(at),
            self.rows.eq(folds.rows),
            self.ends_word.eq(is_last | Mux(turned, self.ends_pixels, self.is_last_run & has_run)),
            taken.eq(groups),
        ]

    def _channels(self, m: Module, at: Signal, taken: Signal) -> None:
        """OS, turned: the channels of a run, from one on that may stand within its group."""
        m.submodules.channels = channels = LeftChannels(self.shape)
        m.d.comb += [
            channels.tap.eq(self.tap),
            channels.group_channels.eq(self.prepared.group_channels),
            channels.at.eq(at),
            channels.ends_group.eq(self.ends_group),
            channels.ends_word.eq(self.ends_word),
            self.groups.eq(channels.groups),
            self.count.eq(channels.taken),
            self.passed.eq(channels.passed),
            self.lane.eq(channels.lane),
            self.ends_run.eq(channels.ends_run),
            self.first.eq(channels.first),
            self.offset.eq(channels.offset),
            self.rows.eq(channels.rows),
            self.ends_word.eq(self.tap.is_beyond | channels.fills_word | (channels.ends_run & self.is_last_run)),
            taken.eq(channels.taken),
        ]
