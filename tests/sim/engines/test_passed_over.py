"""Accesses passed over leave the rows open that they would have left if made."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, SAT

from heddle.arch.design_io import override
from heddle.sim.engines.dram import READ, Access, dram_of, transfer
from heddle.sim.engines.passed_over import open_passed, pass_over, passed_over


@st.composite
def accesses(draw: st.DrawFn) -> list[Access]:
    """Accesses at a running address, of one or of many runs, at most a few kinds of them, often repeated."""
    kinds = st.tuples(st.integers(0, 900), st.sampled_from((1, 1, 2, 3, 40)), st.sampled_from((64, 320, 8192)))
    made, address = [], 64 * draw(st.integers(0, 5000))
    for bursts, runs, stride in draw(st.lists(kinds, min_size=1, max_size=4)) * draw(st.integers(1, 90)):
        nbytes = 64 * bursts * runs
        made.append(Access(address, nbytes, runs, max(stride, 64 * bursts), READ))
        address += nbytes
    return made


@settings(max_examples=60, deadline=None)
@given(made=accesses(), channels=st.integers(1, 4), looked_at=st.integers(0, 400))
def test_the_open_rows_are_those_of_the_accesses_made(made: list[Access], channels: int, looked_at: int) -> None:
    design = override(SAT, {"memory.channels": channels})
    dram, other = dram_of(design, BOARD), dram_of(design, BOARD)
    passed = passed_over(other)
    for index, access in enumerate(made):
        transfer(dram, access, 0.0)
        pass_over(other, passed, access)
        if index == looked_at:
            open_passed(other, passed)
            assert np.array_equal(other.open_row, dram.open_row)
    open_passed(other, passed)
    assert np.array_equal(other.open_row, dram.open_row)
    assert not other.channels["free_at"].any()
