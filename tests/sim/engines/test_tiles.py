"""A mapping's tiles in program order, against the loops that they stand for."""

from __future__ import annotations

from hypothesis import given, settings
from naive_engines import steps_of
from samples import BOARD, machines, steps

from heddle.arch.design import Design
from heddle.dataflow.kernel_rows import product_rows
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.sim.engines.tiles import tile_at, tile_count


@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines())
def test_tiles_come_in_the_order_of_the_loops(step: TrainingStep, design: Design) -> None:
    for product, entry in schedule_step(step, design, BOARD).by_product.items():
        row = product_rows([product])[0]
        expected = list(steps_of(product, entry.mapping))
        assert tile_count(row, entry.row) == len(expected)
        for index, tile in enumerate(expected):
            assert tuple(tile_at(row, entry.row, index)) == tile
