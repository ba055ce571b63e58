"""The STCE: R x C USPEs with their edges, from operands of one step to results of one step.

The array lives in frames: a PE at row r and column c takes the step that the edge took r + c clocks (and one
edge register) ago. The edges give every row and column its share of that delay; the south edge takes it back,
so that the words of all columns leave together. In WS a row's activations also wait r x L steps, for the
partial sums that come down through L-stage adders and one register a row.

What all rows or all columns take hops along the edge, a register each, so that no net reaches more than a row or a
column: the step's ``en`` comes from the streams' handshakes, the dataflow chooses among whole words. Nothing here is
reset: a step from before the reset stays ahead of those after it, and nothing that it leaves is looked at.

Where the array crosses from one die to another (``slr_cuts``), everything that passes south has one more register: the
columns' links in the grid, what hops from row to row here. All rows below live a clock later, and their groups wait it.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
from heddle.arch.formats import FP32
from heddle.arch.nm import index_bits
from heddle.arch.timing import ws_row_steps
from heddle.hls.array.command import Dataflow
from heddle.hls.array.control import CONTROL
from heddle.hls.array.grid import Grid
from heddle.hls.array.links import group_layout
from heddle.hls.fp.recode import RecodedRegister
from heddle.hls.stream.delay import StepDelay, delayed, quick_registers, registers

#: What hops from row to row.
_HOP = data.StructLayout({"en": 1, "dataflow": Dataflow, "control": CONTROL})


def left_layout(design: Design) -> data.ArrayLayout:
    """A step's activations: for each row a group of M recoded operands."""
    return data.ArrayLayout(group_layout(design), design.array.rows)


def right_layout(design: Design) -> data.ArrayLayout:
    """A step's weights: for each column a raw operand and its index within the group."""
    weight = data.StructLayout({"value": design.numbers.operand_format.width, "index": index_bits(design.sparsity.m)})
    return data.ArrayLayout(weight, design.array.cols)


def sums_layout(design: Design) -> data.ArrayLayout:
    """A step's partial sums or results: an FP32 word for each column."""
    return data.ArrayLayout(FP32.width, design.array.cols)


class Stce(wiring.Component):
    """The systolic array.

    Ports
    -----
    en : Signal(1), in
        Take a step with what stands at the other ports.
    control : CONTROL, in
        The same for every PE; it reaches each in its frame.
    dataflow : Dataflow, in
        Constant while anything is in the array.
    left : R x M recoded operands, in
        An activation group for each row.
    right : C x {value, index}, in
        A packed weight for each column.
    partial : C x Signal(32), in; has_partial : Signal(1), in
        FP32 partial sums, +0 where ``has_partial`` is low: they meet the products of the operands of the same step
        (OS: after (R - 1 - r) x I steps more, on their way to row r).
    results : C x Signal(32), out
        What the last row sends south, all columns of one step together, ``result_cycles`` clocks after that step.

    Latency: ``array`` functions of ``heddle.arch.timing``. Throughput: one word a step on every port.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        super().__init__(
            {
                "en": In(1),
                "control": In(CONTROL),
                "dataflow": In(Dataflow),
                "left": In(left_layout(design)),
                "right": In(right_layout(design)),
                "partial": In(sums_layout(design)),
                "has_partial": In(1),
                "results": Out(sums_layout(design)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the edges around the grid."""
        m = Module()
        array = self.design.array
        m.submodules.grid = grid = Grid(self.design)
        for col in range(array.cols):
            m.d.comb += self.results[col].eq(delayed(m, grid.south[col], array.cols - 1 - col, name=f"deskew{col}"))
        self._west_edge(m, grid)
        self._north_edge(m, grid)
        return m

    def _west_edge(self, m: Module, grid: Grid) -> None:
        """Let ``en``, ``dataflow`` and control hop from row to row, a clock each, and give each row its own.

        Into another die they hop twice.
        """
        hop = Signal(_HOP, name="hop0")
        m.d.comb += [hop.en.eq(self.en), hop.dataflow.eq(self.dataflow), hop.control.eq(self.control)]
        for row, west in enumerate(grid.west):
            if row in self.design.array.slr_cuts:
                hop = data.View(_HOP, quick_registers(m, hop.as_value(), 1, name=f"hop{row}_crossed"))
            m.d.comb += Cat(west.control.as_value(), west.group.as_value()).eq(self._row(m, row, hop))
            following = Signal(_HOP, reset_less=True, name=f"hop{row + 1}")
            m.d.sync += following.eq(hop)
            m.d.comb += west.en.eq(following.en)
            hop = following

    def _row(self, m: Module, row: int, hop: data.View) -> Value:
        """Control and group of a row, one clock behind its ``hop``; in WS they wait their steps first."""
        array = self.design.array
        given = Cat(
            hop.control.as_value(),
            delayed(m, self.left[row].as_value(), row + array.cuts_above(row), name=f"west_group{row}"),
        )
        steps = row * ws_row_steps(array.adder_stages)
        if "ws" in array.dataflows and steps:
            m.submodules[f"wait{row}"] = wait = StepDelay(len(given), steps)
            m.d.comb += [wait.en.eq(hop.en), wait.entering.eq(given)]
            chosen = Signal(len(given), name=f"chosen{row}")
            in_os = given if "os" in array.dataflows else wait.leaving
            m.d.comb += chosen.eq(Mux(hop.dataflow == Dataflow.WS, wait.leaving, in_os))
            given = chosen
        return registers(m, given, 1, name=f"west{row}")

    def _north_edge(self, m: Module, grid: Grid) -> None:
        """Give each column its weights and partial sums; ``en`` and ``has_partial`` hop from column to column."""
        hop: Value = Cat(self.en, self.has_partial)
        for col, north in enumerate(grid.north):
            hop = registers(m, hop, 1, name=f"column{col}")
            right = self.right[col]
            m.submodules[f"recode{col}"] = recoder = RecodedRegister(self.design.numbers.operand_format)
            m.d.comb += recoder.raw.eq(right.value)
            value = delayed(m, recoder.recoded.as_value(), col, name=f"north_value{col}")
            others = delayed(m, Cat(right.index, self.partial[col]), col + 1, name=f"north_partial{col}")
            index, partial = others[: len(right.index)], others[len(right.index) :]
            sums = self._waiting_partial(m, Mux(hop[1], partial, 0), hop[0], f"partial{col}")
            m.d.comb += [north.weight.as_value().eq(Cat(value, index)), north.partial.eq(sums), north.sums.eq(sums)]

    def _waiting_partial(self, m: Module, partial: Value, en: Value, name: str) -> Value:
        """A column's partial sum when its products are at the adder: for that chain, and in WS where the sums start."""
        return registers(m, partial, 1 + self.design.array.multiplier_stages, en, name=name)
