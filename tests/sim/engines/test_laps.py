"""Laps jumped over leave what they leave when run, to the bit, whenever the product starts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, SMALL, single_product

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.arch.records import Rows
from heddle.dataflow.kernel_rows import TILE_MAPPING, product_rows
from heddle.dataflow.step_items import ProductPass
from heddle.sim.engines.array_pass import end_pass, run_product
from heddle.sim.engines.pipe import begin_pass
from heddle.sim.engines.product_state import Job, engines_of, product_state
from heddle.sim.stalls import STALL_CAUSES

#: A log with room for every event makes every transfer: events have the times of all of them.
ALL_EVENTS = 100_000
MEMORY_IS_AMPLE = override(SMALL, {"memory.channels": 4, "memory.axi_bits": 512, "lanes.vector": 64})


class Tiling(NamedTuple):
    """Tiles of one size in each loop, the last of each shorter by ``short``."""

    parts: int
    inner: int
    outer: int
    count: int
    order: int = 0
    tile: int = 40
    short: int = 0


def rows_of(tiling: Tiling) -> tuple[Rows, Rows]:
    """The product that the tiles make up, and its mapping, as rows."""
    tiles_m, tiles_n = (tiling.outer, tiling.inner) if tiling.order == 0 else (tiling.inner, tiling.outer)
    tiles = {"m": tiles_m, "n": tiles_n, "k": tiling.parts}
    (item,) = single_product(*(tiles[axis] * tiling.tile - tiling.short for axis in "mkn")).items
    assert isinstance(item, ProductPass)
    product, mapping = product_rows(item.products), np.zeros(1, TILE_MAPPING)
    product["count"] = tiling.count
    mapping["order"], mapping["interleave_rows"], mapping["interleave_cols"] = tiling.order, 1, 1
    for axis in "mnk":
        mapping[f"tile_{axis}"], mapping[f"tiles_{axis}"] = tiling.tile, tiles[axis]
    return product, mapping


class Outcome(NamedTuple):
    """What a product leaves that shows: progress by its fields, stalls, open rows, instructions; and steps skipped."""

    progress: list[float]
    stalls: list[float]
    open_row: list[list[int]]
    instructions: int
    skipped: int


def outcome(tiling: Tiling, design: Design, start: float, event_capacity: int = 0) -> Outcome:
    product, mapping = rows_of(tiling)
    engines, state = engines_of(design, BOARD, event_capacity=event_capacity), product_state()
    stalls = np.zeros(len(STALL_CAUSES))
    begin_pass(state.pipe, state.halves, start)
    run_product(engines, Job(product[0], mapping[0], stalls, 0), state)
    end_pass(state.pipe, stalls)
    shown = ("array_free", "end", "busy_cycles", "dram_bytes", "address", "results", "lefts", "used_rights")
    cursors = ("load", "compute", "store")
    log = engines.events.log
    return Outcome(
        [float(state.pipe[name]) for name in shown] + [int(state.pipe[name]["step"]) for name in cursors],
        stalls.tolist(),
        engines.dram.open_row.tolist(),
        int(log["kept"] + log["dropped"]),
        int(state.laps.skipped["steps"]),
    )


def assert_same_as_run(tiling: Tiling, design: Design, start: float) -> int:
    quick, whole = outcome(tiling, design, start), outcome(tiling, design, start, ALL_EVENTS)
    assert whole.skipped == 0
    assert quick._replace(skipped=0) == whole
    return quick.skipped


@pytest.mark.parametrize(
    "tiling",
    [
        Tiling(parts=4, inner=30, outer=1, count=1),
        Tiling(parts=1, inner=40, outer=4, count=1),
        Tiling(parts=3, inner=1, outer=40, count=1),
        Tiling(parts=1, inner=1, outer=120, count=1),
        Tiling(parts=3, inner=4, outer=12, count=1),
        Tiling(parts=2, inner=2, outer=2, count=20),
    ],
)
@pytest.mark.parametrize("order", [0, 1])
def test_laps_of_every_size_are_jumped_over(tiling: Tiling, order: int) -> None:
    steps = tiling.parts * tiling.inner * tiling.outer * tiling.count
    tiling = tiling._replace(order=order, short=7)
    assert assert_same_as_run(tiling, MEMORY_IS_AMPLE, 2.0**21 + 1 / 3) > steps / 2


@st.composite
def tilings(draw: st.DrawFn) -> Tiling:
    """A few hundred tiles at most, repeated in one loop or in several."""
    few = st.sampled_from((1, 2, 3, 5))
    many = st.integers(4, 24)
    loops = [draw(few), draw(few), draw(few), draw(st.sampled_from((1, 1, 2)))]
    loops[draw(st.integers(0, 3))] = draw(many)
    return Tiling(*loops, draw(st.integers(0, 1)), draw(st.sampled_from((9, 24, 40))), draw(st.sampled_from((0, 0, 7))))


@settings(max_examples=40, deadline=None)
@given(
    tiling=tilings(),
    start=st.sampled_from((0.0, 1000.7, 2.0**17 - 2000.3, 2.0**30 + 1 / 3)),
    channels=st.integers(1, 4),
    vector_lanes=st.sampled_from((3, 16, 64)),
    clock_hz=st.sampled_from((200e6, 233e6)),
)
def test_laps_are_the_same_jumped_over(
    tiling: Tiling, start: float, channels: int, vector_lanes: int, clock_hz: float
) -> None:
    changes = {"memory.channels": channels, "lanes.vector": vector_lanes, "clock_hz": clock_hz}
    assert_same_as_run(tiling, override(MEMORY_IS_AMPLE, changes), start)


def test_laps_stop_below_a_power_of_two_and_go_on_above_it() -> None:
    tiling = Tiling(parts=2, inner=60, outer=1, count=1)
    undivided = assert_same_as_run(tiling, MEMORY_IS_AMPLE, 2.0**25 + 0.3)
    half = outcome(tiling, MEMORY_IS_AMPLE, 0.0).progress[0] / 2
    assert 0 < assert_same_as_run(tiling, MEMORY_IS_AMPLE, 2.0**25 - half + 0.3) < undivided
