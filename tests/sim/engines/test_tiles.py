"""A mapping's tiles in program order, against the loops that they stand for."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from naive_mapping import parts_of
from samples import BOARD, machines, steps

from arch.design import Design
from dataflow.products import Product, TrainingStep
from dataflow.scheduler import Mapping, schedule_step
from dataflow.tables import product_rows
from sim.engines.tiles import tile_at, tile_count

Step = tuple[int, int, int, bool, bool, bool, bool]


def walked(product: Product, mapping: Mapping) -> Iterator[Step]:
    """Sizes, which operand is new, first and last part, as nested loops give them."""
    along_m = list(enumerate(parts_of(product.m, mapping.tile_m)))
    along_n = list(enumerate(parts_of(product.n, mapping.tile_n)))
    outer = [(m, n) for m in along_m for n in along_n]
    if mapping.loop_order == "nmk":
        outer = [(m, n) for n in along_n for m in along_m]
    along_k = list(enumerate(parts_of(product.k, mapping.tile_k)))
    for _ in range(product.count):
        held_left = held_right = None
        for (im, m), (jn, n) in outer:
            for ik, k in along_k:
                yield m, n, k, held_left != (im, ik), held_right != (jn, ik), ik == 0, ik == len(along_k) - 1
                held_left, held_right = (im, ik), (jn, ik)


@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines())
def test_tiles_come_in_the_order_of_the_loops(step: TrainingStep, design: Design) -> None:
    for product, entry in schedule_step(step, design, BOARD).by_product.items():
        row = product_rows([product])[0]
        expected = list(walked(product, entry.mapping))
        assert tile_count(row, entry.row) == len(expected)
        for index, tile in enumerate(expected):
            assert tuple(tile_at(row, entry.row, index)) == tile
