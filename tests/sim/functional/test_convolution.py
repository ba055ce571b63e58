"""A convolution's matrices against the convolution's definition, one multiply-add at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from heddle.arch.errors import HeddleError
from heddle.dataflow.convolution import Geometry
from heddle.dataflow.lowering import NOT_PRUNED, LayerShape, backward_products
from heddle.sim.functional.convolution import kernel_matrix, phase_kernel, phase_windows, place_phase, windows

Double = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Layer:
    geometry: Geometry
    size: tuple[int, int]
    x: Double
    weights: Double
    gradient: Double


def whole_numbers(seed: int, *shape: int) -> Double:
    """Small ones: float64 adds and multiplies them exactly, in any order."""
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(np.float64)


def layer_of(geometry: Geometry, size: tuple[int, int], batch: int = 2, seed: int = 0) -> Layer:
    return Layer(
        geometry,
        size,
        whole_numbers(seed, batch, *size, 3),
        whole_numbers(seed + 1, *geometry.kernel, 3, 2),
        whole_numbers(seed + 2, batch, *geometry.out_size(size), 2),
    )


def pairs(least: int, most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(least, most), st.integers(least, most))


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    kernel, stride, padding, dilation = (draw(pairs(*bounds)) for bounds in ((1, 4), (1, 4), (0, 3), (1, 3)))
    geometry = Geometry(kernel, stride, padding, dilation)
    least = [max(1, (k - 1) * d + 1 - 2 * p) for k, d, p in zip(kernel, dilation, padding, strict=True)]
    size = tuple(draw(st.integers(low, low + 6)) for low in least)
    return layer_of(geometry, (size[0], size[1]), batch=draw(st.integers(1, 2)), seed=draw(st.integers(0, 9)))


def meetings(layer: Layer) -> Iterator[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]:
    """Every output pixel, tap and input pixel that meet, by the definition of a convolution."""
    height, width = layer.size
    _, out_height, out_width, _ = layer.gradient.shape
    (stride_y, stride_x), (pad_y, pad_x) = layer.geometry.stride, layer.geometry.padding
    dilation_y, dilation_x = layer.geometry.dilation
    for out_y, out_x in product(range(out_height), range(out_width)):
        for tap_y, tap_x in product(range(layer.geometry.kernel[0]), range(layer.geometry.kernel[1])):
            y = out_y * stride_y + tap_y * dilation_y - pad_y
            x = out_x * stride_x + tap_x * dilation_x - pad_x
            if 0 <= y < height and 0 <= x < width:
                yield (out_y, out_x), (tap_y, tap_x), (y, x)


def direct_forward(layer: Layer) -> Double:
    total = np.zeros(layer.gradient.shape)
    for (out_y, out_x), tap, (y, x) in meetings(layer):
        total[:, out_y, out_x] += layer.x[:, y, x] @ layer.weights[tap]
    return total


def direct_input_gradient(layer: Layer) -> Double:
    total = np.zeros(layer.x.shape)
    for (out_y, out_x), tap, (y, x) in meetings(layer):
        total[:, y, x] += layer.gradient[:, out_y, out_x] @ layer.weights[tap].T
    return total


def direct_weight_gradient(layer: Layer) -> Double:
    total = np.zeros(layer.weights.shape)
    for (out_y, out_x), tap, (y, x) in meetings(layer):
        total[tap] += layer.x[:, y, x].T @ layer.gradient[:, out_y, out_x]
    return total


def input_gradient(layer: Layer) -> Double:
    total = np.zeros(layer.x.shape)
    for phase in layer.geometry.phases(layer.size):
        result = phase_windows(layer.gradient, phase) @ phase_kernel(layer.weights, phase)
        place_phase(result, phase, total)
    return total


STRIDE_BEYOND_THE_KERNEL = layer_of(Geometry((1, 2), stride=(3, 3)), (7, 8))
MAP_NOT_DIVIDED_BY_THE_STRIDE = layer_of(Geometry((3, 3), stride=(2, 2)), (6, 8))
PADDING_BEYOND_THE_WINDOW = layer_of(Geometry((2, 2), padding=(3, 3)), (1, 1))


@example(STRIDE_BEYOND_THE_KERNEL)
@example(MAP_NOT_DIVIDED_BY_THE_STRIDE)
@example(PADDING_BEYOND_THE_WINDOW)
@settings(max_examples=60)
@given(layer=layers())
def test_the_products_of_the_matrices_are_the_convolution_and_its_gradients(layer: Layer) -> None:
    seen = windows(layer.x, layer.geometry)
    forward = seen @ kernel_matrix(layer.weights)
    assert np.array_equal(forward.reshape(layer.gradient.shape), direct_forward(layer))
    weight_gradient = seen.T @ layer.gradient.reshape(-1, 2)
    assert np.array_equal(weight_gradient.reshape(layer.weights.shape), direct_weight_gradient(layer))
    assert np.array_equal(input_gradient(layer), direct_input_gradient(layer))


@settings(max_examples=60)
@given(layer=layers())
def test_every_tap_of_every_phase_meets_an_output_pixel_and_no_pixel_is_in_two_phases(layer: Layer) -> None:
    times = np.zeros((1, *layer.size, 1), np.int64)
    for phase in layer.geometry.phases(layer.size):
        assert phase.rows.taps
        assert phase.cols.taps
        times[:, phase.rows.positions, phase.cols.positions] += 1
    assert times.max(initial=0) <= 1


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_phases_are_those_of_the_lowering(kernel: int, stride: int) -> None:
    shape = LayerShape(1, 1, 1, 1, 3, 2, (kernel, kernel), (stride, stride), 1)
    counted = sorted(product.k for product in backward_products(shape, None, NOT_PRUNED) for _ in range(product.count))
    phases = Geometry((kernel, kernel), (stride, stride), (kernel // 2, kernel // 2)).phases((12, 12))
    assert sorted(len(phase.rows.taps) * len(phase.cols.taps) * 2 for phase in phases) == counted


def test_k_counts_taps_by_row_and_column_and_then_channels() -> None:
    x = np.arange(2 * 3 * 2, dtype=np.uint16).reshape(1, 2, 3, 2)
    seen = windows(x, Geometry((2, 2)))
    assert seen.dtype == np.uint16
    assert seen.tolist() == [[0, 1, 2, 3, 6, 7, 8, 9], [2, 3, 4, 5, 8, 9, 10, 11]]
    weights = np.arange(8).reshape(2, 2, 2, 1)
    assert kernel_matrix(weights).ravel().tolist() == list(range(8))


def test_in_bp_taps_fall_and_output_pixels_rise() -> None:
    geometry = Geometry((1, 3), padding=(0, 1))
    (phase,) = geometry.phases((1, 3))
    gradient = np.array([1, 2, 3]).reshape(1, 1, 3, 1)
    assert phase_windows(gradient, phase).tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 0]]
    weights = np.array([10, 20, 30]).reshape(1, 3, 1, 1)
    assert phase_kernel(weights, phase).ravel().tolist() == [30, 20, 10]


def test_phases_come_by_the_residue_of_the_padded_position() -> None:
    phases = Geometry((1, 3), stride=(1, 2), padding=(0, 1)).phases((1, 6))
    assert [phase.cols.taps for phase in phases] == [(2, 0), (1,)]
    assert [phase.cols.first for phase in phases] == [1, 0]


def test_input_pixels_that_no_tap_meets_have_no_phase() -> None:
    phases = Geometry((1, 1), stride=(3, 3)).phases((9, 9))
    assert [(phase.rows.first, phase.cols.first) for phase in phases] == [(0, 0)]


def test_a_window_larger_than_the_padded_map_is_refused() -> None:
    with pytest.raises(HeddleError, match="a window over 5 columns does not fit a map of 2, padded by 1 on each side"):
        Geometry((1, 3), padding=(0, 1), dilation=(1, 2)).out_size((3, 2))
