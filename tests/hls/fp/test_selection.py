"""Selection: the word at an index, also where a platform gives its own cells."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from heddle.hls.emit import emit
from heddle.hls.fp.selection import Selection


@pytest.mark.parametrize("number", [2, 8, 32])
def test_it_chooses_the_word_at_the_index(number: int) -> None:
    unit = Selection(number, 5)
    chosen: list[int] = []

    async def bench(ctx: Any) -> None:
        for place in range(number):
            ctx.set(unit.words[place], (7 * place + 3) % 32)
        for place in range(number):
            ctx.set(unit.index, place)
            chosen.append(ctx.get(unit.chosen))

    simulator = Simulator(unit)
    simulator.add_testbench(bench)
    simulator.run()
    assert chosen == [(7 * place + 3) % 32 for place in range(number)]


class _Platform:
    def get_selection(self, unit: Selection) -> Module:
        m = Module()
        m.d.comb += unit.chosen.eq(unit.words[1])
        return m


def test_a_platform_that_has_multiplexers_gives_its_own() -> None:
    assert "case" in emit(Selection(4, 3), "top")
    assert "case" not in emit(Selection(4, 3), "top", _Platform())
