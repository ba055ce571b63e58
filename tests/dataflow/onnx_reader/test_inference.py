"""Shapes that follow from constants: as exporters write scales, pads, expanded tokens, masks and branches."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_models import error_of, integers, model_of, read, weight

from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer

node = helper.make_node


def scalar(name: str, value: float | bool) -> onnx.TensorProto:
    kind = np.bool_ if isinstance(value, bool) else np.int64 if isinstance(value, int) else np.float32
    return numpy_helper.from_array(np.array(value, kind), name)


def test_a_scale_from_a_shape_is_a_float() -> None:
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "last"], ["size"]),
        node("Cast", ["size"], ["width"], to=TensorProto.FLOAT),
        node("Sqrt", ["width"], ["root"]),
        node("MatMul", ["x", "w"], ["q"], "q"),
        node("Div", ["q", "root"], ["y"], "scale"),
    ]
    check_macs(nodes, [weight("w", 16, 16), scalar("last", 2)], {"x": ["N", 8, 16]}, 8 * 16 * 16)


def test_pads_from_constants() -> None:
    nodes = [
        node("ConstantOfShape", ["four"], ["zeros"], value=helper.make_tensor("v", TensorProto.INT64, [1], [0])),
        node("Concat", ["sides", "zeros"], ["eight"], axis=0),
        node("Reshape", ["eight", "pairs"], ["table"]),
        node("Slice", ["table", "end", "begin", "along", "back"], ["turned"]),
        node("Transpose", ["turned"], ["columns"], perm=[1, 0]),
        node("Reshape", ["columns", "end"], ["flat"]),
        node("Cast", ["flat"], ["pads"], to=TensorProto.INT64),
        node("Pad", ["x", "pads"], ["padded"], "pad", mode="constant"),
        node("Conv", ["padded", "w"], ["z"], "conv"),
    ]
    weights = [
        weight("w", 4, 3, 3, 3),
        integers("four", 4),
        integers("sides", 0, 1, 0, 1),
        integers("pairs", -1, 2),
        integers("end", -1),
        integers("begin", -9223372036854775807),
        integers("along", 0),
        integers("back", -1),
    ]
    check_macs(nodes, weights, {"x": ["N", 3, 8, 8]}, 7 * 7 * 27 * 4)


def test_a_token_is_expanded_where_sizes_are_kept_by_minus_one() -> None:
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "first"], ["n"]),
        node("Concat", ["n", "minus", "minus"], ["want"], axis=0),
        node("ConstantOfShape", ["three"], ["ones"], value=helper.make_tensor("v", TensorProto.INT64, [1], [1])),
        node("Mul", ["ones", "minus"], ["kept"]),
        node("Equal", ["want", "kept"], ["is_kept"]),
        node("Where", ["is_kept", "ones", "want"], ["target"]),
        node("Expand", ["token", "target"], ["tokens"]),
        node("Concat", ["tokens", "x"], ["all"], "join", axis=1),
        node("MatMul", ["all", "w"], ["t"], "m"),
        node("Flatten", ["t"], ["y"]),
    ]
    weights = [weight("w", 64, 8), weight("token", 1, 1, 64), integers("three", 3), integers("minus", -1)]
    check_macs(nodes, [*weights, integers("first", 0)], {"x": ["N", 16, 64]}, 17 * 64 * 8)


def test_a_mask_of_ranges_costs_nothing_and_keeps_its_shape() -> None:
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "one"], ["tokens"]),
        node("Range", ["zero", "tokens", "one"], ["columns"]),
        node("Unsqueeze", ["columns", "axis"], ["rows"]),
        node("LessOrEqual", ["columns", "rows"], ["mask"]),
        node("Transpose", ["x"], ["turned"], perm=[0, 2, 1]),
        node("MatMul", ["x", "turned"], ["scores"], "qk"),
        node("Where", ["mask", "scores", "least"], ["masked"], "mask"),
        node("Flatten", ["masked"], ["y"]),
    ]
    weights = [scalar("zero", 0), scalar("one", 1), integers("axis", 1), scalar("least", -1e9)]
    layers = check_macs(nodes, weights, {"x": ["N", 6, 8]}, 6 * 8 * 6)
    assert [(layer.name, layer.out_elements) for layer in layers if hasattr(layer, "out_elements")] == [("mask", 36)]


def test_the_branch_of_a_known_condition_is_taken() -> None:
    def branch(name: str, operator: str) -> onnx.GraphProto:
        inner = node(operator, ["x", "w"], [f"{name}_out"], name)
        output = helper.make_tensor_value_info(f"{name}_out", TensorProto.FLOAT, None)
        return helper.make_graph([inner], name, [], [output])

    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "last"], ["size"]),
        node("Equal", ["size", "eight"], ["is_eight"]),
        node("If", ["is_eight"], ["a"], "if", then_branch=branch("taken", "MatMul"), else_branch=branch("left", "Add")),
        node("Flatten", ["a"], ["y"]),
    ]
    weights = [weight("w", 8, 5), scalar("last", 1), scalar("eight", 8)]
    assert check_macs(nodes, weights, {"x": ["N", 8]}, 8 * 5)[0].name == "taken"


def test_a_branch_on_data_is_refused(tmp_path: Path) -> None:
    identity = helper.make_graph(
        [node("Identity", ["x"], ["o"])], "g", [], [helper.make_tensor_value_info("o", TensorProto.FLOAT, None)]
    )
    nodes = [
        node("ReduceMax", ["x"], ["most"], keepdims=0),
        node("Cast", ["most"], ["is_large"], to=TensorProto.BOOL),
        node("If", ["is_large"], ["y"], "if", then_branch=identity, else_branch=identity),
    ]
    message = error_of(tmp_path, model_of(nodes, [], {"x": ["N", 8]}))
    assert message == (
        "unsupported operators: If ('if'): its condition depends on the input; export with fixed sizes, or without the "
        "branch (docs/networks.md lists the supported ones)"
    )


@pytest.mark.parametrize("bomb", ["range", "concat"])
def test_a_folding_bomb_is_neither_computed_nor_waited_for(tmp_path: Path, bomb: str) -> None:
    if bomb == "range":
        grown = [node("Range", ["zero", "huge", "one"], ["r0"])]
    else:
        grown = [node("Concat", ["ones", "ones"], ["r40"], axis=0)]
        grown += [node("Concat", [f"r{i + 1}"] * 2, [f"r{i}"], axis=0) for i in reversed(range(40))]
    nodes = [
        *grown,
        node("Shape", ["r0"], ["s"]),
        node("MatMul", ["x", "w"], ["a"]),
        node("Reshape", ["a", "s"], ["y"]),
    ]
    weights = [weight("w", 8, 8), scalar("zero", 0), scalar("huge", 1 << 40), scalar("one", 1), integers("ones", 1, 1)]
    start = time.process_time()
    assert "(Reshape): " in error_of(tmp_path, model_of(nodes, weights, {"x": ["N", 8]}))
    assert time.process_time() - start < 5


def test_attributes_that_an_operator_has_not_are_passed_over_with_a_note(tmp_path: Path) -> None:
    gemm = node("Gemm", ["x", "w"], ["y"], "fc")
    gemm.attribute.append(helper.make_attribute("act_size", 16))
    network = read(tmp_path, model_of([gemm], [weight("w", 64, 32)], {"x": ["N", 64]}))
    assert network.layers == (LinearLayer("fc", 1, 64, 32, input_gradient=False),)
    assert network.notes == ("attributes that their operators have not are passed over: 'act_size of fc'",)


def test_a_type_that_an_operator_set_lacks_is_no_hindrance(tmp_path: Path) -> None:
    model = model_of([node("Conv", ["x", "w"], ["z"], "c")], [], {"x": ["N", 3, 8, 8]}, opset=20)
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.BFLOAT16, [4, 3, 3, 3], [1.0] * 108))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = TensorProto.BFLOAT16
    assert read(tmp_path, model).layers == (ConvLayer("c", 8, 8, 3, 6, 6, 4, 3, 3, input_gradient=False),)


def check_macs(
    nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], inputs: dict[str, list[int | str]], macs: int
) -> list[ConvLayer | LinearLayer | MatmulLayer]:
    """The layers of a model of these nodes, after a look at the multiply-adds at two batches."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for batch in (1, 5):
            network = read(Path(folder), model_of(nodes, weights, inputs), batch)
            assert network.macs == macs
    return list(network.layers)
