from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from refusal import assert_refused
from stream_bench import Collector, Feeder, resettable, run, simulate

from heddle.hls.stream.transpose import Transposer


def blocks_of_words(m: int, blocks: int) -> tuple[list[list[int]], list[list[int]]]:
    """The rows of ``blocks`` M x M blocks whose words are all different, and their columns."""
    words = np.arange(blocks * m * m).reshape(blocks, m, m)
    return words.reshape(-1, m).tolist(), words.transpose(0, 2, 1).reshape(-1, m).tolist()


@pytest.mark.parametrize(("idle", "pause"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.3, 0.3), (0.1, 0.8)])
@pytest.mark.parametrize("m", [2, 4, 8, 16, 32])
def test_the_columns_of_every_block_come_out_in_order(m: int, idle: float, pause: float) -> None:
    rows, columns = blocks_of_words(m, blocks=5 if m < 16 else 3)
    block = Transposer(m)
    _, taken = run(
        block, [Feeder(block.input, rows, idle, seed=3), Collector(block.output, len(columns), pause, seed=4)]
    )
    assert taken.words == columns


@pytest.mark.parametrize("m", [2, 8])
def test_blocks_follow_each_other_without_a_lost_clock(m: int) -> None:
    rows, columns = blocks_of_words(m, blocks=6)
    block = Transposer(m)
    fed, taken = run(block, [Feeder(block.input, rows), Collector(block.output, len(columns))])
    assert fed.clocks == list(range(len(rows)))
    first = m - 1 + block.latency
    assert taken.clocks == list(range(first, first + len(columns)))


def test_it_takes_two_blocks_while_no_column_leaves_and_no_third() -> None:
    block = Transposer(4)
    ready = []

    async def bench(ctx: Any) -> None:
        ctx.set(block.input.valid, 1)
        for _ in range(10):
            ready.append(ctx.get(block.input.ready))
            await ctx.tick()

    simulate(block, bench)
    assert ready == [1] * 8 + [0] * 2


@pytest.mark.parametrize("rows_before", [1, 3, 4, 6, 9])
def test_reset_drops_begun_and_full_blocks(rows_before: int) -> None:
    rows, columns = blocks_of_words(4, blocks=2)
    block = Transposer(4)
    design, reset = resettable(block)
    seen = []

    async def bench(ctx: Any) -> None:
        ctx.set(block.input.valid, 1)
        for _ in range(rows_before):
            await ctx.tick()
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        ctx.set(block.output.ready, 1)
        for row in rows:
            ctx.set(block.input.payload, row)
            *_, valid, column = await ctx.tick().sample(block.output.valid, block.output.payload)
            seen.append(column if valid else None)

    simulate(design, bench)
    assert seen == [None] * 4 + columns[:4]


@pytest.mark.parametrize("m", [0, 1, 3, 12])
def test_a_block_that_is_no_power_of_two_is_refused(m: int) -> None:
    assert_refused(partial(Transposer, m), ValueError, f"a block has a power of two of rows, at least 2, not {m}")
