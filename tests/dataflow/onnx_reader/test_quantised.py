"""Integer operators of quantised exports: the same network as that of the floating-point operators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_models import error_of, model_of, read

from heddle.dataflow.network import ConvLayer, LinearLayer, VectorLayer

node = helper.make_node
SCALES = [numpy_helper.from_array(np.array(0.5, np.float32), "s"), numpy_helper.from_array(np.array(0, np.uint8), "z")]


def stored(name: str, kind: type[np.generic], *shape: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.ones(shape, kind), name)


def test_a_network_of_integers_is_that_of_the_products_it_stands_for(tmp_path: Path) -> None:
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], ["xq"]),
        node("QLinearConv", ["xq", "s", "z", "c.weight", "s", "z", "s", "z", "b"], ["cq"], "c", pads=[1] * 4),
        node("QLinearGlobalAveragePool", ["cq", "s", "z", "s", "z"], ["p"], "pool", domain="com.microsoft"),
        node("Flatten", ["p"], ["f"]),
        node("QGemm", ["f", "s", "z", "g.weight", "s", "z", "h", "s", "z"], ["g"], "g", "", "com.microsoft", transB=1),
        node("QLinearMatMul", ["g", "s", "z", "m.weight", "s", "z", "s", "z"], ["m"], "m"),
        node("DequantizeLinear", ["m", "s", "z"], ["y"]),
    ]
    weights = [
        stored("c.weight", np.int8, 8, 4, 3, 3),
        stored("b", np.int32, 8),
        stored("g.weight", np.int8, 16, 8),
        stored("h", np.int32, 16),
        stored("m.weight", np.int8, 16, 5),
    ]
    model = model_of(nodes, [*weights, *SCALES], {"x": ["N", 4, 6, 6]})
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    network = read(tmp_path, model)
    assert network.layers == (
        ConvLayer("c", 6, 6, 4, 6, 6, 8, 3, 3, bias=True, input_gradient=False, keep_dense=True),
        VectorLayer("pool", "pool", 288, 8, window=36),
        LinearLayer("g", 1, 8, 16, bias=True),
        LinearLayer("m", 1, 16, 5, keep_dense=True),
    )
    (note,) = network.notes
    assert note == (
        "operators on integers are read as dense FP16 ones: QGemm, QLinearConv, QLinearGlobalAveragePool, QLinearMatMul"
    )


@pytest.mark.parametrize(("operator", "shape"), [("ConvInteger", (8, 4, 3, 3)), ("MatMulInteger", (6, 10))])
def test_scales_that_are_found_in_the_run_cost_nothing(tmp_path: Path, operator: str, shape: tuple[int, ...]) -> None:
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["xq", "xs", "xz"]),
        node(operator, ["xq", "w.weight", "xz", "z"], ["v"]),
        node("Cast", ["v"], ["vf"], to=TensorProto.FLOAT),
        node("Mul", ["xs", "s"], ["scale"]),
        node("Mul", ["vf", "scale"], ["z4"]),
        node("Identity", ["z4"], ["z_out"]),
        node("Flatten", ["z_out"], ["y"]),
    ]
    network = read(tmp_path, model_of(nodes, [stored("w.weight", np.int8, *shape), *SCALES], {"x": ["N", 4, 6, 6]}))
    assert [layer.name for layer in network.layers] == ["w"]
    assert network.parameters == np.prod(shape)


def test_what_has_its_channels_last_stays_refused(tmp_path: Path) -> None:
    pool = node(
        "QLinearGlobalAveragePool", ["x", "s", "z", "s", "z"], ["z4"], "p", domain="com.microsoft", channels_last=1
    )
    model = model_of([pool, node("Flatten", ["z4"], ["y"])], SCALES, {"x": ["N", 6, 6, 4]})
    assert error_of(tmp_path, model).startswith("unsupported operators: com.microsoft.QLinearGlobalAveragePool ('p')")
