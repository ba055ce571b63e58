"""A mapping's tiles in program order, against the loops that they stand for."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from naive_engines import steps_of
from samples import BOARD, machines, steps

from heddle.arch.design import Design
from heddle.dataflow.kernel_rows import product_rows
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.sim.engines.tiles import CURSOR, advance, exists, grid_of, rewind, size_of, tile_at, tile_count


@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines())
def test_tiles_come_in_the_order_of_the_loops(step: TrainingStep, design: Design) -> None:
    cursor = np.zeros(1, CURSOR)[0]
    for product, entry in schedule_step(step, design, BOARD).by_product.items():
        row, grid = product_rows([product])[0], grid_of(entry.row)
        expected = list(steps_of(product, entry.mapping))
        assert tile_count(row, grid) == len(expected)
        rewind(cursor)
        for index, (m, n, k, new_left, new_right, first_part, last_part) in enumerate(expected):
            tile = tile_at(cursor, grid)
            assert cursor["step"] == index
            assert exists(entry.row, tile.kind)
            assert tuple(size_of(row, entry.row, tile.kind)) == (m, n, k)
            assert tuple(tile)[1:] == (new_left, new_right, first_part, last_part)
            advance(cursor, grid)
