"""The STCE: R x C USPEs with their edges, from operands of one step to results of one step.

The array lives in frames: a PE at row r and column c takes the step that the edge took r + c clocks (and one
edge register) ago. The edges give every row and column its share of that delay; the south edge takes it back,
so that the words of all columns leave together. In WS a row's activations also wait r x L steps, for the
partial sums that come down through L-stage adders and one register a row.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
from heddle.arch.formats import FP32
from heddle.arch.nm import index_bits
from heddle.arch.timing import ws_row_steps
from heddle.hls.array.control import CONTROL
from heddle.hls.array.grid import Grid
from heddle.hls.array.uspe import group_layout
from heddle.hls.fp.recode import RecodedRegister
from heddle.hls.stream.delay import StepDelay, delayed, flags, registers


def left_layout(design: Design) -> data.ArrayLayout:
    """A step's activations: for each row a group of M raw operands."""
    return data.ArrayLayout(data.ArrayLayout(design.numbers.operand_format.width, design.sparsity.m), design.array.rows)


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
    ws : Signal(1), in
        Weight-stationary; constant while anything is in the array.
    left : R x M raw operands, in
        An activation group for each row.
    right : C x {value, index}, in
        A packed weight for each column.
    partial : C x Signal(32), in
        FP32 partial sums: they meet the products of the operands of the same step (OS: after (R - 1 - r) x I
        steps more, on their way to row r).
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
                "ws": In(1),
                "left": In(left_layout(design)),
                "right": In(right_layout(design)),
                "partial": In(sums_layout(design)),
                "results": Out(sums_layout(design)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the edges around the grid."""
        m = Module()
        array = self.design.array
        m.submodules.grid = grid = Grid(self.design)
        for row in range(array.rows):
            m.d.comb += grid.west[row].eq(self._west_edge(m, row))
        for col in range(array.cols):
            m.d.comb += grid.north[col].eq(self._north_edge(m, col))
            m.d.comb += self.results[col].eq(delayed(m, grid.south[col], array.cols - 1 - col, name=f"deskew{col}"))
        return m

    def _west_edge(self, m: Module, row: int) -> Value:
        """``en``, control and recoded group of a row: its steps of delay in WS, then its clocks."""
        array = self.design.array
        control, raw = self.control.as_value(), self.left[row].as_value()
        steps = row * ws_row_steps(array.adder_stages)
        if "ws" in array.dataflows and steps:
            m.submodules[f"wait{row}"] = wait = StepDelay(len(control) + len(raw), steps)
            m.d.comb += [wait.en.eq(self.en), wait.entering.eq(Cat(control, raw))]
            waited_control, waited_raw = wait.leaving[: len(control)], wait.leaving[len(control) :]
            control = self._either(m, waited_control, control, f"control{row}")
            raw = self._either(m, waited_raw, raw, f"raw{row}")
        group = Signal(group_layout(self.design), name=f"recoded{row}")
        width = self.design.numbers.operand_format.width
        for element in range(self.design.sparsity.m):
            m.d.comb += group[element].eq(self._recoded(m, raw.word_select(element, width), f"{row}_{element}"))
        en = flags(m, self.en, row + 1, name=f"en{row}")
        waited = delayed(m, control, row + 1, name=f"west_control{row}")
        return Cat(en, waited, delayed(m, group.as_value(), row, name=f"west_group{row}"))

    def _north_edge(self, m: Module, col: int) -> Value:
        """Recoded weight of a column, and its partial sum: for that chain, and in WS where the sums start."""
        right = self.right[col]
        value = self._recoded(m, right.value, f"right{col}").as_value()
        to_adder = 1 + self.design.array.multiplier_stages
        partial = registers(m, self.partial[col], to_adder, self.en, name=f"partial{col}")
        others = delayed(m, Cat(right.index, partial), col + 1, name=f"north_partial{col}")
        return Cat(delayed(m, value, col, name=f"north_value{col}"), others, others[-FP32.width :])

    def _either(self, m: Module, in_ws: Value, in_os: Value, name: str) -> Value:
        chosen = Signal(in_os.shape(), name=name)
        m.d.comb += chosen.eq(Mux(self.ws, in_ws, in_os))
        return chosen

    def _recoded(self, m: Module, raw: Value, name: str) -> data.View:
        """A recoded operand, one clock after the raw one."""
        m.submodules[f"recode_{name}"] = recoder = RecodedRegister(self.design.numbers.operand_format)
        m.d.comb += recoder.raw.eq(raw)
        return recoder.recoded
