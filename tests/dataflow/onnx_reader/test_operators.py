"""Operators that trainers meet, each with its multiply-adds and parameters by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx_models import error_of, model_of, read, weight

from heddle.arch.design import SparsityConfig
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer, Network, VectorLayer
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.step_items import ProductPass
from heddle.dataflow.training import StepOptions, training_step

node = helper.make_node


def network_of(
    folder: Path,
    nodes: list[onnx.NodeProto],
    weights: list[onnx.TensorProto],
    inputs: dict[str, list[int | str]],
    opset: int = 17,
) -> Network:
    """The network of these nodes, flattened at the end; the same at another batch."""
    model = model_of([*nodes, node("Flatten", [nodes[-1].output[0]], ["y"])], weights, inputs, opset=opset)
    network = read(folder, model)
    assert read(folder, model, 3).layers == network.layers
    return network


@pytest.mark.parametrize("stride", [1, 2])
def test_a_three_dimensional_convolution(tmp_path: Path, stride: int) -> None:
    conv = node("Conv", ["x", "w"], ["v"], "c3", pads=[1] * 6, strides=[stride] * 3)
    network = network_of(tmp_path, [conv], [weight("w", 8, 4, 3, 3, 3)], {"x": ["N", 4, 8, 8, 8]})
    assert network.macs == (8 // stride) ** 3 * 27 * 4 * 8
    assert network.parameters == 8 * 4 * 27
    assert network.notes == ("depth and height of 3-D convolutions are counted as one dimension: 'c3'",)
    assert isinstance(network.layers[0], ConvLayer)
    assert network.layers[0].stands_for == "3-D convolution"


@pytest.mark.parametrize(
    ("kernel", "stride", "layers"),
    [
        (2, 2, ["up"]),
        (4, 2, ["up"]),
        (3, 1, ["up"]),
        (3, 2, ["up", "up/sum"]),
    ],
)
def test_a_transposed_convolution(tmp_path: Path, kernel: int, stride: int, layers: list[str]) -> None:
    up = node("ConvTranspose", ["x", "w"], ["v"], "up", strides=[stride] * 2)
    network = network_of(tmp_path, [up], [weight("w", 8, 4, kernel, kernel)], {"x": ["N", 8, 5, 6]})
    assert network.macs == 5 * 6 * kernel**2 * 8 * 4
    assert network.parameters == 8 * 4 * kernel**2
    assert [layer.name for layer in network.layers] == layers


def test_the_bias_and_the_groups_of_a_transposed_convolution(tmp_path: Path) -> None:
    up = node("ConvTranspose", ["x", "w", "b"], ["v"], "up", strides=[2, 2], group=2)
    network = network_of(tmp_path, [up], [weight("w", 8, 3, 2, 2), weight("b", 6)], {"x": ["N", 8, 5, 6]})
    assert network.layers == (
        ConvLayer("up", 5, 6, 8, 5, 6, 24, 1, 1, groups=2, input_gradient=False, stands_for="transposed convolution"),
        VectorLayer("up/sum", "elementwise", 6 * 10 * 12, 6 * 10 * 12, parameters=6),
    )


@pytest.mark.parametrize(("operator", "gates"), [("RNN", 1), ("GRU", 3), ("LSTM", 4)])
@pytest.mark.parametrize("directions", [1, 2])
def test_a_recurrence(tmp_path: Path, operator: str, gates: int, directions: int) -> None:
    rows = gates * 32
    direction = "bidirectional" if directions == 2 else "forward"
    nodes = [node(operator, ["x", "w", "r", "b"], ["v"], "g", hidden_size=32, direction=direction)]
    weights = [
        weight("w", directions, rows, 16),
        weight("r", directions, rows, 32),
        weight("b", directions, 2 * rows),
    ]
    network = network_of(tmp_path, nodes, weights, {"x": [5, "N", 16]})
    assert network.macs == directions * 5 * rows * (16 + 32)
    assert network.parameters == directions * rows * (16 + 32 + 2)
    steps = {layer.name: layer.steps for layer in network.weighted_layers if isinstance(layer, LinearLayer)}
    assert (steps["g"], steps["g/state"]) == (1, 5)
    gradients = {layer.name: layer.input_gradient for layer in network.weighted_layers}
    assert gradients["g"] is False
    assert gradients["g/state"] is True
    assert network.notes == (
        "a recurrence's products of the state run step by step, each reading its weights; the wait for the gates "
        "between them is not counted: 'g'",
    )


@pytest.mark.parametrize(
    ("equation", "right", "layer"),
    [
        ("btd,dh->bth", (8, 5), LinearLayer("e", 6, 8, 5, input_gradient=False)),
        ("btd,hd->bth", (5, 8), LinearLayer("e", 6, 8, 5, input_gradient=False)),
        ("...d,dh->...h", (8, 5), LinearLayer("e", 6, 8, 5, input_gradient=False)),
        ("btd , dhk", (8, 2, 5), LinearLayer("e", 6, 8, 10, input_gradient=False)),
    ],
)
def test_einsum_with_a_weight(tmp_path: Path, equation: str, right: tuple[int, ...], layer: LinearLayer) -> None:
    nodes = [node("Einsum", ["x", "w"], ["v"], "e", equation=equation)]
    assert network_of(tmp_path, nodes, [weight("w", *right)], {"x": ["N", 6, 8]}).layers == (layer,)


@pytest.mark.parametrize("equation", ["bqd,bkd->bqk", "...qd,...kd->...qk"])
def test_einsum_of_activations(tmp_path: Path, equation: str) -> None:
    nodes = [node("Einsum", ["x", "z"], ["v"], "e", equation=equation)]
    network = network_of(tmp_path, nodes, [], {"x": ["N", 6, 8], "z": ["N", 7, 8]})
    assert network.layers == (MatmulLayer("e", 6, 8, 7),)


def test_einsum_of_three_operands_is_refused(tmp_path: Path) -> None:
    nodes = [node("Einsum", ["x", "x", "x"], ["y"], "e", equation="ab,ab,ac->bc")]
    assert error_of(tmp_path, model_of(nodes, [], {"x": ["N", 4]})) == (
        "node 'e' (Einsum): 'ab,ab,ac->bc' has 3 operands (valid: 1 or 2; split it)"
    )


@pytest.mark.parametrize("experts_in_data", [True, False])
def test_a_stack_of_expert_weights_is_a_grouped_product(tmp_path: Path, experts_in_data: bool) -> None:
    shape: list[int | str] = ["N", 4, 6, 8] if experts_in_data else ["N", 1, 6, 8]
    network = network_of(tmp_path, [node("MatMul", ["x", "w"], ["v"], "moe")], [weight("w", 4, 8, 5)], {"x": shape})
    assert network.layers == (ConvLayer("moe", 1, 6, 32, 1, 6, 20, 1, 1, groups=4, input_gradient=False),)
    assert (network.macs, network.parameters) == (4 * 6 * 8 * 5, 4 * 8 * 5)
    assert network.notes == ("stacks of weight matrices are counted as one grouped product each: 'moe'",)


def test_attention_of_operator_set_23(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", ["x", "w"], ["q"], "q"),
        node("MatMul", ["x", "u"], ["k"], "k"),
        node("Attention", ["q", "k", "k"], ["v"], "a", q_num_heads=4, kv_num_heads=2, is_causal=1),
    ]
    network = network_of(tmp_path, nodes, [weight("w", 64, 64), weight("u", 64, 32)], {"x": ["N", 8, 64]}, 23)
    assert network.layers[2:] == (
        MatmulLayer("a/qk", 8, 16, 8, count=4),
        VectorLayer("a/mask", "elementwise", 256, 256),
        VectorLayer("a/softmax", "softmax", 256, 256),
        MatmulLayer("a/pv", 8, 8, 16, count=4),
    )


def test_quantised_weights_and_activations_count_as_dense_ones(tmp_path: Path) -> None:
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], ["xq"]),
        node("DequantizeLinear", ["xq", "s", "z"], ["xd"]),
        node("DequantizeLinear", ["w.weight", "ws", "wz"], ["wd"], axis=0),
        node("Conv", ["xd", "wd"], ["v"], "c"),
    ]
    weights = [
        numpy_helper.from_array(np.ones((8, 4, 3, 3), np.int8), "w.weight"),
        numpy_helper.from_array(np.array(0.5, np.float32), "s"),
        numpy_helper.from_array(np.array(0, np.int8), "z"),
        weight("ws", 8),
        numpy_helper.from_array(np.zeros(8, np.int8), "wz"),
    ]
    network = network_of(tmp_path, nodes, weights, {"x": ["N", 4, 6, 6]})
    assert network.layers == (ConvLayer("w", 6, 6, 4, 4, 4, 8, 3, 3, input_gradient=False),)
    assert network.notes == (
        "quantised tensors are counted as dense FP16 ones; nodes that quantise or undo it are passed over: 3",
    )


@pytest.mark.parametrize("opset", [7, 8, 9, 10])
def test_old_operator_sets_come_through_the_converter(tmp_path: Path, opset: int) -> None:
    nodes = [
        node("Conv", ["x", "w"], ["a"], "c", pads=[1] * 4),
        node("BatchNormalization", ["a", *"sbmv"], ["n"], "bn"),
        node("Relu", ["n"], ["r"], "relu"),
        node("MaxPool", ["r"], ["p"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["p"], ["f"]),
        node("Gemm", ["f", "g", "h"], ["y"], "fc"),
    ]
    weights = [weight("w", 4, 3, 3, 3), *(weight(name, 4) for name in "sbmv"), weight("g", 64, 10), weight("h", 10)]
    model = model_of(nodes, weights, {"x": ["N", 3, 8, 8]}, opset=opset)
    network = read(tmp_path, model)
    assert [(layer.name, layer.macs) for layer in network.layers if layer.macs] == [("c", 64 * 27 * 4), ("fc", 640)]
    assert network.parameters == 108 + 8 + 650
    assert network.notes == (f"operator set {opset} was brought to 11 by ONNX's converter",)


def test_every_product_has_its_multiply_adds_in_each_pass(tmp_path: Path) -> None:
    """All three passes of a layer that the importer folds into another shape still have the same dense products."""
    nodes = [
        node("Conv", ["x", "v"], ["a"], "first", pads=[1] * 6),
        node("Conv", ["a", "w"], ["b"], "c3", pads=[1] * 6, strides=[2] * 3),
        node("ConvTranspose", ["b", "u"], ["c"], "up", strides=[2] * 3),
    ]
    weights = [weight("v", 4, 2, 3, 3, 3), weight("w", 8, 4, 3, 3, 3), weight("u", 8, 4, 2, 2, 2)]
    network = network_of(tmp_path, nodes, weights, {"x": ["N", 2, 8, 8, 8]})
    step = training_step(network, recipe_named("dense"), SparsityConfig(n=2, m=8), StepOptions(batch=1))
    macs: dict[str, set[int]] = {}
    for item in step.items:
        if isinstance(item, ProductPass):
            macs.setdefault(item.layer, set()).add(sum(product.dense_macs for product in item.products))
    assert macs == {"first": {512 * 27 * 8}, "c3": {64 * 27 * 32}, "up": {64 * 8 * 32}}
