"""Layers cut to a few tiles: the window stays as it was, channels stay in whole groups, and passes still compile."""

from __future__ import annotations

import pytest

from heddle.arch.design_io import load_design
from heddle.arch.formats import FP16
from heddle.dataflow.load import load_network
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer
from heddle.dataflow.program.layer_products import LayerMaps
from heddle.dataflow.program.matmul_products import MatmulMaps
from heddle.verify.layer_cuts import cut_layer

TINY = load_design("tiny")


@pytest.mark.parametrize("name", ["resnet18", "mlp", "resnet50"])
def test_a_cut_layer_has_the_window_of_the_whole_one_and_a_few_tiles(name: str) -> None:
    for layer in load_network(name).weighted_layers:
        maps = LayerMaps.of(layer, 2, FP16)
        cut = cut_layer(maps, 2, TINY)
        assert cut.macs <= 64 * 64 * 144
        if isinstance(layer, LinearLayer):
            assert isinstance(cut, LinearLayer)
            assert cut.in_features == min(layer.in_features, 32)
            continue
        assert isinstance(cut, ConvLayer)
        assert LayerMaps.of(cut, 2, FP16).geometry == maps.geometry
        assert cut.in_channels == layer.in_channels or cut.in_channels % TINY.sparsity.m == 0
        assert 2 * cut.out_height * cut.out_width <= 2 * TINY.array.rows * TINY.array.interleave


def test_a_small_layer_stays_as_it_is() -> None:
    small = ConvLayer("small", 5, 4, 3, 3, 2, 4, 3, 3, 2, 2, padding=(1, 1, 1, 0))
    assert cut_layer(LayerMaps.of(small, 1, FP16), 1, TINY) == small


def test_of_products_of_two_activations_two_are_left_whose_last_groups_are_as_full_as_they_were() -> None:
    whole = MatmulLayer("pv", 197, 198, 67, count=12)
    for batch, count in ((1, 2), (2, 1)):
        cut = cut_layer(MatmulMaps.of(whole, batch, FP16), batch, TINY)
        assert isinstance(cut, MatmulLayer)
        assert cut.count == count
        for size, original in ((cut.m, 197), (cut.k, 198), (cut.n, 67)):
            assert 28 < size <= 32
            assert size % TINY.sparsity.m == original % TINY.sparsity.m


def test_small_products_of_two_activations_stay_as_they_are() -> None:
    small = MatmulLayer("qk", 9, 3, 7)
    assert cut_layer(MatmulMaps.of(small, 2, FP16), 2, TINY) == small
