"""Delay lines by the bit: what is one, and that one bit mapped so many times is what the whole maps to."""

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.hls.emit import emit
from heddle.hls.stream.delay import DelayLine, StepDelay, registers
from heddle.hls.verilog import without_sources
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.jobs import WRAPPER, Job, block_names, mapped_blocks
from heddle.synth.yosys.lines import cut_lines, line_shape
from heddle.synth.yosys.mapping import OF_THE_BOARDS, _cells, _map
from heddle.synth.yosys.sources import VerilogModule, counted, hierarchy


class Around(wiring.Component):
    """A module that has another one inside, as a design has its lines."""

    def __init__(self, inner):
        self.inner = inner
        super().__init__({"entering": In(inner.entering.shape()), "leaving": Out(inner.leaving.shape())})

    def elaborate(self, platform):
        m = Module()
        m.submodules.line = self.inner
        m.d.comb += [self.inner.entering.eq(self.entering), self.leaving.eq(self.inner.leaving)]
        return m


def emitted(component):
    """A component as a part of a design; what is inside of it is a part of its own."""
    modules = hierarchy("around", [emit(Around(component), "around")]).modules
    return next(module for name, module in modules.items() if name != "around")


class EnabledLine(wiring.Component):
    """A line that waits while ``en`` is low."""

    def __init__(self):
        super().__init__({"en": In(1), "entering": In(8), "leaving": Out(8)})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.leaving.eq(registers(m, self.entering, 3, self.en, name="stage"))
        return m


class LineOfTwoWidths(wiring.Component):
    """A line of 8 bits of which 4 go on."""

    def __init__(self):
        super().__init__({"entering": In(8), "leaving": Out(4)})

    def elaborate(self, platform):
        m = Module()
        wide = registers(m, self.entering, 1, name="stage")
        narrow = registers(m, wide[:4], 2, name="stage_1")
        m.d.comb += self.leaving.eq(narrow)
        return m


@given(st.integers(1, 80), st.integers(1, 40))
@settings(max_examples=6)
def test_a_line_is_known_by_its_bits_and_its_clocks(width, cycles):
    assert line_shape(emitted(DelayLine(width, cycles))) == (width, cycles)


@pytest.mark.parametrize(("width", "cycles"), [(1, 1), (1, 5), (64, 1)])
def test_lines_of_a_single_bit_or_clock_are_lines(width, cycles):
    assert line_shape(emitted(DelayLine(width, cycles))) == (width, cycles)


@pytest.mark.parametrize(
    "component",
    [StepDelay(8, 1), StepDelay(8, 5), EnabledLine(), LineOfTwoWidths()],
    ids=["register-with-enable", "memory", "enabled", "two-widths"],
)
def test_anything_else_is_none(component):
    assert line_shape(emitted(component)) is None


@pytest.mark.parametrize(
    "logic",
    [
        "  assign x = a & b;",
        "  assign x = ~a;",
        "  assign x = a + 1'h1;",
        "  assign x = a ? b : c;",
        "  lane  inner (",
        "  reg [7:0] other = 8'h00;",
        "  always @(posedge clk) if (en)",
        "  always @(negedge clk)",
        "  always @*",
        "  initial begin",
    ],
)
def test_a_line_with_logic_beside_it_is_none(logic):
    line = emitted(DelayLine(8, 3))
    with_logic = line.text.replace("endmodule\n", f"{logic}\nendmodule\n")
    assert line_shape(VerilogModule("line", with_logic, ())) is None


def test_a_design_s_lines_become_lines_of_one_bit_that_are_shared():
    lines = {name: emitted(DelayLine(*shape)) for name, shape in {"a": (8, 3), "b": (5, 3), "c": (2, 1)}.items()}
    top = VerilogModule("top", "module top();\nendmodule\n", ("a", "b", "b", "c"))
    cut = cut_lines(counted("top", {**lines, "top": top}))
    assert cut.counts["heddle_line_3"] == 8 + 2 * 5
    assert cut.counts["heddle_line_1"] == 2
    assert cut.modules["heddle_line_3"].text == without_sources(emit(DelayLine(1, 3), "heddle_line_3"))
    # The wide one is its ports and nothing else, so that the module around it stays as it is.
    assert cut.modules["a"].text == lines["a"].header
    assert "  input [7:0] entering;\n" in cut.modules["a"].text
    assert cut.modules["top"] == top
    assert [*cut.modules] == ["heddle_line_3", "a", "b", "heddle_line_1", "c", "top"]


@pytest.mark.parametrize("width", [1, 4])
def test_a_line_by_the_bit_and_its_bits_are_blocks_however_few_stand_beside_it(width):
    cut = cut_lines(hierarchy("around", [emit(Around(DelayLine(width, 3)), "around")]))
    assert block_names(cut) == ("heddle_line_3", f"around_delay_line_{width}x3", "around")
    assert mapped_blocks(cut) == ("heddle_line_3",)


def test_a_line_maps_to_as_many_lines_of_one_bit_in_yosys_really(tmp_path):
    blocks = {(1, 40): "line_1x40", (6, 40): "line_6x40", (6, 2): "line_6x2"}
    text = "".join(f"(* keep_hierarchy *)\n{emit(DelayLine(*shape), name)}\n" for shape, name in blocks.items())
    placed = "".join(f"  (* keep *) {name}  i{name} ();\n" for name in blocks.values())
    _map(Job(f"{text}module {WRAPPER};\n{placed}endmodule\n", "line_1x40", {}), OF_THE_BOARDS, tmp_path, "lines")
    mapped = _cells(tmp_path / "lines.json")
    one_bit = usage_of(mapped["line_1x40"], "line_1x40")
    assert usage_of(mapped["line_6x40"], "line_6x40") == one_bit.times(6)
    assert usage_of(mapped["line_6x2"], "line_6x2").ff == 12
    assert one_bit.lut_as_memory == 2
