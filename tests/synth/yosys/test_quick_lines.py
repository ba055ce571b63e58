"""Quick delay lines, mapped: the last word of each comes out of a flip-flop, and the area model counts the rest."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.lut_memory import quick_line_ff, quick_line_lut
from heddle.hls.emit import emit
from heddle.hls.stream.delay import quick_registers
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.jobs import WRAPPER, Job
from heddle.synth.yosys.mapping import OF_THE_BOARDS, _cells, _map

WIDTH = 3
CYCLES = (8, 9, 11, 17, 18, 33, 34, 59)


class Line(wiring.Component):
    """A quick line with an inverter behind it, so that its last word has a net of its own."""

    def __init__(self, cycles: int) -> None:
        self.cycles = cycles
        super().__init__({"en": In(1), "entering": In(WIDTH), "leaving": Out(WIDTH)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.leaving.eq(~quick_registers(m, self.entering, self.cycles, self.en, name="line"))
        return m


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, int]]:
    """The cells of each line, all mapped in one run of yosys, which takes seconds to begin."""
    folder = tmp_path_factory.mktemp("lines")
    lines = "".join(f"(* keep_hierarchy *)\n{emit(Line(cycles), f'line{cycles}')}\n" for cycles in CYCLES)
    placed = "".join(f"  (* keep *) line{cycles}  i{cycles} ();\n" for cycles in CYCLES)
    _map(Job(f"{lines}module {WRAPPER};\n{placed}endmodule\n", "line8", {}), OF_THE_BOARDS, folder, "lines")
    return _cells(folder / "lines.json")


@pytest.mark.parametrize("cycles", CYCLES)
def test_its_last_word_is_in_flip_flops_and_the_model_counts_the_rest(
    cycles: int, mapped: Mapping[str, Mapping[str, int]]
) -> None:
    usage = usage_of(mapped[f"line{cycles}"], f"line{cycles}")
    assert usage.lut_as_memory == WIDTH * quick_line_lut(cycles)
    assert usage.ff == WIDTH * quick_line_ff(cycles)
    assert usage.ff >= WIDTH
