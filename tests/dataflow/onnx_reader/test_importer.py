"""ONNX models built here, node by node, and the networks that the importer makes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from onnx_models import encoder, model_of, read, small_cnn, weight

from heddle.dataflow.input_sizes import input_sizes
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer, VectorLayer

OPSETS = [11, 13, 17, 21]


@pytest.mark.parametrize("opset", OPSETS)
def test_a_small_cnn_reads_the_same_in_every_operator_set(tmp_path: Path, opset: int) -> None:
    network = read(tmp_path, small_cnn(opset))
    assert network.name == "net"
    assert network.layers == (
        ConvLayer("conv1", 32, 32, 3, 16, 16, 16, 3, 3, 2, 2, input_gradient=False, keep_dense=True),
        VectorLayer("bn", "batchnorm", 4096, 4096, parameters=32),
        VectorLayer("relu", "activation", 4096, 4096),
        ConvLayer("conv2", 16, 16, 16, 16, 16, 16, 3, 3, groups=16, bias=True),
        VectorLayer("sum", "residual", 8192, 4096),
        VectorLayer("pool", "pool", 4096, 16, window=256),
        LinearLayer("fc", 1, 16, 10, bias=True, keep_dense=True),
    )


@pytest.mark.parametrize("opset", [17, 21])
def test_an_encoder_has_its_embeddings_linear_layers_and_attention_products(tmp_path: Path, opset: int) -> None:
    network = read(tmp_path, encoder(opset))
    assert network.layers == (
        VectorLayer("words", "embedding", 96, 96, parameters=800),
        VectorLayer("positions", "elementwise", 96, 96, parameters=512),
        VectorLayer("ln", "layernorm", 96, 96, parameters=32),
        LinearLayer("/q/MatMul", 6, 16, 16, bias=True),
        LinearLayer("/k/MatMul", 6, 16, 16, bias=True),
        LinearLayer("/v/MatMul", 6, 16, 16, bias=True),
        MatmulLayer("qk", 6, 8, 6, count=2),
        VectorLayer("scale", "elementwise", 72, 72),
        VectorLayer("softmax", "softmax", 72, 72),
        MatmulLayer("pv", 6, 6, 8, count=2),
        LinearLayer("out", 6, 16, 16),
        VectorLayer("sum", "residual", 192, 96),
        LinearLayer("head", 1, 16, 3, keep_dense=True),
    )


@pytest.mark.parametrize("build", [small_cnn, encoder])
def test_sizes_are_per_sample_whatever_the_batch(
    tmp_path: Path, build: Callable[[int, int | str], onnx.ModelProto]
) -> None:
    symbolic = read(tmp_path, build(17, "N"))
    assert read(tmp_path, build(17, "N"), batch_hint=8).layers == symbolic.layers
    assert read(tmp_path, build(17, 1)).layers == symbolic.layers
    assert read(tmp_path, build(17, 4), sizes=input_sizes(batch_axis=["0"])).layers == symbolic.layers


def test_dilation_changes_the_output_but_not_the_taps(tmp_path: Path) -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["z"], "c", dilations=[2, 3])]
    (layer,) = read(tmp_path, model_of(nodes, [weight("w", 8, 4, 3, 3)], {"x": [1, 4, 20, 20]})).layers
    assert isinstance(layer, ConvLayer)
    assert (layer.taps, layer.out_height, layer.out_width) == (9, 16, 14)


def test_a_one_dimensional_convolution_has_height_one(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], "c", strides=[2]),
        helper.make_node("Flatten", ["a"], ["y"]),
    ]
    (layer,) = read(tmp_path, model_of(nodes, [weight("w", 8, 4, 5)], {"x": [1, 4, 21]})).layers
    assert layer == ConvLayer("c", 1, 21, 4, 1, 9, 8, 1, 5, 1, 2, input_gradient=False)


def test_every_convolution_fed_by_data_alone_has_no_input_gradient(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], "left"),
        helper.make_node("MaxPool", ["x"], ["p"], "pool", kernel_shape=[1, 1]),
        helper.make_node("Conv", ["p", "w2"], ["b"], "right"),
        helper.make_node("Concat", ["a", "b"], ["c"], "join", axis=1),
        helper.make_node("Conv", ["c", "w3"], ["z"], "after"),
    ]
    weights = [weight("w1", 8, 8, 1, 1), weight("w2", 8, 8, 1, 1), weight("w3", 8, 16, 1, 1)]
    network = read(tmp_path, model_of(nodes, weights, {"x": [1, 8, 4, 4]}))
    assert {layer.name: layer.input_gradient for layer in network.weighted_layers} == {
        "left": False,
        "right": False,
        "after": True,
    }


def test_a_weight_left_of_the_activations_is_a_linear_layer_over_columns(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["w", "x"], ["z"], "mix")]
    model = model_of(nodes, [weight("w", 5, 7)], {"x": [1, 2, 7, 3]})
    assert read(tmp_path, model).layers == (LinearLayer("mix", 6, 7, 5, input_gradient=False),)


def test_a_shared_embedding_is_counted_once(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Gather", ["t.weight", "ids"], ["a"]),
        helper.make_node("Gather", ["t.weight", "ids2"], ["b"]),
        helper.make_node("MatMul", ["a", "w"], ["c"], "m"),
        helper.make_node("Add", ["c", "b"], ["z"], "sum"),
    ]
    weights = [weight("t.weight", 30, 8), weight("w", 8, 8)]
    model = model_of(nodes, weights, {"ids": [1, 2, 3], "ids2": [1, 2, 3]}, integer_inputs=True)
    network = read(tmp_path, model)
    assert [layer.parameters for layer in network.layers] == [240, 0, 64, 0]
    assert [layer.name for layer in network.layers] == ["t", "t#2", "m", "sum"]


def test_normalisation_spread_over_operators_is_remarked(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], "m"),
        helper.make_node("Erf", ["a"], ["y"], "erf"),
    ]
    network = read(tmp_path, model_of(nodes, [weight("w", 4, 4)], {"x": [1, 4]}))
    assert network.notes == (
        "spread over several operators, each counted as a pass over the data: "
        "Gelu (one operator since operator set 20)",
    )


def test_the_batch_that_a_convolution_defines_is_found_behind_a_split_of_channels(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Split", ["x"], ["u", "v"], "split", axis=1),
        helper.make_node("Sigmoid", ["v"], ["g"], "gate"),
        helper.make_node("Conv", ["g", "w"], ["z"], "c"),
    ]
    network = read(tmp_path, model_of(nodes, [weight("w", 8, 4, 3, 3)], {"x": [2, 8, 6, 6]}, opset=13))
    assert network.notes == ("dimension 0 of input 'x', 2, is taken as the batch",)
    assert network.macs == 4 * 4 * 9 * 4 * 8


@pytest.mark.parametrize("missing", ["shape", "type"])
def test_an_output_without_a_shape_gets_the_one_that_follows(tmp_path: Path, missing: str) -> None:
    model = small_cnn()
    output = model.graph.output[0]
    if missing == "shape":
        output.type.tensor_type.ClearField("shape")
    else:
        output.ClearField("type")
    assert read(tmp_path, model).layers == read(tmp_path, small_cnn()).layers


def test_weights_in_an_absent_file_are_not_needed(tmp_path: Path) -> None:
    model = small_cnn()
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            _make_external(tensor, "absent.bin")
    assert read(tmp_path, model).layers == read(tmp_path, small_cnn()).layers


def _make_external(tensor: onnx.TensorProto, location: str) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
