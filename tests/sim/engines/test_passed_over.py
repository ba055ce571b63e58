"""Accesses passed over leave the rows open that they would have left if made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, SAT

from heddle.arch.design_io import override
from heddle.sim.engines.dram import transfer
from heddle.sim.engines.dram_rows import READ, Access, dram_of
from heddle.sim.engines.passed_over import open_passed, pass_over, pass_over_again, passed_over


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
    assert other.channel["free_at"] == 0


@pytest.mark.compiled
@settings(max_examples=40, deadline=None)
@given(
    made=accesses(),
    lap=st.integers(1, 30),
    times=st.integers(1, 300),
    gap=st.integers(0, 3),
    channels=st.integers(1, 4),
)
def test_accesses_passed_over_again_are_as_good_as_made(
    made: list[Access], lap: int, times: int, gap: int, channels: int
) -> None:
    """Twice, since the second time what is passed over again was partly noted by the first."""
    design = override(SAT, {"memory.channels": channels})
    dram, other = dram_of(design, BOARD), dram_of(design, BOARD)
    passed = passed_over(other)
    for access in made:
        transfer(dram, access, 0.0)
        pass_over(other, passed, access)
    for accesses in (min(lap, len(made)), min(lap + 3, len(made))):
        step = sum(access.nbytes for access in made[-accesses:]) + 64 * gap
        again = [
            access._replace(address=access.address + step * (time + 1))
            for time in range(times)
            for access in made[-accesses:]
        ]
        for access in again:
            transfer(dram, access, 0.0)
        made += again
        assert pass_over_again(other, passed, accesses, times, step)
        assert np.array_equal(other.open_row, dram.open_row)
    open_passed(other, passed)
    assert np.array_equal(other.open_row, dram.open_row)


def test_more_accesses_than_are_noted_are_not_passed_over_again() -> None:
    dram = dram_of(SAT, BOARD)
    passed = passed_over(dram)
    for index in range(5000):
        pass_over(dram, passed, Access(64 * index, 64, 1, 64, READ))
    assert not pass_over_again(dram, passed, 5000, 1, 5000 * 64)
    assert passed.log["noted"] == 5000
