"""The three products of a layer: their sizes against counting pixels, taps and channels one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import conv, conv_layers

from heddle.dataflow.lowering import (
    NOT_PRUNED,
    LayerShape,
    Pruning,
    backward_products,
    forward_products,
    matmul_products,
    weight_gradient_products,
)
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer
from heddle.dataflow.recipes import SparseOperand
from heddle.dataflow.step_items import Product

KERNELS_AND_STRIDES = [(kernel, stride) for kernel in (1, 3, 5, 7) for stride in (1, 2, 3)]


def dense_macs(products: tuple[Product, ...]) -> int:
    return sum(product.dense_macs for product in products)


def stored_bits(products: tuple[Product, ...]) -> float:
    return sum(product.count * product.m * product.n * product.out_bits for product in products)


def taps_met_by_input_row(layer: ConvLayer, row: int) -> int:
    """Output rows, of a map that goes on for ever, whose window holds input row ``row``."""
    pad = layer.kernel_height // 2
    outputs = range(-layer.kernel_height - row, row + 2 * layer.kernel_height)
    return sum(0 <= row + pad - out * layer.stride_height < layer.kernel_height for out in outputs)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(("kernel", "stride"), KERNELS_AND_STRIDES)
def test_ff_bp_and_wu_have_the_same_dense_macs(kernel: int, stride: int, groups: int) -> None:
    layer = conv(size=14, channels=(8, 16), kernel=kernel, stride=stride, groups=groups)
    shape = LayerShape.of(layer, batch=3)
    passes = (
        forward_products(shape, NOT_PRUNED),
        backward_products(shape, None, NOT_PRUNED),
        weight_gradient_products(shape, None, NOT_PRUNED),
    )
    assert [dense_macs(products) for products in passes] == [3 * layer.macs] * 3


@settings(max_examples=100, deadline=None)
@given(layer=conv_layers(), batch=st.integers(1, 4), operand=st.sampled_from(("weight", "dy", None)))
def test_a_pruned_pass_has_the_dense_macs_of_the_others(layer: ConvLayer, batch: int, operand: str | None) -> None:
    shape, pruning = LayerShape.of(layer, batch), Pruning(1, 4)
    assert dense_macs(forward_products(shape, pruning)) == batch * layer.macs
    backward = backward_products(shape, "dy" if operand == "dy" else "weight", pruning)
    assert dense_macs(backward) == batch * layer.macs
    gradient = weight_gradient_products(shape, "x" if operand == "weight" else "dy", pruning)
    assert dense_macs(gradient) == batch * layer.macs


@pytest.mark.parametrize(("kernel", "stride"), KERNELS_AND_STRIDES)
def test_bp_phases_are_the_taps_that_meet_an_interior_input_pixel(kernel: int, stride: int) -> None:
    layer = conv(size=30, channels=(4, 8), kernel=kernel, stride=stride)
    met = [taps_met_by_input_row(layer, row) for row in range(12, 12 + stride)]
    counted = Counter(rows * cols for rows in met for cols in met if rows and cols)
    products = backward_products(LayerShape.of(layer, 1), None, NOT_PRUNED)
    found: Counter[int] = Counter()
    for product in products:
        found[product.k // layer.out_channels] += product.count
    assert found == counted


def test_a_stride_beyond_the_kernel_leaves_phases_out() -> None:
    products = backward_products(LayerShape.of(conv(size=9, kernel=1, stride=3), 1), None, NOT_PRUNED)
    assert [(product.k, product.count) for product in products] == [(8, 1)]


def test_equal_phases_are_one_product_counted_several_times() -> None:
    products = backward_products(LayerShape.of(conv(size=8, kernel=2, stride=2), 1), None, NOT_PRUNED)
    assert [(product.k, product.count) for product in products] == [(8, 4)]


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 2), (3, 3)])
@pytest.mark.parametrize("operand", ["weight", "dy"])
def test_bp_stores_the_pixels_of_dx_that_a_tap_meets(kernel: int, stride: int, operand: SparseOperand) -> None:
    out = 12 // stride
    layer = ConvLayer("conv", 12, 12, 8, out, out, 16, kernel, kernel, stride, stride, groups=2)
    met = 12 * min(kernel, stride) // stride
    assert stored_bits(backward_products(LayerShape.of(layer, 3), operand, Pruning(2, 8))) == 3 * met * met * 8 * 16


def test_bp_stores_the_pixels_of_one_phase_where_the_stride_divides_the_dilation() -> None:
    layer = ConvLayer("conv", 12, 12, 8, 5, 5, 16, 2, 2, 2, 2, dilation=(2, 2))
    products = backward_products(LayerShape.of(layer, 3), "weight", NOT_PRUNED)
    assert [(product.count, product.left.taps, product.left.row_taps) for product in products] == [(1, 4, 2)]
    assert stored_bits(products) == pytest.approx(3 * 6 * 6 * 8 * 16)


@pytest.mark.parametrize(("size", "kernel", "stride"), [(8, 5, 1), (57, 3, 2), (9, 7, 2)])
def test_bp_stores_all_of_dx_where_windows_without_padding_meet_all_its_pixels(
    size: int, kernel: int, stride: int
) -> None:
    out = (size - kernel) // stride + 1
    layer = ConvLayer("conv", size, size, 8, out, out, 16, kernel, kernel, stride, stride)
    products = backward_products(LayerShape.of(layer, 3), "weight", NOT_PRUNED)
    assert stored_bits(products) == pytest.approx(3 * size * size * 8 * 16)


def test_ff_is_x_times_w() -> None:
    layer = conv(size=8, channels=(16, 32), kernel=3)
    (product,) = forward_products(LayerShape.of(layer, 5), NOT_PRUNED)
    assert (product.m, product.k, product.n) == (5 * 64, 9 * 16, 32)
    assert product.left.taps == 9
    assert not product.left.pixels_on_k
    assert product.right.tiled


def test_bp_is_dy_times_w_transposed() -> None:
    layer = conv(size=8, channels=(16, 32), kernel=3)
    (product,) = backward_products(LayerShape.of(layer, 5), "weight", Pruning(2, 8))
    assert (product.m, product.k, product.n) == (5 * 64, 9 * 32, 16)
    assert product.slots == 9 * 32 // 4


def test_wu_is_x_transposed_times_dy_reduced_over_batch_and_pixels_and_stored_as_fp32() -> None:
    layer = conv(size=8, channels=(16, 32), kernel=3)
    (product,) = weight_gradient_products(LayerShape.of(layer, 5), "dy", Pruning(2, 8))
    assert (product.m, product.k, product.n) == (9 * 16, 5 * 64, 32)
    assert product.slots == 5 * 64 // 4
    assert product.left.pixels_on_k
    assert product.right.pixels_on_k
    assert product.out_bits == 32


def test_wu_with_x_pruned_is_turned_round() -> None:
    layer = conv(size=8, channels=(16, 32), kernel=3)
    (product,) = weight_gradient_products(LayerShape.of(layer, 5), "x", Pruning(2, 8))
    assert (product.m, product.k, product.n) == (32, 5 * 64, 9 * 16)
    assert product.transposed
    assert product.right.taps == 9


def test_x_over_several_taps_is_pruned_on_load_and_over_one_tap_lies_packed() -> None:
    packed = {}
    for kernel in (1, 3):
        shape = LayerShape.of(conv(kernel=kernel), 1)
        (packed[kernel],) = weight_gradient_products(shape, "x", Pruning(2, 8))
    assert (packed[1].prune_on_load, packed[1].right.bits) == (False, 19)
    assert (packed[3].prune_on_load, packed[3].right.bits) == (True, 16)


def test_bp_with_dy_pruned_is_turned_round_and_writes_dx_channels_first() -> None:
    layer = conv(size=8, channels=(16, 32), kernel=3)
    (product,) = backward_products(LayerShape.of(layer, 1), "dy", Pruning(2, 8))
    assert (product.m, product.k, product.n) == (16, 9 * 32, 64)
    assert product.out_channels_on_m


def test_a_group_convolution_is_one_product_a_group() -> None:
    (product,) = forward_products(LayerShape.of(conv(channels=(8, 16), groups=4), 1), NOT_PRUNED)
    assert (product.k, product.n, product.count) == (9 * 2, 4, 4)


def test_a_linear_layer_is_a_one_by_one_convolution_of_its_rows() -> None:
    shape = LayerShape.of(LinearLayer("l", rows=7, in_features=16, out_features=24), batch=2)
    (product,) = forward_products(shape, NOT_PRUNED)
    assert (product.m, product.k, product.n) == (14, 16, 24)
    assert (product.left.taps, product.left.pixel_step, product.left.halo) == (1, 1.0, 0.0)


def test_steps_that_wait_for_each_other_are_products_of_their_own_and_one_gradient() -> None:
    shape = LayerShape.of(LinearLayer("state", rows=12, in_features=16, out_features=64, steps=12), batch=4)
    (ff,) = forward_products(shape, NOT_PRUNED)
    (bp,) = backward_products(shape, None, NOT_PRUNED)
    (wu,) = weight_gradient_products(shape, None, NOT_PRUNED)
    assert (ff.m, ff.k, ff.n, ff.count) == (4, 16, 64, 12)
    assert (bp.m, bp.k, bp.n, bp.count) == (4, 64, 16, 12)
    assert (wu.m, wu.k, wu.n, wu.count) == (16, 48, 64, 1)


def test_a_tile_of_a_strided_window_touches_step_pixels_a_row_and_the_overlap_once() -> None:
    (product,) = forward_products(LayerShape.of(conv(size=8, kernel=3, stride=2), 1), NOT_PRUNED)
    assert product.left.pixel_step == 4.0  # 64 input pixels for 16 outputs
    assert product.left.halo == 8.0  # one row of 8 pixels stays in the next window


@pytest.mark.parametrize(("m", "bits"), [(1, 16), (2, 17), (4, 18), (8, 19), (16, 20), (32, 21)])
def test_a_packed_value_takes_16_bits_and_its_index(m: int, bits: int) -> None:
    assert Pruning(1, m).bits == bits
    assert Pruning(1, m, on_load=True).bits == 16


def test_attention_products_are_dense_and_repeated() -> None:
    (product,) = matmul_products(MatmulLayer("qk", 5, 6, 7, count=4), "ff", 2)
    assert product.macs == product.dense_macs == 5 * 6 * 7 * 8


def test_only_the_right_operands_gradient_of_attention_reads_its_left_operand_along_pixels() -> None:
    layer = MatmulLayer("qk", 5, 6, 7)
    along_pixels = {name: matmul_products(layer, name, 1)[0].left.pixels_on_k for name in ("ff", "bp", "wu")}
    assert along_pixels == {"ff": False, "bp": False, "wu": True}


def test_the_right_operands_gradient_of_attention_is_read_as_a_linear_layers_weight_gradient_is() -> None:
    (of_matmul,) = matmul_products(MatmulLayer("qk", 5, 6, 7), "wu", 1)
    (of_linear,) = weight_gradient_products(LayerShape.of(LinearLayer("fc", 5, 6, 7), 1), None, NOT_PRUNED)
    assert of_matmul == replace(of_linear, out_bits=16, out_tiled=False)


def test_tiles_of_a_kernel_of_one_row_share_its_columns() -> None:
    row = ConvLayer("row", 1, 100, 8, 1, 86, 8, kernel_height=1, kernel_width=15)
    shape = LayerShape.of(row, 1)
    (ff,), (bp,) = forward_products(shape, NOT_PRUNED), backward_products(shape, None, NOT_PRUNED)
    assert (ff.left.halo, bp.left.halo) == (14.0, 14.0)
    strided = LayerShape.of(replace(row, stride_width=5, out_width=18), 1)
    assert forward_products(strided, NOT_PRUNED)[0].left.halo == 10.0


@pytest.mark.parametrize(("dilation", "row_taps"), [(1, 5), (2, 1)])
def test_taps_of_a_kernel_row_read_pixels_that_follow_each_other_unless_they_lie_apart(
    dilation: int, row_taps: int
) -> None:
    layer = ConvLayer("conv", 9, 9, 8, 9, 9, 8, 3, 5, dilation=(1, dilation))
    shape = LayerShape.of(layer, 1)
    (forward,), (gradient,) = forward_products(shape, NOT_PRUNED), weight_gradient_products(shape, None, NOT_PRUNED)
    (backward,) = backward_products(shape, None, NOT_PRUNED)
    assert [product.left.row_taps for product in (forward, backward, gradient)] == [row_taps] * 3


def test_a_phase_of_bp_has_rows_of_the_taps_that_meet_its_pixels() -> None:
    shape = LayerShape.of(conv(size=8, kernel=3, stride=2), 1)
    products = backward_products(shape, None, NOT_PRUNED)
    assert {(product.left.taps, product.left.row_taps) for product in products} == {(4, 2), (2, 1), (2, 2), (1, 1)}
