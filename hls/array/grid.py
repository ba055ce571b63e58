"""The grid of PEs: R x C of them and the wires between them, no logic of its own."""

from __future__ import annotations

from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
from heddle.arch.formats import FP32
from heddle.hls.array.control import CONTROL
from heddle.hls.array.uspe import group_layout, weight_layout

#: The module name under which the PE is emitted, once.
USPE_MODULE = "heddle_uspe"

#: What a PE takes from one side: en, control and group from the west; weight, partial and sums from the north.
Links = tuple[Value, Value, Value]


def west_layout(design: Design) -> data.StructLayout:
    """What a row takes from the west: the step enable, control, and a recoded group."""
    return data.StructLayout({"en": 1, "control": CONTROL, "group": group_layout(design)})


def north_layout(design: Design) -> data.StructLayout:
    """What a column takes from the north: a weight, a partial sum of OS, and where the sums of WS start."""
    return data.StructLayout({"weight": weight_layout(design), "partial": FP32.width, "sums": FP32.width})


class Grid(wiring.Component):
    """R x C PEs, each beside its neighbours. It is wires only, so synthesis may take it as a count of PEs.

    Ports
    -----
    west : R x (en, control, group), in
        For each row what its first PE takes; it hops east a PE a clock.
    north : C x (weight, partial, sums), in
        For each column what its first PE takes; it hops south a PE a clock.
    south : C x Signal(32), out
        The sums that the last PE of each column sends south.

    Latency: that of R + C - 1 PEs from corner to corner (``heddle.arch.timing.array_hop_cycles``). Throughput: one
    step a clock.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        rows, cols = design.array.rows, design.array.cols
        super().__init__(
            {
                "west": In(west_layout(design)).array(rows),
                "north": In(north_layout(design)).array(cols),
                "south": Out(FP32.width).array(cols),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Place the PEs from north-west to south-east."""
        m = Module()
        array = self.design.array
        west: list[Links] = [(into.en, into.control.as_value(), into.group.as_value()) for into in self.west]
        north: list[Links] = [(into.weight.as_value(), into.partial, into.sums) for into in self.north]
        for row in range(array.rows):
            for col in range(array.cols):
                west[row], north[col] = self._element(m, row, col, west[row], north[col])
        for col, (_, _, sums) in enumerate(north):
            m.d.comb += self.south[col].eq(sums)
        return m

    def _element(self, m: Module, row: int, col: int, west: Links, north: Links) -> tuple[Links, Links]:
        """Place one PE between what comes from the west and the north; return what it sends east and south."""
        # Links are plain words: named fields would triple the Verilog's length.
        en, control, group = (Signal.like(link, name=f"east{row}_{col}") for link in west)
        weight, partial, sums = (Signal.like(link, name=f"south{row}_{col}") for link in north)
        m.submodules[f"pe_{row}_{col}"] = Instance(
            USPE_MODULE,
            i_clk=ClockSignal(),
            i_rst=ResetSignal(),
            i_en=west[0],
            i_control=west[1],
            i_group=west[2],
            i_weight=north[0],
            i_partial=north[1],
            i_sums=north[2],
            o_en_east=en,
            o_control_east=control,
            o_group_east=group,
            o_weight_south=weight,
            o_partial_south=partial,
            o_sums_south=sums,
        )
        return (en, control, group), (weight, partial, sums)
