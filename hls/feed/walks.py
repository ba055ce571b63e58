"""Two walks that the left operand's order is made of: over pixels, and over runs of taps with their channels.

Each stands at a place, goes on by ``step``, and goes back to the place that it last saved. So a loop that starts anew
needs no arithmetic.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import PLACE_BITS, TAP_BITS
from heddle.arch.isa import COUNT_BITS, GROUP_SLOTS_BITS

#: A position of a map, and how many of the tile's pixels follow the one before it: a count that need not be compared
#: with another one. ``ends_row``, ``ends_image``: the column is its row's last one, and the row its image's.
PIXEL = data.StructLayout(
    {
        "image": PLACE_BITS,
        "row": PLACE_BITS,
        "col": PLACE_BITS,
        "ends_row": 1,
        "ends_image": 1,
        "pixels_left": PLACE_BITS,
        "is_beyond": 1,
    }
)
#: The first tap of a run (row and column in the kernel), how many of the tile's runs follow the one before it, a group
#: of its channels, a lane within that, and how many groups, or channels, the run has from there on.
TAP = data.StructLayout(
    {
        "row": TAP_BITS,
        "col": TAP_BITS,
        "runs_left": TAP_BITS,
        "group": COUNT_BITS,
        "lane": GROUP_SLOTS_BITS,
        "left": COUNT_BITS,
        "is_beyond": 1,
    }
)


def step_layout(most: int) -> data.StructLayout:
    """Return the layout of a step within a run: what it takes, ``most`` at most, and where that leads.

    ``count`` of the groups, or channels, that the run has left; so many ``groups`` further; ``lane``: the one behind.
    """
    return data.StructLayout({"count": range(most + 1), "groups": range(most + 1), "lane": GROUP_SLOTS_BITS})


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
    is_last, was_last : Signal(1), out
        No pixel of the tile follows this place, or did the one behind which a place was marked last.

    Latency 1 clock, throughput a step a clock.
    """

    def __init__(self) -> None:
        members = {name: In(PLACE_BITS) for name in ("row_positions", "col_positions", "pixels")}
        members |= {name: In(PLACE_BITS) for name in ("first_row", "first_col")}
        members |= {name: In(1) for name in ("start", "step", "mark", "back", "keep", "restore", "save")}
        super().__init__({**members, "place": Out(PIXEL), "is_last": Out(1), "was_last": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """Columns, then rows, then images."""
        m = Module()
        place, kept, saved, marked = (
            Signal(PIXEL, name=name, reset_less=True) for name in ("at", "kept_at", "saved_at", "marked_at")
        )
        stepped, after = Signal(PIXEL), Signal(PIXEL)
        rows, cols = _Ends(m, self.row_positions, "row"), _Ends(m, self.col_positions, "col")
        ends_row, ends_image = place.ends_row, place.ends_image
        m.d.comb += [
            self.place.eq(place),
            self.is_last.eq(place.is_beyond | (place.pixels_left == 1)),
            self.was_last.eq(marked.is_beyond),
            stepped.eq(place),
            after.eq(stepped),
        ]
        with m.If(self.step):
            m.d.comb += [
                stepped.col.eq(Mux(ends_row, 0, place.col + 1)),
                stepped.row.eq(Mux(ends_row, Mux(ends_image, 0, place.row + 1), place.row)),
                stepped.image.eq(place.image + (ends_row & ends_image)),
                stepped.ends_row.eq(cols.is_last_behind(place.col, ends_row)),
                stepped.ends_image.eq(Mux(ends_row, rows.is_last_behind(place.row, ends_image), ends_image)),
                stepped.pixels_left.eq(place.pixels_left - 1),
                stepped.is_beyond.eq(self.is_last),
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
            first = {
                "row": self.first_row,
                "col": self.first_col,
                "ends_row": self.first_col == self.col_positions - 1,
                "ends_image": self.first_row == self.row_positions - 1,
                "pixels_left": self.pixels,
            }
            for each in (place, kept, saved):
                m.d.sync += [each.eq(0), *(each[name].eq(value) for name, value in first.items())]
        return m


class _Ends:
    """Where an axis of ``positions`` ends, in registers: no step compares before it counts."""

    def __init__(self, m: Module, positions: Value, name: str) -> None:
        self._before_last = Signal(PLACE_BITS, reset_less=True, name=f"{name}_before_last")
        self._is_single = Signal(reset_less=True, name=f"is_single_{name}")
        m.d.sync += [self._before_last.eq(positions - 2), self._is_single.eq(positions == 1)]

    def is_last_behind(self, position: Value, is_last: Value) -> Value:
        """Return whether the position behind ``position`` is the last: the first one, where this one ``is_last``."""
        return Mux(is_last, self._is_single, position == self._before_last)


class TapWalk(wiring.Component):
    """Runs of taps of a tile and the channels of each: some groups at a time, or some channels.

    Ports
    -----
    full, short : ``step_layout``; is_short : Signal(1), in
        The step; ``is_short`` may come late.
    ends_run : Signal(1), in
        It takes all that the run has left instead, and goes on to the next one.
    crosses_taps : Signal(1); col_taps, in
        A run has the taps of a row of the kernel, of which there are ``col_taps``; else it is one tap.
    runs : in
        Runs of the tile.
    first_run, next_run, last_run : in
        What the first run has, those behind it, and the last of these.
    first_row, first_col : in
        The first tap.
    start, step, restore, save : Signal(1), in
        As ``PixelWalk`` has them.
    place : TAP, out
    is_last : Signal(1), out
        The run is the tile's last.

    Latency 1 clock, throughput a step a clock.
    """

    def __init__(self, most: int) -> None:
        """A step takes ``most`` at most."""
        super().__init__(
            {
                **{name: In(step_layout(most)) for name in ("full", "short")},
                **{name: In(1) for name in ("is_short", "ends_run", "crosses_taps")},
                **{name: In(TAP_BITS) for name in ("col_taps", "runs", "first_row", "first_col")},
                **{name: In(COUNT_BITS) for name in ("first_run", "next_run", "last_run")},
                **{name: In(1) for name in ("start", "step", "restore", "save")},
                "place": Out(TAP),
                "is_last": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Channels, then columns of the kernel, then its rows."""
        m = Module()
        place, saved = Signal(TAP, name="at", reset_less=True), Signal(TAP, name="saved_at", reset_less=True)
        after, last_col = Signal(TAP), Signal(TAP_BITS, reset_less=True)
        m.d.sync += last_col.eq(self.col_taps - 1)
        m.d.comb += [self.place.eq(place), self.is_last.eq(place.runs_left == 1), after.eq(place)]
        with m.If(self.step):
            self._advance(m, place, after, self.crosses_taps | (place.col == last_col))
        m.d.sync += place.eq(Mux(self.restore, saved, after))
        with m.If(self.save):
            m.d.sync += saved.eq(after)
        with m.If(self.start):
            first = {"row": self.first_row, "col": self.first_col, "runs_left": self.runs, "left": self.first_run}
            for each in (place, saved):
                m.d.sync += [each.eq(0), *(each[name].eq(value) for name, value in first.items())]
        return m

    def _advance(self, m: Module, place: data.View, after: data.View, ends_row: Value) -> None:
        """Go on by some groups or channels, or to the first of the next run."""
        with m.If(self.ends_run):
            m.d.comb += [
                after.left.eq(Mux(place.runs_left == 2, self.last_run, self.next_run)),
                after.group.eq(0),
                after.lane.eq(0),
                after.runs_left.eq(place.runs_left - 1),
                after.is_beyond.eq(place.is_beyond | self.is_last),
                after.col.eq(Mux(ends_row, 0, place.col + 1)),
                after.row.eq(place.row + ends_row),
            ]
        with m.Else():
            full, short = (self._reached(m, place, name) for name in ("full", "short"))
            for field in full:
                m.d.comb += after[field].eq(Mux(self.is_short, short[field], full[field]))

    def _reached(self, m: Module, place: data.View, name: str) -> dict[str, Value]:
        """Where one of the steps leads; nets that are kept, as yosys would choose the step first and then add."""
        step = getattr(self, name)
        left, group = (Signal(COUNT_BITS, name=f"{name}_{field}", attrs={"keep": 1}) for field in ("left", "group"))
        m.d.comb += [left.eq(_less(place.left, step.count)), group.eq(_more(place.group, step.groups))]
        return {"left": left, "group": group, "lane": step.lane}


def _more(count: Value, step: Value) -> Value:
    """``count`` + ``step``: only the lowest bits wait for the step, the others are there with and without a carry."""
    low, high = count[: len(step)] + step, count[len(step) :]
    return Cat(low[: len(step)], Mux(low[len(step)], high + 1, high))


def _less(count: Value, step: Value) -> Value:
    """``count`` - ``step`` in the same way."""
    low, high = count[: len(step)] - step, count[len(step) :]
    return Cat(low[: len(step)], Mux(low[len(step)], high - 1, high)[: len(high)])
