"""How far a read of the left operand reaches: its groups, and the rows of the word that they are for."""

from __future__ import annotations

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
from heddle.hls.feed.left_channels import LeftChannels
from heddle.hls.feed.left_folds import LeftFolds
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.prepare import PREPARED
from heddle.hls.feed.walks import TAP, step_layout


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
    full, short : ``step_layout``; is_short, ends_run : Signal(1), out
        How the walk goes on behind them: its counts are of groups, and turned of channels.
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
                **{name: Out(step_layout(max(shape.ports, shape.rows))) for name in ("full", "short")},
                **{name: Out(shape.part[name].shape) for name in ("first", "offset", "rows")},
                **{name: Out(1) for name in ("is_short", "ends_run", "ends_word", "ends_taps", "keeps_group")},
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
            m.d.comb += [
                self.groups.eq(self._of_run(shape.held_groups)),
                self.full.count.eq(shape.held_groups),
                self.full.groups.eq(shape.held_groups),
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
        ports, left = self.shape.ports, self.tap.left
        is_last, has_run = Signal(), Signal()
        groups = Signal(range(ports + 1), name="groups_of_fold")
        # What the run has, if a read gives it all: narrow enough to be compared in no time.
        few, has_few = left[: ports.bit_length()], self._has_run(ports)
        ends_fold = Mux(turned, _is_at_most(folds.left, 1), _is_at_most(folds.left, ports))
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
            is_last.eq(ends_fold & (turned | ~has_few | (folds.left <= few))),
            groups.eq(Mux(is_last, folds.left, Mux(turned, 1, self._of_run(ports)))),
            self.groups.eq(groups),
            self.keeps_group.eq(is_last & folds.shares),
            has_run.eq(has_few & (few <= folds.left)),
            self.is_short.eq(is_last),
            self.ends_run.eq(Mux(turned, left == 1, has_run & ~self.keeps_group)),
            self.first.eq(folds.first),
            self.offset.eq(at),
            self.rows.eq(folds.rows),
            self.ends_word.eq(is_last | Mux(turned, self.ends_pixels, self.is_last_run & has_run)),
            taken.eq(groups),
        ]
        of_fold = folds.left - folds.shares
        with m.If(turned):
            lane = self.tap.lane + 1
            fills_group = lane == self.prepared.group_channels
            for step in (self.full, self.short):
                m.d.comb += [step.count.eq(1), step.groups.eq(fills_group), step.lane.eq(Mux(fills_group, 0, lane))]
        with m.Else():
            m.d.comb += [self.full.count.eq(ports), self.full.groups.eq(ports)]
            m.d.comb += [self.short.count.eq(of_fold), self.short.groups.eq(of_fold)]

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
            self.full.eq(channels.full),
            self.short.eq(channels.short),
            self.is_short.eq(channels.is_short),
            self.ends_run.eq(channels.ends_run),
            self.first.eq(channels.first),
            self.offset.eq(channels.offset),
            self.rows.eq(channels.rows),
            self.ends_word.eq(self.tap.is_beyond | channels.fills_word | (channels.ends_run & self.is_last_run)),
            taken.eq(channels.taken),
        ]


def _is_at_most(count: Value, most: int) -> Value:
    """Whether ``count`` is; where no value of its width is more, nothing is compared: a linter asks about that."""
    is_any = most >= (1 << len(count)) - 1
    return Const(1) if is_any else count <= most
