"""How far a read of the left operand reaches: its groups, and the rows of the word that they are for."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
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
    tap : TAP; is_last_tap : Signal(1), in
        Where the walk over taps stands, the same since the last group ended.
    ends_pixels : Signal(1), in
        Turned: no pixel follows the group of pixels.
    ends_group : Signal(1), in
        The read is made, and is the last one of its groups.
    next_fold : Signal(1), in
        WS: with the end of the word the next fold begins.
    groups : out
        Groups of the read that count.
    count : out
        How far the walk over taps goes on behind them: groups; turned, channels.
    reach : out
        Turned: the lane behind them, counted from the walk's group on.
    ends_tap : Signal(1), out
        That is all that the tap has.
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
                **{name: In(1) for name in ("start", "is_last_tap", "ends_pixels", "ends_group", "next_fold")},
                "tap": In(TAP),
                "groups": Out(shape.part["groups"].shape),
                "count": Out(range(max(shape.ports, shape.rows) + 1)),
                "reach": Out(range(shape.rows + shape.group_m)),
                **{name: Out(shape.part[name].shape) for name in ("first", "offset", "rows")},
                **{name: Out(1) for name in ("ends_tap", "ends_word", "ends_taps", "keeps_group")},
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
            held = self._of_tap(shape.held_groups)
            m.d.comb += [
                self.groups.eq(held),
                self.count.eq(held),
                self.offset.eq(at),
                self.rows.eq(shape.rows),
                self.ends_word.eq(at == shape.rows - 1),
                self.ends_tap.eq(self._has_tap(shape.held_groups)),
                self.ends_taps.eq(self.is_last_tap & self._has_tap(shape.held_groups)),
                taken.eq(1),
            ]
        return m

    def _of_tap(self, most: int) -> Value:
        """Up to ``most`` groups, as many as the tap has."""
        return Mux(self._has_tap(most), self.tap.left[: most.bit_length()], most)

    def _has_tap(self, most: int) -> Value:
        """Whether the tap has no more than ``most`` groups."""
        fits: Value = self.tap.left <= most
        return fits

    def _fold(self, m: Module, turned: Value, at: Signal, taken: Signal) -> None:
        """WS: the groups of a fold, some at a time; turned, one at a time."""
        m.submodules.folds = folds = LeftFolds(self.shape.design)
        of_tap, is_last, has_tap = Signal(range(self.shape.ports + 1)), Signal(), Signal()
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
            of_tap.eq(Mux(turned, 1, self._of_tap(self.shape.ports))),
            is_last.eq(folds.left <= of_tap),
            groups.eq(Mux(is_last, folds.left, of_tap)),
            self.groups.eq(groups),
            self.keeps_group.eq(is_last & folds.shares),
            has_tap.eq(self._has_tap(self.shape.ports) & (of_tap <= folds.left)),
            self.count.eq(Mux(turned, 1, groups - self.keeps_group)),
            self.ends_tap.eq(Mux(turned, self.tap.left == 1, has_tap & ~self.keeps_group)),
            self.reach.eq(self.tap.lane + 1),
            self.first.eq(folds.first),
            self.offset.eq(at),
            self.rows.eq(folds.rows),
            self.ends_word.eq(is_last | Mux(turned, self.ends_pixels, self.is_last_tap & has_tap)),
            taken.eq(groups),
        ]

    def _channels(self, m: Module, at: Signal, taken: Signal) -> None:
        """OS, turned: the channels of a tap, from one on that may stand within its group."""
        shape, lane = self.shape, self.tap.lane
        lane_bits = (shape.group_m - 1).bit_length()
        most = shape.turned_groups * shape.group_m
        rows_left = Signal(range(shape.rows + 1))
        part, reach, over = Signal(range(shape.rows + 1)), Signal.like(self.reach), Signal(range(most + 1))
        ends_tap, fills_word, is_whole = Signal(), Signal(), Signal()
        # What the word has room for of the tap's channels, how far they reach from the first one's group on, and how
        # far a read does: known a clock before they are asked for.
        channels = Mux(self.tap.left < rows_left, self.tap.left[: len(part)], rows_left)
        m.d.comb += rows_left.eq(shape.rows - at)
        m.d.sync += [
            part.eq(channels),
            reach.eq(lane + channels),
            over.eq(most - lane),
            ends_tap.eq(self.tap.left <= rows_left),
            fills_word.eq(rows_left <= self.tap.left),
        ]
        m.d.comb += [
            is_whole.eq(reach <= most),
            self.groups.eq(Mux(is_whole, (reach + shape.group_m - 1) >> lane_bits, shape.turned_groups)),
            self.reach.eq(Mux(is_whole, reach, most)),
            taken.eq(Mux(is_whole, part, over)),
            self.count.eq(taken),
            self.ends_tap.eq(is_whole & ends_tap),
            self.first.eq((lane - at)[:lane_bits]),
            self.offset.eq((at + (shape.group_m - 1 - lane)[:lane_bits]) >> lane_bits),
            self.rows.eq(at + part),
            self.ends_word.eq(self.tap.is_beyond | (is_whole & (fills_word | (ends_tap & self.is_last_tap)))),
        ]
