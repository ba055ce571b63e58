"""ONNX models built here, node by node, and what the importer makes of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from mutation import mutated_bytes
from onnx import TensorProto, helper, numpy_helper

from heddle.arch.errors import HeddleError
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer, Network, VectorLayer
from heddle.dataflow.onnx_import import read_onnx

OPSETS = [11, 13, 17, 21]
INSERTIONS = (b"\x00", b"\xff", b"\x08\x96\x01", b"\x80\x80\x80\x80\x80")


def _weight(name: str, *shape: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.zeros(shape, np.float32), name)


def _integers(name: str, *values: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def _model(
    nodes: Sequence[onnx.NodeProto],
    weights: Sequence[onnx.TensorProto],
    inputs: dict[str, Sequence[int | str]],
    *,
    opset: int = 17,
    integer_inputs: bool = False,
) -> onnx.ModelProto:
    """A model whose last output is a matrix where it is called y, and has four dimensions where it is called z."""
    kind = TensorProto.INT64 if integer_inputs else TensorProto.FLOAT
    last = nodes[-1].output[0]
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info(name, kind, list(shape)) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [None] * {"y": 2, "z": 4}[last])],
        list(weights),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def _small_cnn(opset: int = 17, batch: int | str = "N") -> onnx.ModelProto:
    """Convolution, norm, depthwise convolution, residual, pool, flatten by shape arithmetic, classifier."""
    unsqueeze = (
        helper.make_node("Unsqueeze", ["n"], ["n1"], axes=[0])
        if opset < 13
        else helper.make_node("Unsqueeze", ["n", "axis"], ["n1"])
    )
    nodes = [
        helper.make_node("Conv", ["x", "conv1.weight"], ["a"], "/conv1/Conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["a", "bn.weight", "bn.bias", "bn.mean", "bn.var"], ["b"], "bn"),
        helper.make_node("Relu", ["b"], ["c"], "relu"),
        helper.make_node("Conv", ["c", "conv2.weight", "conv2.bias"], ["d"], auto_pad="SAME_UPPER", group=16),
        helper.make_node("Add", ["c", "d"], ["e"], "sum"),
        helper.make_node("GlobalAveragePool", ["e"], ["f"], "pool"),
        helper.make_node("Shape", ["f"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        unsqueeze,
        helper.make_node("Concat", ["n1", "rest"], ["target"], axis=0),
        helper.make_node("Reshape", ["f", "target"], ["g"]),
        helper.make_node("Gemm", ["g", "fc.weight", "fc.bias"], ["y"], transB=1),
    ]
    weights = [
        _weight("conv1.weight", 16, 3, 3, 3),
        *(_weight(f"bn.{part}", 16) for part in ("weight", "bias", "mean", "var")),
        _weight("conv2.weight", 16, 1, 3, 3),
        _weight("conv2.bias", 16),
        numpy_helper.from_array(np.array(0, np.int64), "zero"),
        _integers("axis", 0),
        _integers("rest", -1),
        _weight("fc.weight", 10, 16),
        _weight("fc.bias", 10),
    ]
    return _model(nodes, weights, {"x": [batch, 3, 32, 32]}, opset=opset)


def _encoder(opset: int = 17, batch: int | str = "batch") -> onnx.ModelProto:
    """Embedding, learned positions, layer norm, two-headed attention, output projection, classifier."""
    node = helper.make_node
    nodes = [
        node("Gather", ["words.weight", "ids"], ["e"]),
        node("Slice", ["positions", "from", "to", "along"], ["p"]),
        node("Add", ["e", "p"], ["x0"], "positions"),
        node("LayerNormalization", ["x0", "ln.weight", "ln.bias"], ["x"], "ln"),
    ]
    for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        nodes += [
            node("MatMul", ["x", f"onnx::MatMul_{part}"], [f"{part}0"], f"/{part}/MatMul"),
            node("Add", [f"{part}.bias", f"{part}0"], [f"{part}1"]),
            node("Reshape", [f"{part}1", "split"], [f"{part}2"]),
            node("Transpose", [f"{part}2"], [f"{part}3"], perm=order),
        ]
    nodes += [
        node("MatMul", ["q3", "k3"], ["s0"], "qk"),
        node("Div", ["s0", "scale"], ["s1"], "scale"),
        node("Softmax", ["s1"], ["s2"], "softmax", axis=-1),
        node("MatMul", ["s2", "v3"], ["c0"], "pv"),
        node("Transpose", ["c0"], ["c1"], perm=[0, 2, 1, 3]),
        node("Reshape", ["c1", "merge"], ["c2"]),
        node("Transpose", ["out.weight"], ["out_t"], perm=[1, 0]),
        node("MatMul", ["c2", "out_t"], ["o"], "/out/MatMul"),
        node("Add", ["o", "x"], ["r"], "sum"),
        node("Gather", ["r", "zero"], ["cls"], axis=1),
        node("Gemm", ["cls", "head.weight"], ["y"], transB=1),
    ]
    weights = [
        _weight("words.weight", 50, 16),
        _weight("positions", 1, 32, 16),
        _integers("from", 0),
        _integers("to", 6),
        _integers("along", 1),
        _weight("ln.weight", 16),
        _weight("ln.bias", 16),
        *(_weight(f"onnx::MatMul_{part}", 16, 16) for part in "qkv"),
        *(_weight(f"{part}.bias", 16) for part in "qkv"),
        _integers("split", 0, 0, 2, 8),
        _integers("merge", 0, 0, 16),
        _weight("out.weight", 16, 16),
        _weight("scale"),
        numpy_helper.from_array(np.array(0, np.int64), "zero"),
        _weight("head.weight", 3, 16),
    ]
    return _model(nodes, weights, {"ids": [batch, 6]}, opset=opset, integer_inputs=True)


def _read(folder: Path, model: onnx.ModelProto, batch_hint: int = 1) -> Network:
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return read_onnx(path, batch_hint)


def _error(folder: Path, model: onnx.ModelProto | bytes) -> str:
    path = folder / "net.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    with pytest.raises(HeddleError) as caught:
        read_onnx(path)
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize("opset", OPSETS)
def test_a_small_cnn_reads_the_same_in_every_operator_set(tmp_path: Path, opset: int) -> None:
    network = _read(tmp_path, _small_cnn(opset))
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
    network = _read(tmp_path, _encoder(opset))
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


@pytest.mark.parametrize("build", [_small_cnn, _encoder])
def test_sizes_are_per_sample_whatever_the_batch(
    tmp_path: Path, build: Callable[[int, int | str], onnx.ModelProto]
) -> None:
    symbolic = _read(tmp_path, build(17, "N"))
    assert _read(tmp_path, build(17, "N"), batch_hint=8).layers == symbolic.layers
    assert _read(tmp_path, build(17, 1)).layers == symbolic.layers
    fixed = _read(tmp_path, build(17, 4))
    assert fixed.layers == symbolic.layers
    assert fixed.notes[0].endswith(", 4, is taken as the batch")


def test_dilation_changes_the_output_but_not_the_taps(tmp_path: Path) -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["z"], "c", dilations=[2, 3])]
    (layer,) = _read(tmp_path, _model(nodes, [_weight("w", 8, 4, 3, 3)], {"x": [1, 4, 20, 20]})).layers
    assert isinstance(layer, ConvLayer)
    assert (layer.taps, layer.out_height, layer.out_width) == (9, 16, 14)


def test_a_one_dimensional_convolution_has_height_one(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], "c", strides=[2]),
        helper.make_node("Flatten", ["a"], ["y"]),
    ]
    (layer,) = _read(tmp_path, _model(nodes, [_weight("w", 8, 4, 5)], {"x": [1, 4, 21]})).layers
    assert layer == ConvLayer("c", 1, 21, 4, 1, 9, 8, 1, 5, 1, 2, input_gradient=False)


def test_every_convolution_fed_by_data_alone_has_no_input_gradient(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], "left"),
        helper.make_node("MaxPool", ["x"], ["p"], "pool", kernel_shape=[1, 1]),
        helper.make_node("Conv", ["p", "w2"], ["b"], "right"),
        helper.make_node("Concat", ["a", "b"], ["c"], "join", axis=1),
        helper.make_node("Conv", ["c", "w3"], ["z"], "after"),
    ]
    weights = [_weight("w1", 8, 8, 1, 1), _weight("w2", 8, 8, 1, 1), _weight("w3", 8, 16, 1, 1)]
    network = _read(tmp_path, _model(nodes, weights, {"x": [1, 8, 4, 4]}))
    assert {layer.name: layer.input_gradient for layer in network.weighted_layers} == {
        "left": False,
        "right": False,
        "after": True,
    }


def test_a_weight_left_of_the_activations_is_a_linear_layer_over_columns(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["w", "x"], ["z"], "mix")]
    model = _model(nodes, [_weight("w", 5, 7)], {"x": [1, 2, 7, 3]})
    assert _read(tmp_path, model).layers == (LinearLayer("mix", 6, 7, 5, input_gradient=False),)


def test_a_shared_embedding_is_counted_once(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Gather", ["t.weight", "ids"], ["a"]),
        helper.make_node("Gather", ["t.weight", "ids2"], ["b"]),
        helper.make_node("MatMul", ["a", "w"], ["c"], "m"),
        helper.make_node("Add", ["c", "b"], ["z"], "sum"),
    ]
    weights = [_weight("t.weight", 30, 8), _weight("w", 8, 8)]
    model = _model(nodes, weights, {"ids": [1, 2, 3], "ids2": [1, 2, 3]}, integer_inputs=True)
    network = _read(tmp_path, model)
    assert [layer.parameters for layer in network.layers] == [240, 0, 64, 0]
    assert [layer.name for layer in network.layers] == ["t", "t#2", "m", "sum"]


def test_normalisation_spread_over_operators_is_remarked(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], "m"),
        helper.make_node("Erf", ["a"], ["y"], "erf"),
    ]
    network = _read(tmp_path, _model(nodes, [_weight("w", 4, 4)], {"x": [1, 4]}))
    assert network.notes == (
        "spread over several operators, each counted as a pass over the data: "
        "Gelu (one operator since operator set 20)",
    )


def test_unsupported_operators_are_listed_at_once_with_their_nodes(tmp_path: Path) -> None:
    nodes = [helper.make_node("Einsum", ["x"], [f"e{i}"], f"sum{i}", equation="ij->ji") for i in range(5)]
    nodes += [
        helper.make_node("LSTM", ["e0", "w", "w"], ["h"]),
        helper.make_node("FusedConv", ["x", "w"], ["y"], "fused", domain="com.microsoft"),
    ]
    assert _error(tmp_path, _model(nodes, [_weight("w", 4, 4)], {"x": [1, 4]})) == (
        "unsupported operators: Einsum ('sum0', 'sum1', 'sum2' and 2 more); LSTM ('h'); "
        "com.microsoft.FusedConv ('fused') (docs/networks.md lists the supported ones)"
    )


def test_a_three_dimensional_convolution_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["v"], "c3"), helper.make_node("Flatten", ["v"], ["y"])]
    message = _error(tmp_path, _model(nodes, [_weight("w", 4, 4, 3, 3, 3)], {"x": [1, 4, 8, 8, 8]}))
    assert message == (
        "node 'c3' (Conv): a weight of shape [4, 4, 3, 3, 3] is not supported (valid: 1-D and 2-D convolutions)"
    )


def test_a_computed_convolution_weight_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Conv", ["x", "x"], ["z"], "self")]
    message = _error(tmp_path, _model(nodes, [], {"x": [4, 4, 3, 3]}))
    assert message == "node 'self' (Conv): its weight 'x' is computed from the input, which is not supported"


def test_an_open_size_other_than_the_batch_is_refused_by_name(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"])]
    message = _error(tmp_path, _model(nodes, [_weight("w", 4, 4)], {"x": ["N", "tokens", 4]}))
    assert message == (
        "input 'x' has no fixed size at dimension 1 ('tokens'); export the model with fixed sizes, only the batch "
        "(dimension 0) may stay open"
    )


def test_an_input_without_a_shape_is_refused(tmp_path: Path) -> None:
    model = _small_cnn()
    model.graph.input[0].type.tensor_type.ClearField("shape")
    assert _error(tmp_path, model) == "input 'x' has no shape; export the model with fixed sizes"


@pytest.mark.parametrize("axis", [0, 2])
def test_an_input_of_size_zero_is_refused_by_name(tmp_path: Path, axis: int) -> None:
    model = _small_cnn()
    model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = 0
    assert _error(tmp_path, model) == (
        f"input 'x' is empty: its size is 0 at dimension {axis}; export the model with fixed sizes, an open batch "
        "with a name"
    )


def test_a_computed_tensor_of_size_zero_is_refused_by_name(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Slice", ["x", "from", "from", "along"], ["s"]),
        helper.make_node("MatMul", ["s", "w"], ["y"], "m"),
    ]
    weights = [_weight("w", 4, 4), _integers("from", 2), _integers("along", 0)]
    message = _error(tmp_path, _model(nodes, weights, {"x": [4, 4]}))
    assert message == "node 'm' (MatMul): 's' is empty: its shape is [0, 4]"


@pytest.mark.parametrize("missing", ["shape", "type"])
def test_an_output_without_a_shape_gets_the_one_that_follows(tmp_path: Path, missing: str) -> None:
    model = _small_cnn()
    output = model.graph.output[0]
    if missing == "shape":
        output.type.tensor_type.ClearField("shape")
    else:
        output.ClearField("type")
    assert _read(tmp_path, model).layers == _read(tmp_path, _small_cnn()).layers


def test_a_graph_without_nodes_has_no_operators(tmp_path: Path) -> None:
    model = _small_cnn()
    del model.graph.node[:]
    assert _error(tmp_path, model) == "its graph has no operators"


def test_a_shape_that_depends_on_values_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Reshape", ["x", "to"], ["a"]), helper.make_node("Gemm", ["a", "w"], ["y"], "fc")]
    model = _model(nodes, [_weight("w", 4, 4)], {"x": [1, 4]})
    model.graph.input.append(helper.make_tensor_value_info("to", TensorProto.INT64, [2]))
    assert _error(tmp_path, model) == (
        "node 'fc' (Gemm): the shape of 'a' is not known; export the model with fixed sizes"
    )


def test_shapes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], "bad")]
    message = _error(tmp_path, _model(nodes, [_weight("w", 5, 4)], {"x": [1, 4]}))
    assert message.startswith("its shapes cannot be inferred: ")


def test_a_batch_that_does_not_divide_the_rows_is_refused(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Reshape", ["x", "to"], ["a"]),
        helper.make_node("MatMul", ["a", "w"], ["y"], "odd"),
    ]
    message = _error(tmp_path, _model(nodes, [_weight("w", 4, 4), _integers("to", 3, 4)], {"x": [2, 6]}))
    assert message == "node 'odd' (MatMul): its rows (3) do not divide by the batch 2; export with batch 1"


def test_a_network_without_products_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["y"])]
    message = _error(tmp_path, _model(nodes, [], {"x": [1, 4]}))
    assert message == "it holds no convolution and no matrix product of activations"


@pytest.mark.parametrize("opset", [9, 10, 999])
def test_an_operator_set_outside_the_supported_ones_is_refused(tmp_path: Path, opset: int) -> None:
    newest = onnx.defs.onnx_opset_version()
    assert _error(tmp_path, _small_cnn(opset)) == f"operator set {opset} is not supported (valid: 11 to {newest})"


def test_files_that_are_no_onnx_model_are_refused(tmp_path: Path) -> None:
    whole = _small_cnn().SerializeToString()
    assert _error(tmp_path, b"not a model at all") == "it is not an ONNX model, or it is cut off"
    assert _error(tmp_path, whole[: len(whole) // 2]) == "it is not an ONNX model, or it is cut off"
    assert _error(tmp_path, b"") == "it is not an ONNX model with a graph, or it is cut off"


def test_a_tensor_that_declares_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    model = _small_cnn()
    model.graph.initializer[0].dims[0] = 1 << 40
    assert _error(tmp_path, model) == "the stored tensor 'conv1.weight' holds 432 values and declares 29686813949952"


def test_a_batch_hint_below_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeddleError, match=r"^batch 0 is not valid \(valid: 1 to 1048576\)$"):
        _read(tmp_path, _small_cnn(), 0)


def test_weights_in_an_absent_file_are_not_needed(tmp_path: Path) -> None:
    model = _small_cnn()
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            _make_external(tensor, "absent.bin")
    assert _read(tmp_path, model).layers == _read(tmp_path, _small_cnn()).layers


def test_a_target_shape_in_an_absent_file_is_missed(tmp_path: Path) -> None:
    model = _small_cnn()
    _make_external(next(t for t in model.graph.initializer if t.name == "rest"), "absent.bin")
    assert _error(tmp_path, model).startswith("the external data of 'rest' cannot be read: ")


@pytest.mark.parametrize("seed", [0, 1])
def test_mutated_bytes_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    random_source = random.Random(seed)
    originals = [_small_cnn(opset).SerializeToString() for opset in (11, 21)] + [_encoder().SerializeToString()]
    outcomes = [
        _outcome(tmp_path, mutated_bytes(random_source, random_source.choice(originals), INSERTIONS))
        for _ in range(1000)
    ]
    assert 0 < sum(outcomes) < len(outcomes)


@pytest.mark.parametrize("seed", [0, 1])
def test_mutated_graphs_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    random_source = random.Random(seed)
    originals = [_small_cnn(11), _small_cnn(17), _encoder(17), _encoder(21, 4)]
    outcomes = []
    for _ in range(500):
        model = onnx.ModelProto()
        model.CopyFrom(random_source.choice(originals))
        _mutate_graph(random_source, model.graph)
        outcomes.append(_outcome(tmp_path, model.SerializeToString()))
    assert 0 < sum(outcomes) < len(outcomes)


def _make_external(tensor: onnx.TensorProto, location: str) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location


def _outcome(folder: Path, data: bytes) -> bool:
    """True where the file is read; anything but a HeddleError fails the test."""
    path = folder / "mutated.onnx"
    path.write_bytes(data)
    try:
        network = read_onnx(path)
    except HeddleError:
        return False
    assert network.layers
    return True


def _mutate_graph(random_source: random.Random, graph: onnx.GraphProto) -> None:
    extremes = [0, -1, 1, 2, 3, 7, 64, 1 << 31, 1 << 62, -(1 << 62)]
    operators = ["Add", "Concat", "Conv", "Flatten", "Gather", "Gemm", "MatMul", "MaxPool", "Pad", "ReduceMean"]
    tensors = [name for node in graph.node for name in node.output] + [t.name for t in graph.initializer] + [""]
    node = random_source.choice(list(graph.node))
    edit = random_source.randrange(6)
    if edit == 0:
        node.op_type = random_source.choice(operators)
    elif edit == 1 and node.attribute:
        attribute = random_source.choice(list(node.attribute))
        attribute.i = random_source.choice(extremes)
        attribute.ints[:] = [random_source.choice(extremes) for _ in attribute.ints]
    elif edit == 2 and node.input:
        node.input[random_source.randrange(len(node.input))] = random_source.choice(tensors)
    elif edit == 3 and node.input:
        del node.input[random_source.randrange(len(node.input)) :]
    elif edit == 4:
        tensor = random_source.choice([t for t in graph.initializer if t.dims])
        tensor.dims[random_source.randrange(len(tensor.dims))] = random_source.choice(extremes)
    else:
        dims = graph.input[0].type.tensor_type.shape.dim
        dims[random_source.randrange(len(dims))].dim_value = random_source.choice(extremes)
