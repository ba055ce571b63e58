"""Products whose numbers are easily wrong: weights used twice, batches in other places, both sides broadcast."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import helper
from onnx_models import integers, model_of, read, weight

from heddle.dataflow.input_sizes import InputSizes, input_sizes
from heddle.dataflow.network import LinearLayer, MatmulLayer

node = helper.make_node


def test_a_weight_of_two_convolutions_is_counted_once(tmp_path: Path) -> None:
    nodes = [
        node("Conv", ["x", "a"], ["t"], "first", pads=[1] * 4),
        node("Conv", ["t", "w", "b"], ["u"], "once", pads=[1] * 4),
        node("Conv", ["u", "w", "b"], ["z"], "again", pads=[1] * 4),
    ]
    weights = [weight("a", 16, 3, 3, 3), weight("w", 16, 16, 3, 3), weight("b", 16)]
    network = read(tmp_path, model_of(nodes, weights, {"x": [1, 3, 8, 8]}))
    assert network.parameters == 16 * 27 + 16 * 144 + 16
    assert network.macs == 64 * 16 * (27 + 144 + 144)
    assert [layer.weight_of for layer in network.weighted_layers] == ["", "", "once"]
    assert network.notes == ("weights that several layers use are counted and updated once: 'again (that of once)'",)


def test_an_unrolled_recurrence_counts_its_weights_once(tmp_path: Path) -> None:
    """The first step's state is a constant, so its product is one too, and its sum must not claim the weight."""
    nodes = [node("MatMul", ["h0", "r"], ["s0"], "state0"), node("Slice", ["x", "i0", "i1", "one"], ["x0"])]
    nodes += [node("MatMul", ["x0", "w"], ["a0"], "in0"), node("Add", ["s0", "a0"], ["h1"], "sum0")]
    for step in (1, 2):
        nodes += [
            node("MatMul", [f"h{step}", "r"], [f"s{step}"], f"state{step}"),
            node("Slice", ["x", f"i{step}", f"i{step + 1}", "one"], [f"x{step}"]),
            node("MatMul", [f"x{step}", "w"], [f"a{step}"], f"in{step}"),
            node("Add", [f"s{step}", f"a{step}"], [f"h{step + 1}"], f"sum{step}"),
        ]
    nodes.append(node("Flatten", ["h3"], ["y"]))
    weights = [weight("h0", 1, 1, 8), weight("r", 8, 8), weight("w", 4, 8), integers("one", 1)]
    weights += [integers(f"i{step}", step) for step in range(4)]
    network = read(tmp_path, model_of(nodes, weights, {"x": ["N", 3, 4]}))
    assert network.macs == 3 * 4 * 8 + 2 * 8 * 8
    assert network.parameters == 4 * 8 + 8 * 8 + 8
    assert {layer.name: layer.weight_of for layer in network.weighted_layers} == {
        "in0": "", "state1": "", "in1": "in0", "state2": "state1", "in2": "in0"
    }  # fmt: skip


def test_a_table_that_is_the_classifier_too_is_counted_once(tmp_path: Path) -> None:
    nodes = [
        node("Gather", ["words.weight", "ids"], ["e"]),
        node("Transpose", ["words.weight"], ["turned"], perm=[1, 0]),
        node("MatMul", ["e", "turned"], ["t"], "logits"),
        node("Flatten", ["t"], ["y"]),
    ]
    model = model_of(nodes, [weight("words.weight", 50, 16)], {"ids": ["N", 6]}, integer_inputs=True)
    network = read(tmp_path, model)
    assert network.parameters == 50 * 16
    assert network.weighted_layers == (LinearLayer("words#2", 6, 16, 50, weight_of="words"),)


def test_parts_of_one_stored_weight_are_weights_of_their_own(tmp_path: Path) -> None:
    nodes = [node("Split", ["w"], ["q", "k"], axis=1)]
    nodes += [node("MatMul", ["x", part], [f"x{part}"], part) for part in "qk"]
    nodes += [node("MatMul", ["x", "q"], ["xq2"], "q2"), node("Sum", ["xq", "xk", "xq2"], ["y"])]
    network = read(tmp_path, model_of(nodes, [weight("w", 8, 16)], {"x": ["N", 8]}, opset=11))
    assert [layer.weight_of for layer in network.weighted_layers] == ["", "", "q"]
    assert network.parameters == 8 * 16


def test_the_order_of_inputs_changes_nothing(tmp_path: Path) -> None:
    nodes = [
        node("Gather", ["table", "pos"], ["p"]),
        node("MatMul", ["x", "w"], ["a"], "m"),
        node("Add", ["a", "p"], ["t"], "sum"),
        node("Flatten", ["t"], ["y"]),
    ]
    weights = [weight("table", 32, 64), weight("w", 64, 64)]
    model = model_of(nodes, weights, {"pos": [16], "x": [1, 16, 64]})
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    there = read(tmp_path, model, 1)
    turned = onnx.ModelProto()
    turned.CopyFrom(model)
    turned.graph.input.reverse()
    for batch in (1, 16, 32):
        assert read(tmp_path, turned, batch).layers == there.layers == read(tmp_path, model, batch).layers
    assert there.macs == 16 * 64 * 64


@pytest.mark.parametrize("batch", [1, 16, 32])
def test_what_has_no_batch_is_not_divided_by_it(tmp_path: Path, batch: int) -> None:
    """The positions' own layer runs once a step; counted for every sample, it is on the safe side."""
    nodes = [
        node("MatMul", ["pos", "v"], ["p"], "positions"),
        node("MatMul", ["x", "w"], ["a"], "m"),
        node("Add", ["a", "p"], ["t"], "sum"),
        node("Flatten", ["t"], ["y"]),
    ]
    weights = [weight("v", 8, 64), weight("w", 64, 64)]
    network = read(tmp_path, model_of(nodes, weights, {"pos": [16, 8], "x": ["batch", 16, 64]}), batch)
    assert [(layer.name, layer.rows) for layer in network.layers if isinstance(layer, LinearLayer)] == [
        ("positions", 16),
        ("m", 16),
    ]


@pytest.mark.parametrize(
    ("shape", "sizes", "products"),
    [
        ([128, 64], input_sizes(no_batch=True), [("q", 128 * 64 * 64), ("qk", 128 * 64 * 128)]),
        ([12, 2, 64], input_sizes(batch_axis=["1"]), [("q", 12 * 64 * 64), ("qk", 12 * 64 * 12)]),
        (["seq", "batch", 64], input_sizes(sequence_length=12), [("q", 12 * 64 * 64), ("qk", 12 * 64 * 12)]),
    ],
)
def test_a_file_without_a_batch_and_one_with_the_sequence_first(
    tmp_path: Path, shape: list[int | str], sizes: InputSizes, products: list[tuple[str, int]]
) -> None:
    nodes = [node("MatMul", ["x", "w"], ["q"], "q")]
    if len(shape) == 3:
        nodes += [node("Transpose", ["q"], ["a"], perm=[1, 0, 2]), node("Transpose", ["a"], ["b"], perm=[0, 2, 1])]
    else:
        nodes += [node("Identity", ["q"], ["a"]), node("Transpose", ["a"], ["b"], perm=[1, 0])]
    nodes += [node("MatMul", ["a", "b"], ["s"], "qk"), node("Flatten", ["s"], ["y"])]
    network = read(tmp_path, model_of(nodes, [weight("w", 64, 64)], {"x": shape}), 3, sizes)
    assert [(layer.name, layer.macs) for layer in network.layers] == products


def test_a_product_that_broadcasts_from_both_sides_is_counted_whole(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", ["x", "left"], ["a"]),
        node("Reshape", ["x", "right"], ["b"]),
        node("MatMul", ["a", "b"], ["c"], "both"),
        node("Flatten", ["c"], ["y"]),
    ]
    weights = [integers("left", 0, 6, 1, 2, 4), integers("right", 0, 1, 3, 4, 4)]
    network = read(tmp_path, model_of(nodes, weights, {"x": ["N", 48]}), 5)
    assert network.layers == (MatmulLayer("both", 2, 4, 4, count=18),)
