from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from refusal import assert_refused
from stream_bench import Collector, Feeder, resettable, run, simulate

from heddle.arch.errors import HeddleError
from heddle.arch.nm import pack
from heddle.hls.lanes.sore import SoreLane

Groups = list[tuple[list[int], list[int]]]
# Zeros of both signs, equal magnitudes, subnormals, infinities and NaN, in FP16 and in BF16.
TRICKY = [0x0000, 0x8000, 0x0001, 0x8001, 0x3C00, 0xBC00, 0x7C00, 0xFC00, 0x7F80, 0x7E00, 0xFE01]


def blocks(m: int, count: int, seed: int) -> npt.NDArray[np.uint16]:
    """[count, M, M] patterns, half of them drawn from the tricky ones."""
    draw = np.random.default_rng(seed)
    shape = (count, m, m)
    return np.where(draw.random(shape) < 0.5, draw.choice(TRICKY, shape), draw.integers(0, 1 << 16, shape)).astype(
        np.uint16
    )


def packed(dense: npt.NDArray[np.uint16], n: int, axis: int) -> Groups:
    """The groups of [count, M, M] along ``axis``, block by block: rows in order (2) or columns in order (1)."""
    m = dense.shape[-1]
    operand = pack(dense, n, m, axis)
    return list(zip(operand.values.reshape(-1, n).tolist(), operand.indices.reshape(-1, n).tolist(), strict=True))


def plain(words: list[Any]) -> Groups:
    return [(list(word.values), list(word.indices)) for word in words]


@pytest.mark.parametrize(
    ("idle", "row_pause", "column_pause"),
    [(0.0, 0.0, 0.0), (0.6, 0.0, 0.0), (0.0, 0.6, 0.0), (0.0, 0.0, 0.6), (0.2, 0.3, 0.4), (0.0, 0.1, 0.9)],
)
@pytest.mark.parametrize(("n", "m"), [(1, 2), (2, 2), (1, 4), (2, 4), (2, 8), (4, 8), (8, 8)])
def test_both_directions_are_packed_as_the_encoding_says(
    n: int, m: int, idle: float, row_pause: float, column_pause: float
) -> None:
    dense = blocks(m, count=4, seed=n * m)
    lane = SoreLane(n, m)
    words = 4 * m
    _, rows, columns = run(
        lane,
        [
            Feeder(lane.rows, dense.reshape(-1, m).tolist(), idle, seed=5),
            Collector(lane.row_groups, words, row_pause, seed=6),
            Collector(lane.column_groups, words, column_pause, seed=7),
        ],
    )
    assert plain(rows.words) == packed(dense, n, axis=2)
    assert plain(columns.words) == packed(dense, n, axis=1)


@pytest.mark.parametrize(("n", "m"), [(2, 16), (4, 32)])
def test_wide_blocks_are_packed_too(n: int, m: int) -> None:
    dense = blocks(m, count=2, seed=m)
    lane = SoreLane(n, m)
    _, rows, columns = run(
        lane,
        [
            Feeder(lane.rows, dense.reshape(-1, m).tolist()),
            Collector(lane.row_groups, 2 * m),
            Collector(lane.column_groups, 2 * m),
        ],
    )
    assert plain(rows.words) == packed(dense, n, axis=2)
    assert plain(columns.words) == packed(dense, n, axis=1)


def test_a_row_enters_every_clock_and_latencies_are_as_stated() -> None:
    m, count = 4, 5
    lane = SoreLane(2, m)
    fed, rows, columns = run(
        lane,
        [
            Feeder(lane.rows, blocks(m, count, seed=1).reshape(-1, m).tolist()),
            Collector(lane.row_groups, count * m),
            Collector(lane.column_groups, count * m),
        ],
    )
    assert fed.clocks == list(range(count * m))
    assert rows.clocks == [clock + lane.row_latency for clock in fed.clocks]
    assert columns.clocks[0] == fed.clocks[m - 1] + lane.column_latency
    assert columns.clocks == list(range(columns.clocks[0], columns.clocks[0] + count * m))
    assert (lane.row_latency, lane.column_latency) == (3, 4)


def test_columns_of_full_blocks_leave_while_row_groups_stall() -> None:
    dense = blocks(2, count=1, seed=2)
    lane = SoreLane(1, 2)
    _, columns = run(lane, [Feeder(lane.rows, dense.reshape(-1, 2).tolist()), Collector(lane.column_groups, 2)])
    assert plain(columns.words) == packed(dense, 1, axis=1)


@pytest.mark.parametrize("clocks_before", [1, 3, 4, 7, 12])
def test_after_a_reset_at_any_time_the_lane_is_empty(clocks_before: int) -> None:
    m = 4
    dense = blocks(m, count=2, seed=8)
    lane = SoreLane(2, m)
    design, reset = resettable(lane)
    rows: list[Any] = []
    columns: list[Any] = []

    async def bench(ctx: Any) -> None:
        ctx.set(lane.rows.valid, 1)
        for _ in range(clocks_before):
            await ctx.tick()
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        ctx.set(lane.row_groups.ready, 1)
        ctx.set(lane.column_groups.ready, 1)
        for row in [*dense.reshape(-1, m).tolist(), *[None] * 8]:
            ctx.set(lane.rows.valid, row is not None)
            ctx.set(lane.rows.payload, row or [0] * m)
            *_, row_valid, row_group, column_valid, column_group = await ctx.tick().sample(
                lane.row_groups.valid, lane.row_groups.payload, lane.column_groups.valid, lane.column_groups.payload
            )
            rows.extend([row_group] if row_valid else [])
            columns.extend([column_group] if column_valid else [])

    simulate(design, bench)
    assert plain(rows) == packed(dense, 2, axis=2)
    assert plain(columns) == packed(dense, 2, axis=1)


def test_an_unsupported_sparsity_is_refused() -> None:
    assert_refused(partial(SoreLane, 5, 4), HeddleError, "sparsity 5:4: N = 5 is not within 1 and M = 4")
