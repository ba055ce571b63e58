"""Why a product cannot be mapped: the smallest tile of the space, its bytes, and the halves that it exceeds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, TINY, machines, single_product, steps

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.dataflow.misfit import misfit_reason, smallest_tile
from heddle.dataflow.scheduler import schedule_products
from heddle.dataflow.step_items import Product, ProductPass, TrainingStep


def products_of(step: TrainingStep) -> list[Product]:
    found = (product for item in step.items if isinstance(item, ProductPass) for product in item.products)
    return list(dict.fromkeys(found))


@settings(max_examples=40, deadline=None)
@given(step=steps(), design=machines(), divisor=st.sampled_from([1, 16, 256]))
def test_a_product_has_a_mapping_exactly_where_its_smallest_tile_fits(
    step: TrainingStep, design: Design, divisor: int
) -> None:
    sizes = {name: size for name, size in design.buffers.model_dump().items() if name.endswith("_bytes")}
    buffers = {f"buffers.{name}": max(2, size // divisor) for name, size in sizes.items()}
    small = override(design, {**buffers, "memory.unlimited": False})
    halves = [getattr(small.buffers, name) // 2 for name in sizes]
    products = products_of(step)
    for product, found in zip(products, schedule_products(products, small, BOARD), strict=True):
        taken = smallest_tile(product, small).buffer_bytes
        fits = all(nbytes <= half for nbytes, half in zip(taken, halves, strict=True))
        assert fits == (found is not None)


def test_the_reason_gives_the_tile_its_bytes_and_the_half_that_it_exceeds() -> None:
    (product,) = products_of(single_product(64, 256, 64))
    small = override(TINY, {"buffers.activation_bytes": 6})
    tile = smallest_tile(product, small)
    left, right, out = tile.buffer_bytes
    assert misfit_reason(product, small) == (
        f"the smallest tile, {tile.m} x {tile.k} x {tile.n} of {product.m} x {product.k} x {product.n} (m x k x n), "
        f"takes activation {left}, weight {right}, output {out} bytes, "
        "which exceeds half the activation buffer (3 bytes)"
    )
    assert (tile.m, tile.n, out) == (TINY.array.rows, TINY.array.cols, TINY.array.rows * TINY.array.cols * 4)


def test_every_buffer_that_is_too_small_is_named() -> None:
    (product,) = products_of(single_product(64, 256, 64))
    small = override(TINY, {"buffers.weight_bytes": 2, "buffers.output_bytes": 4})
    assert misfit_reason(product, small).endswith(
        "which exceeds half the weight buffer (1 bytes) and half the output buffer (2 bytes)"
    )


@pytest.mark.parametrize(("axes", "rows", "cols"), [("rows", 4, 1), ("cols", 1, 4)])
def test_os_alone_needs_room_for_its_interleave(axes: str, rows: int, cols: int) -> None:
    (product,) = products_of(single_product(512, 64, 512))
    only_os = override(TINY, {"array.dataflows": ["os"], "array.interleave": 4, "array.interleave_axes": axes})
    tile = smallest_tile(product, only_os)
    assert (tile.m, tile.n) == (TINY.array.rows * rows, TINY.array.cols * cols)


def test_of_the_interleave_splits_the_one_closest_to_fitting_is_shown() -> None:
    (product,) = products_of(single_product(512, 64, 512))
    only_os = override(TINY, {"array.dataflows": ["os"], "array.interleave": 4, "array.interleave_axes": "both"})
    tile = smallest_tile(product, override(only_os, {"buffers.activation_bytes": 2}))
    assert (tile.m, tile.n) == (TINY.array.rows, TINY.array.cols * 4)
