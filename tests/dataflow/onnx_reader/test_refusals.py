"""ONNX files that are refused: one line each, with the node or the tensor that it is about."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from onnx_models import error_of, integers, model_of, read, small_cnn, weight

from heddle.arch.errors import HeddleError
from heddle.dataflow.input_sizes import input_sizes


def test_unsupported_operators_are_listed_at_once_with_their_nodes(tmp_path: Path) -> None:
    nodes = [helper.make_node("Hardmax", ["x"], [f"e{i}"], f"max{i}") for i in range(5)]
    nodes += [
        helper.make_node("Acosh", ["e0"], ["h"]),
        helper.make_node("FusedConv", ["x", "w"], ["y"], "fused", domain="com.microsoft"),
    ]
    assert error_of(tmp_path, model_of(nodes, [weight("w", 4, 4)], {"x": [1, 4]})) == (
        "unsupported operators: Acosh ('h'); Hardmax ('max0', 'max1', 'max2' and 2 more); "
        "com.microsoft.FusedConv ('fused') (docs/networks.md lists the supported ones)"
    )


def test_a_four_dimensional_convolution_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["v"], "c4"), helper.make_node("Flatten", ["v"], ["y"])]
    message = error_of(tmp_path, model_of(nodes, [weight("w", 4, 4, 3, 3, 3, 3)], {"x": [1, 4, 8, 8, 8, 8]}))
    assert message == (
        "node 'c4' (Conv): a weight of shape [4, 4, 3, 3, 3, 3] is not supported (valid: 1-D, 2-D and 3-D convolutions)"
    )


def test_a_computed_convolution_weight_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Conv", ["x", "x"], ["z"], "self")]
    message = error_of(tmp_path, model_of(nodes, [], {"x": [4, 4, 3, 3]}))
    assert message == "node 'self' (Conv): its weight 'x' is computed from the input, which is not supported"


def test_an_open_size_other_than_the_batch_is_refused_by_name(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"])]
    message = error_of(tmp_path, model_of(nodes, [weight("w", 4, 4)], {"x": ["N", "tokens", 4]}))
    assert message == ("input 'x' has no fixed size at dimension 1 ('tokens'); give its sizes, as in --input x=1x128x4")


def test_an_input_without_a_shape_is_refused(tmp_path: Path) -> None:
    model = small_cnn()
    model.graph.input[0].type.tensor_type.ClearField("shape")
    assert error_of(tmp_path, model) == "input 'x' has no shape; export the model with its dimensions"


@pytest.mark.parametrize("axis", [0, 2])
def test_an_input_of_size_zero_is_refused_by_name(tmp_path: Path, axis: int) -> None:
    model = small_cnn()
    model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = 0
    assert error_of(tmp_path, model) == (
        f"input 'x' is empty: its size is 0 at dimension {axis}; export the model with fixed sizes, an open batch "
        "with a name"
    )


def test_a_computed_tensor_of_size_zero_is_refused_by_name(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Slice", ["x", "from", "from", "along"], ["s"]),
        helper.make_node("MatMul", ["s", "w"], ["t"], "m"),
        helper.make_node("Flatten", ["t"], ["y"]),
    ]
    weights = [weight("w", 4, 4), integers("from", 2), integers("along", 1)]
    message = error_of(tmp_path, model_of(nodes, weights, {"x": ["N", 4, 4]}))
    assert message == "node 'm' (MatMul): 's' is empty: its shape is [1, 0, 4]"


def test_a_graph_without_nodes_has_no_operators(tmp_path: Path) -> None:
    model = small_cnn()
    del model.graph.node[:]
    assert error_of(tmp_path, model) == "its graph has no operators"


def test_a_shape_that_depends_on_values_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Reshape", ["x", "to"], ["a"]), helper.make_node("Gemm", ["a", "w"], ["y"], "fc")]
    model = model_of(nodes, [weight("w", 4, 4)], {"x": [1, 4]})
    model.graph.input.append(helper.make_tensor_value_info("to", TensorProto.INT64, [2]))
    assert error_of(tmp_path, model) == (
        "node 'fc' (Gemm): the shape of 'a' depends on the values of an input, or of a weight; no figure follows"
    )


def test_shapes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], "bad")]
    message = error_of(tmp_path, model_of(nodes, [weight("w", 5, 4)], {"x": [1, 4]}))
    assert message.startswith("its shapes cannot be inferred: ")


def test_a_batch_that_does_not_divide_the_rows_is_refused(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Reshape", ["x", "to"], ["a"]),
        helper.make_node("MatMul", ["a", "w"], ["y"], "odd"),
    ]
    model = model_of(nodes, [weight("w", 4, 4), integers("to", 3, 4)], {"x": [2, 6]})
    assert error_of(tmp_path, model, input_sizes(batch_axis=["0"])) == (
        "node 'odd' (MatMul): its rows (3) do not divide by the batch 2; name the batch's dimension with "
        "--batch-axis, or give --no-batch where the file is one sample"
    )


def test_a_reshape_to_another_number_of_elements_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Reshape", ["x", "to"], ["a"], "baked"), helper.make_node("MatMul", ["a", "w"], ["y"])]
    model = model_of(nodes, [weight("w", 4, 4), integers("to", 12, 4)], {"x": ["N", 6, 4]})
    assert error_of(tmp_path, model) == (
        "node 'baked' (Reshape): shape [1, 6, 4] does not fit its target [12, 4]; a size of the export, perhaps its "
        "batch, is fixed inside the file; give the sizes of the export with --input"
    )
    assert read(tmp_path, model, 32, input_sizes(["x=2x6x4"])).macs == 6 * 4 * 4


def test_a_network_without_products_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["y"])]
    message = error_of(tmp_path, model_of(nodes, [], {"x": [1, 4]}))
    assert message == "it holds no convolution and no matrix product of activations"


@pytest.mark.parametrize("opset", [6, 999])
def test_an_operator_set_outside_the_supported_ones_is_refused(tmp_path: Path, opset: int) -> None:
    newest = onnx.defs.onnx_opset_version()
    assert error_of(tmp_path, small_cnn(opset)) == f"operator set {opset} is not supported (valid: 7 to {newest})"


def test_files_that_are_no_onnx_model_are_refused(tmp_path: Path) -> None:
    whole = small_cnn().SerializeToString()
    assert error_of(tmp_path, b"not a model at all") == "it is not an ONNX model, or it is cut off"
    assert error_of(tmp_path, whole[: len(whole) // 2]) == "it is not an ONNX model, or it is cut off"
    assert error_of(tmp_path, b"") == "it is not an ONNX model with a graph, or it is cut off"


def test_a_tensor_that_declares_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    model = small_cnn()
    model.graph.initializer[0].dims[0] = 1 << 40
    assert error_of(tmp_path, model) == "the stored tensor 'conv1.weight' holds 432 values and declares 29686813949952"


def test_a_batch_hint_below_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeddleError, match=r"^batch 0 is not valid \(valid: 1 to 1048576\)$"):
        read(tmp_path, small_cnn(), 0)


def test_a_target_shape_in_an_absent_file_is_missed(tmp_path: Path) -> None:
    model = small_cnn()
    _make_external(next(t for t in model.graph.initializer if t.name == "rest"), "absent.bin")
    assert error_of(tmp_path, model).startswith("the external data of 'rest' cannot be read: ")


def _make_external(tensor: onnx.TensorProto, location: str) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
