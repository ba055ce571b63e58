"""Lookup: the word at an index of six bits, also where a platform gives LUTs."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from amaranth.hdl import Module
from amaranth.sim import Simulator
from refusal import assert_refused

from heddle.hls.emit import emit
from heddle.hls.fp.lookup import Lookup

_WORDS = [random.Random(3).getrandbits(4) for _ in range(64)]


def test_it_gives_the_word_at_the_index() -> None:
    unit = Lookup(_WORDS, 4)
    found: list[int] = []

    async def bench(ctx: Any) -> None:
        for index in range(64):
            ctx.set(unit.index, index)
            found.append(ctx.get(unit.word))

    simulator = Simulator(unit)
    simulator.add_testbench(bench)
    simulator.run()
    assert found == _WORDS


def test_a_bit_has_its_place_of_every_word() -> None:
    unit = Lookup([1, 2, 3, *[0] * 61], 2)
    assert (unit.ones(0), unit.ones(1)) == (0b101, 0b110)
    assert "3'h5 >> index" in emit(unit, "top")


def test_another_number_of_words_is_refused() -> None:
    assert_refused(partial(Lookup, [0] * 32, 1), ValueError, "a lookup has 64 words, not 32")


class _Platform:
    def get_lookup(self, unit: Lookup) -> Module:
        m = Module()
        m.d.comb += unit.word.eq(unit.index)
        return m


def test_a_platform_that_has_luts_gives_its_own() -> None:
    assert ">>" in emit(Lookup(_WORDS, 4), "top")
    assert ">>" not in emit(Lookup(_WORDS, 4), "top", _Platform())
