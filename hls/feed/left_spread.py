"""Spreads the groups of a read over clocks, so that each row of the array takes one a clock."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.feed.left_row import left_place
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.layout import below
from heddle.hls.stream.delay import registers


class LeftSpread(wiring.Component):
    """Lays what is for many rows at once, and what is for one row group after group: group j of a read j clocks later.

    R reads after one another are for R rows, so each row takes one group of them a clock, and one memory with one port
    is enough for it.

    Ports
    -----
    lay : ``LeftShape.lay``; place : its hold and output, in
    moves : Signal(1), in
        Lay it. What is for many rows waits until nothing ``is_late``.
    groups, places : to all rows; rows, lanes : for each row whether it takes a group, and which, out
    is_late : Signal(1), out
        Groups of reads of earlier clocks are on their way.

    Latency 0 for the first group, then 1 more for each. Throughput a read a clock.
    """

    def __init__(self, shape: LeftShape) -> None:
        self.shape = shape
        place = left_place(shape)
        super().__init__(
            {
                "lay": In(shape.lay),
                "place": In(place),
                "moves": In(1),
                "groups": Out(shape.groups),
                "places": Out(data.ArrayLayout(place, shape.ports)),
                "rows": Out(shape.rows),
                "lanes": Out(data.ArrayLayout(below(shape.ports), shape.rows)),
                "is_late": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A line of registers for rows and places, and for each group one of its own length."""
        m = Module()
        m.d.comb += [self.groups[0].eq(self.lay.groups[0]), self.places[0].eq(self.place)]
        late = self._late(m)
        for lane in range(1, self.shape.ports):
            group, place = self.lay.groups[lane].as_value(), self.place.as_value()
            if lane <= len(late):
                rows, late_place = late[lane - 1]
                late_group = registers(m, group, lane, name=f"group{lane}")
                group, place = Mux(rows.any(), late_group, group), Mux(rows.any(), late_place, place)
            m.d.comb += [self.groups[lane].as_value().eq(group), self.places[lane].as_value().eq(place)]
        m.d.comb += self.is_late.eq(reduce(or_, (rows.any() for rows, _ in late), Const(0)))
        for row in range(self.shape.rows):
            of_row = [rows[row] for rows, _ in late]
            is_late: Value = reduce(or_, of_row, Const(0))
            number = reduce(or_, (Mux(has, lane, 0) for lane, has in enumerate(of_row, start=1)), Const(0))
            m.d.comb += [
                self.rows[row].eq(is_late | self.moves & self.lay.rows[row]),
                self.lanes[row].eq(Mux(is_late, number, self.lay.lanes[row])),
            ]
        return m

    def _late(self, m: Module) -> list[tuple[Signal, Value]]:
        """For group 1, 2 and so on of earlier reads the row that takes it now, one bit of R or none, and its place."""
        rows: Value = Mux(self.moves & self.lay.by_row, self.lay.rows, 0)
        place, count = self.place.as_value(), self.lay.chunk.groups
        found = []
        for lane in range(1, self.shape.held_groups):
            late = Signal(self.shape.rows, name=f"late{lane}")
            m.d.sync += late.eq(Mux(count > lane, rows, 0))
            place, count = (
                registers(m, each, 1, name=f"{name}{lane}") for each, name in ((place, "place"), (count, "of"))
            )
            rows = late
            found.append((late, place))
        return found
