"""OS, turned: how many groups of a run the channels of a word's rows stand in, and where the rows stand in them."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.isa import GROUP_SLOTS_BITS
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.walks import TAP, step_layout


class LeftChannels(wiring.Component):
    """The channels that a read's groups have for the rows of a word that have none yet.

    Ports
    -----
    tap : TAP, in
        Where the walk over runs of taps stands.
    group_channels : in
        Channels of a group; constant between two computations.
    at : in
        The word's first row that has no channel yet.
    ends_group, ends_word : Signal(1), in
        The read is made, and is the last one of its groups; the groups are the last of the word.
    groups : out
        Groups of the read that count.
    taken : out
        Channels of these that are for rows of the word.
    rows : out
        Rows of the word up to the last one that has a channel of the run.
    full, short : ``step_layout``; is_short : Signal(1), out
        How the walk goes on behind them: by all that a read has, or to the end of the word.
    ends_run, fills_word : Signal(1), out
        The run, or the word, has no more.
    first, offset : out
        As ``LeftShape.part`` has them.

    All are of what ``tap`` and ``at`` were a clock ago.
    """

    def __init__(self, shape: LeftShape) -> None:
        self.shape = shape
        rows, groups = range(shape.rows + 1), range(shape.held_groups + 1)
        super().__init__(
            {
                "tap": In(TAP),
                "group_channels": In(GROUP_SLOTS_BITS),
                "at": In(rows),
                **{name: In(1) for name in ("ends_group", "ends_word")},
                "groups": Out(groups),
                **{name: Out(rows) for name in ("taken", "rows")},
                **{name: Out(step_layout(max(shape.ports, shape.rows))) for name in ("full", "short")},
                **{name: Out(1) for name in ("is_short", "ends_run", "fills_word")},
                **{name: Out(shape.part[name].shape) for name in ("first", "offset")},
            }
        )

    def elaborate(self, platform: object) -> Module:
        """What the word has room for of the run, and how far a read reaches, are known a clock before."""
        m = Module()
        lane, left, most = self.tap.lane, self.tap.left, self.shape.held_groups
        # Where a read ends, in channels from the first one's group on.
        end = Signal(range(most * self.shape.group_m + 1))
        reach = Signal(range(self.shape.rows + self.shape.group_m))
        rows_left, part = Signal.like(self.at, init=self.shape.rows), Signal.like(self.at)
        over, ends_run, fills_word = Signal.like(end), Signal(), Signal()
        channels = Mux(left < rows_left, left[: len(part)], rows_left)
        with m.If(self.ends_group):
            m.d.sync += rows_left.eq(Mux(self.ends_word, self.shape.rows, rows_left - self.taken))
        m.d.sync += [
            end.eq(self.group_channels * most),
            part.eq(channels),
            reach.eq(lane + channels),
            over.eq(end - lane),
            ends_run.eq(left <= rows_left),
            fills_word.eq(rows_left <= left),
        ]
        m.d.comb += [
            self.is_short.eq(reach <= end),
            self.taken.eq(Mux(self.is_short, part, over)),
            self.rows.eq(self.at + part),
            self.ends_run.eq(self.is_short & ends_run),
            self.fills_word.eq(self.is_short & fills_word),
            self.full.count.eq(over),
            self.full.groups.eq(most),
            self.short.count.eq(part),
        ]
        self._groups(m, reach, end)
        self._rows(m)
        return m

    def _groups(self, m: Module, reach: Value, end_of_read: Value) -> None:
        """Compare with the end of each group, instead of a division by the channels of one."""
        most = self.shape.held_groups
        m.d.comb += [self.groups.eq(1), self.short.lane.eq(reach)]
        for number in range(1, most):
            end = Signal(range(number * self.shape.group_m + 1), name=f"end{number}")
            m.d.sync += end.eq(self.group_channels * number)
            with m.If(reach > end):
                m.d.comb += self.groups.eq(number + 1)
            with m.If(reach >= end):
                m.d.comb += [self.short.groups.eq(number), self.short.lane.eq(reach - end)]
        with m.If(reach >= end_of_read):
            m.d.comb += [self.groups.eq(most), self.short.groups.eq(most), self.short.lane.eq(0)]

    def _rows(self, m: Module) -> None:
        """Where the word's first row stands in its group, and the groups that rows before ``at`` stand in.

        Groups of M channels may follow a shorter one, the last of a tap: the rows behind it stand as if all groups
        before them had M. Shorter groups are all alike.
        """
        group_m, lane = self.shape.group_m, self.tap.lane
        lane_bits = (group_m - 1).bit_length()
        first, before = Signal.like(self.first, name="first_lane"), Signal.like(self.offset, name="groups_before")
        is_whole = self.group_channels == group_m
        with m.If(self.at == 0):
            m.d.sync += first.eq(lane)
        with m.If(self.ends_group):
            m.d.sync += before.eq(Mux(self.ends_word, 0, before + self.groups))
        m.d.comb += [
            self.first.eq(Mux(is_whole, (lane - self.at)[:lane_bits], first)),
            self.offset.eq(Mux(is_whole, (self.at + (group_m - 1 - lane)[:lane_bits]) >> lane_bits, before)),
        ]
