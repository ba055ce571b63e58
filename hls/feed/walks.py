"""Two walks that the left operand's order is made of: over pixels, and over taps with the channels of each.

Each stands at a place, goes on by ``step``, and goes back to the place that it last saved. So a loop that starts anew
needs no arithmetic.
"""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import ELEMENT_BITS, PLACE_BITS, TAP_BITS
from heddle.arch.isa import GROUP_SLOTS_BITS

#: A position of a map, and its number among the tile's pixels, which may pass their count by a few rows of the array.
PIXEL = data.StructLayout(
    {"image": PLACE_BITS, "row": PLACE_BITS, "col": PLACE_BITS, "number": PLACE_BITS + 1, "is_beyond": 1}
)
#: A tap (row and column in the kernel, number in the tile), a channel, its group and its lane within it.
TAP = data.StructLayout(
    {
        "row": TAP_BITS,
        "col": TAP_BITS,
        "number": TAP_BITS,
        "channel": ELEMENT_BITS,
        "group": ELEMENT_BITS,
        "lane": GROUP_SLOTS_BITS,
        "is_beyond": 1,
    }
)


class PixelWalk(wiring.Component):
    """Pixels of a tile, image by image, row by row.

    Ports
    -----
    row_positions, col_positions, pixels : in
        What an image has, and how many pixels the tile has; constant between two ``start``.
    first_row, first_col : in
        Where ``start`` puts the walk: there it stands a clock later, and saves the place.
    start, step : Signal(1), in
        Begin, or go on by a pixel.
    mark : Signal(1), in
        Remember the place behind the step.
    back, keep : Signal(1), in
        After the step: return to the place last kept, or go to the one last marked and keep it.
    restore, save : Signal(1), in
        After that: return to the saved place, or save the new one.
    place : PIXEL, out
        Where the walk stands.
    kept : PIXEL, out
        The place last kept.

    Latency 1 clock, throughput a step a clock.
    """

    def __init__(self) -> None:
        members = {name: In(PLACE_BITS) for name in ("row_positions", "col_positions", "pixels")}
        members |= {name: In(PLACE_BITS) for name in ("first_row", "first_col")}
        members |= {name: In(1) for name in ("start", "step", "mark", "back", "keep", "restore", "save")}
        super().__init__({**members, "place": Out(PIXEL), "kept": Out(PIXEL)})

    def elaborate(self, platform: object) -> Module:
        """Columns, then rows, then images."""
        m = Module()
        place, kept, saved, marked = (
            Signal(PIXEL, name=name, reset_less=True) for name in ("at", "kept_at", "saved_at", "marked_at")
        )
        stepped, after = Signal(PIXEL), Signal(PIXEL)
        ends_row, ends_image = place.col == self.col_positions - 1, place.row == self.row_positions - 1
        m.d.comb += [self.place.eq(place), self.kept.eq(kept), stepped.eq(place), after.eq(stepped)]
        with m.If(self.step):
            m.d.comb += [
                stepped.col.eq(Mux(ends_row, 0, place.col + 1)),
                stepped.row.eq(Mux(ends_row, Mux(ends_image, 0, place.row + 1), place.row)),
                stepped.image.eq(place.image + (ends_row & ends_image)),
                stepped.number.eq(place.number + 1),
                stepped.is_beyond.eq(place.is_beyond | (place.number == self.pixels - 1)),
            ]
        with m.If(self.mark):
            m.d.sync += marked.eq(stepped)
        with m.If(self.back):
            m.d.comb += after.eq(kept)
        with m.Elif(self.keep):
            m.d.comb += after.eq(Mux(self.mark, stepped, marked))
        m.d.sync += place.eq(Mux(self.restore, saved, after))
        with m.If(self.keep):
            m.d.sync += kept.eq(after)
        with m.If(self.restore):
            m.d.sync += kept.eq(saved)
        with m.If(self.save):
            m.d.sync += saved.eq(after)
        with m.If(self.start):
            first = {"image": 0, "row": self.first_row, "col": self.first_col, "number": 0, "is_beyond": 0}
            for each in (place, kept, saved):
                m.d.sync += [each[name].eq(value) for name, value in first.items()]
        return m


class TapWalk(wiring.Component):
    """Taps of a tile and the channels of each: group by group, or channel by channel.

    Ports
    -----
    by_channel : Signal(1), in
        A step is one channel; else it is a group of ``group_elements``.
    col_taps, taps, elements, group_elements : in
        Taps along a row of the kernel, taps of the tile, channels, and how many of them a step by groups takes.
    first_row, first_col : in
        The first tap.
    start, step, restore, save : Signal(1), in
        As ``PixelWalk`` has them.
    place : TAP, out

    Latency 1 clock, throughput a step a clock. ``group_m`` channels make a group where steps are channels.
    """

    def __init__(self, group_m: int) -> None:
        self.group_m = group_m
        super().__init__(
            {
                "by_channel": In(1),
                "col_taps": In(TAP_BITS),
                "taps": In(TAP_BITS),
                "elements": In(ELEMENT_BITS),
                "group_elements": In(GROUP_SLOTS_BITS),
                "first_row": In(TAP_BITS),
                "first_col": In(TAP_BITS),
                **{name: In(1) for name in ("start", "step", "restore", "save")},
                "place": Out(TAP),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Channels, then columns of the kernel, then its rows."""
        m = Module()
        place, saved = Signal(TAP, name="at", reset_less=True), Signal(TAP, name="saved_at", reset_less=True)
        after = Signal(TAP)
        channel = place.channel + Mux(self.by_channel, 1, self.group_elements)
        m.d.comb += [self.place.eq(place), after.eq(place)]
        with m.If(self.step):
            self._advance(m, place, after, channel, channel >= self.elements)
        m.d.sync += place.eq(Mux(self.restore, saved, after))
        with m.If(self.save):
            m.d.sync += saved.eq(after)
        with m.If(self.start):
            for each in (place, saved):
                m.d.sync += [each.eq(0), each.row.eq(self.first_row), each.col.eq(self.first_col)]
        return m

    def _advance(self, m: Module, place: data.View, after: data.View, channel: Value, ends_tap: Value) -> None:
        """Go on to the next channel or group, or to the first of the next tap."""
        ends_group = ~self.by_channel | (place.lane == self.group_m - 1)
        ends_row = place.col == self.col_taps - 1
        with m.If(ends_tap):
            m.d.comb += [
                after.channel.eq(0),
                after.group.eq(0),
                after.lane.eq(0),
                after.number.eq(place.number + 1),
                after.is_beyond.eq(place.is_beyond | (place.number == self.taps - 1)),
                after.col.eq(Mux(ends_row, 0, place.col + 1)),
                after.row.eq(place.row + ends_row),
            ]
        with m.Else():
            m.d.comb += [
                after.channel.eq(channel),
                after.group.eq(place.group + ends_group),
                after.lane.eq(Mux(ends_group, 0, place.lane + 1)),
            ]
