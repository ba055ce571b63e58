"""ONNX models built node by node, and how the importer takes them: for its tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from heddle.arch.errors import HeddleError
from heddle.dataflow.input_sizes import InputSizes
from heddle.dataflow.network import Network
from heddle.dataflow.onnx_reader.importer import read_onnx

ANY_SIZES = InputSizes()


def weight(name: str, *shape: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.zeros(shape, np.float32), name)


def integers(name: str, *values: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def model_of(
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


def small_cnn(opset: int = 17, batch: int | str = "N") -> onnx.ModelProto:
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
        weight("conv1.weight", 16, 3, 3, 3),
        *(weight(f"bn.{part}", 16) for part in ("weight", "bias", "mean", "var")),
        weight("conv2.weight", 16, 1, 3, 3),
        weight("conv2.bias", 16),
        numpy_helper.from_array(np.array(0, np.int64), "zero"),
        integers("axis", 0),
        integers("rest", -1),
        weight("fc.weight", 10, 16),
        weight("fc.bias", 10),
    ]
    return model_of(nodes, weights, {"x": [batch, 3, 32, 32]}, opset=opset)


def encoder(opset: int = 17, batch: int | str = "batch") -> onnx.ModelProto:
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
        weight("words.weight", 50, 16),
        weight("positions", 1, 32, 16),
        integers("from", 0),
        integers("to", 6),
        integers("along", 1),
        weight("ln.weight", 16),
        weight("ln.bias", 16),
        *(weight(f"onnx::MatMul_{part}", 16, 16) for part in "qkv"),
        *(weight(f"{part}.bias", 16) for part in "qkv"),
        integers("split", 0, 0, 2, 8),
        integers("merge", 0, 0, 16),
        weight("out.weight", 16, 16),
        weight("scale"),
        numpy_helper.from_array(np.array(0, np.int64), "zero"),
        weight("head.weight", 3, 16),
    ]
    return model_of(nodes, weights, {"ids": [batch, 6]}, opset=opset, integer_inputs=True)


def varied() -> onnx.ModelProto:
    """Experts, an einsum, a recurrence, a branch on a shape, a transposed convolution, quantised weights."""
    node = helper.make_node
    branches = {
        f"{name}_branch": helper.make_graph(
            [node(operator, ["t"], [f"{name}_t"])],
            name,
            [],
            [helper.make_tensor_value_info(f"{name}_t", TensorProto.FLOAT, None)],
        )
        for name, operator in (("then", "Identity"), ("else", "Relu"))
    }
    nodes = [
        node("DequantizeLinear", ["u", "scale"], ["ud"]),
        node("ConvTranspose", ["x", "ud"], ["a"], "up", strides=[2, 2]),
        node("Reshape", ["a", "tokens"], ["t"]),
        node("Shape", ["t"], ["s"]),
        node("Gather", ["s", "one"], ["n"]),
        node("Equal", ["n", "sixteen"], ["is_sixteen"]),
        node("If", ["is_sixteen"], ["ti"], "if", **branches),
        node("Einsum", ["ti", "m"], ["e"], "einsum", equation="btd,dh->bth"),
        node("Transpose", ["e"], ["et"], perm=[1, 0, 2]),
        node("LSTM", ["et", "w", "r"], ["h", "", ""], "lstm", hidden_size=3),
        node("Transpose", ["h"], ["ht"], perm=[2, 1, 0, 3]),
        node("MatMul", ["ht", "experts"], ["o"], "experts"),
        node("Flatten", ["o"], ["y"]),
    ]
    weights = [
        numpy_helper.from_array(np.ones((2, 4, 2, 2), np.int8), "u"),
        numpy_helper.from_array(np.array(0.5, np.float32), "scale"),
        integers("tokens", 0, 16, 4),
        numpy_helper.from_array(np.array(1, np.int64), "one"),
        numpy_helper.from_array(np.array(16, np.int64), "sixteen"),
        weight("m", 4, 6),
        weight("w", 1, 12, 6),
        weight("r", 1, 12, 3),
        weight("experts", 2, 3, 5),
    ]
    return model_of(nodes, weights, {"x": ["N", 2, 2, 2]})


def read(folder: Path, model: onnx.ModelProto, batch_hint: int = 1, sizes: InputSizes = ANY_SIZES) -> Network:
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return read_onnx(path, batch_hint, sizes)


def error_of(folder: Path, model: onnx.ModelProto | bytes, sizes: InputSizes = ANY_SIZES) -> str:
    path = folder / "net.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    with pytest.raises(HeddleError) as caught:
        read_onnx(path, 1, sizes)
    return str(caught.value).removeprefix(f"{path}: ")
