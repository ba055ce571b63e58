"""Quick delay lines, mapped: the last word of each comes out of a flip-flop, and the area model counts the rest."""

from __future__ import annotations

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.lut_memory import quick_line_ff, quick_line_lut
from heddle.hls.emit import emit
from heddle.hls.stream.delay import quick_registers
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.mapping import map_flat

WIDTH = 3


class Line(wiring.Component):
    """A quick line with an inverter behind it, so that its last word has a net of its own."""

    def __init__(self, cycles: int) -> None:
        self.cycles = cycles
        super().__init__({"en": In(1), "entering": In(WIDTH), "leaving": Out(WIDTH)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.leaving.eq(~quick_registers(m, self.entering, self.cycles, self.en, name="line"))
        return m


@pytest.mark.parametrize("cycles", [8, 9, 11, 17, 18, 33, 34, 59])
def test_its_last_word_is_in_flip_flops_and_the_model_counts_the_rest(cycles, tmp_path):
    mapped = map_flat(emit(Line(cycles), "line"), "line", tmp_path)
    usage = usage_of(mapped.cells, "line")
    assert usage.lut_as_memory == WIDTH * quick_line_lut(cycles)
    assert usage.ff == WIDTH * quick_line_ff(cycles)
    assert usage.ff >= WIDTH
