"""N:M of single layers from a topology: what each layer runs at on hardware with other groups, and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.dataflow.layer_sparsity import with_layer_sparsities
from heddle.dataflow.network import Network
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.scalesim_import import read_scalesim
from heddle.dataflow.step_items import ProductPass
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.zoo import zoo_network

GROUPS_OF_8 = SparsityConfig(n=2, m=8)
HEADER = "Layer, M, N, K, Batch, Sparsity"


def network(folder: Path, *rows: str) -> Network:
    path = folder / "net.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return read_scalesim(path)


def test_each_layer_keeps_what_its_row_says_in_the_hardware_s_groups(tmp_path: Path) -> None:
    given = network(tmp_path, "a,128,96,256,,2:4", "b,128,96,256,,1:4", "c,64,64,64,,2:8", "d,64,64,64,,4:4", "e,8,8,8")
    loaded, own = with_layer_sparsities(given, GROUPS_OF_8)
    options = StepOptions(batch=1, passes=("ff",), layer_sparsities=own)
    step = training_step(loaded, recipe_named("bdwp"), GROUPS_OF_8, options)
    products = {item.layer: item.products[0] for item in step.items if isinstance(item, ProductPass)}
    assert {name: product.sparsity_text for name, product in products.items()} == {
        "a": "4:8",
        "b": "2:8",
        "c": "2:8",
        "d": "dense",
        "e": "dense",  # the classifier, which has no ratio
    }
    assert products["a"].macs == 128 * 96 * 256 // 2
    assert products["b"].macs == 128 * 96 * 256 // 4
    assert loaded.notes == ("N:M by layer, as the file says: 2:8 in 2 layers, 4:8 in 1 layer",)


def test_a_last_layer_with_a_ratio_is_pruned(tmp_path: Path) -> None:
    given = network(tmp_path, *(f"{name},64,64,64,,2:4" for name in "abc"))
    assert given.weighted_layers[-1].keep_dense
    loaded, _ = with_layer_sparsities(given, GROUPS_OF_8)
    assert not loaded.weighted_layers[-1].keep_dense


def test_what_stays_dense_in_spite_of_its_ratio_is_named(tmp_path: Path) -> None:
    given = network(tmp_path, "a,64,64,64,,2:4", "odd,64,60,64,,2:4", "qk,64,64,64,8,2:4")
    loaded, _ = with_layer_sparsities(given, GROUPS_OF_8)
    assert loaded.notes == (
        "N:M by layer, as the file says: 4:8 in 1 layer",
        "dense in spite of a ratio, without weights in whole groups: 'odd' and 1 more",
    )


def test_equal_layers_at_one_ratio_are_one(tmp_path: Path) -> None:
    rows = [f"l{at},64,{60 if at % 5 == 4 else 64},64,,{('2:4', '1:4')[at % 2]}" for at in range(200)]
    loaded, own = with_layer_sparsities(network(tmp_path, *rows), GROUPS_OF_8)
    assert [own[f"l{at}"].n for at in range(4)] == [4, 2, 4, 2]
    assert len(loaded.rows.distinct) <= 6
    assert loaded.notes == (
        "N:M by layer, as the file says: 2:8 in 80 layers, 4:8 in 80 layers",
        "dense in spite of a ratio, without weights in whole groups: 'l4' and 39 more",
    )
    options = StepOptions(batch=1, layer_sparsities=own)
    assert len(training_step(loaded, recipe_named("bdwp"), GROUPS_OF_8, options).rows.distinct) <= 6 * 4


def test_groups_that_do_not_lie_whole_in_the_hardware_s_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HeddleError) as caught:
        with_layer_sparsities(network(tmp_path, "a,64,64,64,,2:16"), GROUPS_OF_8)
    assert str(caught.value) == (
        "--layer-sparsity: layer 'a' keeps 2:16, whose groups do not lie whole in the design's, of 8; "
        "give --sparsity N:M with an M that 16 divides"
    )


def test_a_network_without_ratios_is_refused() -> None:
    with pytest.raises(HeddleError, match="--layer-sparsity: zoo gives no layer an N:M ratio"):
        with_layer_sparsities(zoo_network("mlp"), GROUPS_OF_8)
