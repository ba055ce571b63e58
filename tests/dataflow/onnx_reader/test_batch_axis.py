"""The batch that an operator defines is found behind what reshapes its input, wherever the batch stays a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
import pytest
from onnx import helper

from heddle.dataflow.onnx_reader.batch_axis import defined_batch_axes
from tests.support.onnx_models import integers, model_of, read, weight

node = helper.make_node
CONV = node("Conv", ["image", "w"], ["z"])


def reshaped(target: Sequence[int], given: str = "x", made: str = "image") -> list[onnx.NodeProto]:
    return [node("Constant", [], ["target"], value=integers("t", *target)), node("Reshape", [given, "target"], [made])]


def axis(nodes: Sequence[onnx.NodeProto], *sizes: int | str, opset: int = 17) -> int | None:
    """The dimension of an input of these sizes that a convolution behind ``nodes`` has as its batch."""
    model = model_of([*nodes, CONV], [weight("w", 16, 3, 3, 3), integers("one", 1)], {"x": sizes}, opset=opset)
    return defined_batch_axes(model.graph, model.graph.input).get("x")


@pytest.mark.parametrize(
    ("nodes", "sizes", "found"),
    [
        pytest.param(reshaped([8, 3, 32, 32]), (8, 3072), 0, id="unflattened"),
        pytest.param(reshaped([0, 3, 32, -1]), (8, 3072), 0, id="sizes kept and left over"),
        pytest.param(reshaped([-1, 3, 32, 32]), (8, 3, 4, 8, 32), 0, id="rows joined"),
        pytest.param(reshaped([8, 3, 32, 32]), (8, 1, 3, 32, 32), 0, id="a dimension of one dropped"),
        pytest.param(reshaped([8, 3, 32, 32]), (1, 8, 3072), 1, id="behind a dimension of one"),
        pytest.param(
            [node("Relu", ["x"], ["r"]), node("Transpose", ["r"], ["t"], perm=[1, 0]), *reshaped([8, 3, 32, 32], "t")],
            (3072, 8),
            1,
            id="the batch last",
        ),
        pytest.param(
            [node("Flatten", ["x"], ["f"]), *reshaped([8, 3, 32, 32], "f")], (8, 32, 32, 3), 0, id="flattened first"
        ),
        pytest.param([node("Unsqueeze", ["x", "one"], ["image"])], (8, 28, 28), 0, id="colours of one"),
        pytest.param([node("Squeeze", ["x", "one"], ["image"])], (8, 1, 3, 32, 32), 0, id="squeezed"),
        pytest.param(reshaped([24, 1, 32, 32]), (8, 3, 32, 32), None, id="joined with channels"),
        pytest.param(reshaped([8, 3, 32, 32]), (24, 1024), None, id="split off"),
        pytest.param(reshaped([6, 4, 8, 8]), (4, 6, 8, 8), None, id="cut anew"),
        pytest.param(reshaped([8, 3, 32, 31]), (8, 3072), None, id="sizes that do not fit"),
        pytest.param(reshaped([1, 3, 32, 32]), (1, 3072), None, id="one sample"),
        pytest.param(reshaped([8, 3, 32, 32]), ("N", 3072), None, id="an open size"),
        pytest.param(
            [node("Concat", ["x", "x"], ["c"], axis=0), *reshaped([16, 3, 32, 32], "c")], (8, 3072), None, id="doubled"
        ),
    ],
)
def test_the_batch_behind_a_reshape(
    nodes: list[onnx.NodeProto], sizes: tuple[int | str, ...], found: int | None
) -> None:
    assert axis(nodes, *sizes) == found


def test_places_that_are_attributes_are_read_too() -> None:
    assert axis([node("Unsqueeze", ["x"], ["image"], axes=[-3])], 8, 28, 28, opset=11) == 0


def test_a_fixed_batch_behind_a_reshape_is_no_part_of_the_sample(tmp_path: Path) -> None:
    model = model_of([*reshaped([8, 3, 32, 32]), CONV], [weight("w", 16, 3, 3, 3)], {"x": (8, 3072)})
    network = read(tmp_path, model)
    (layer,) = network.layers
    assert layer.macs == 16 * 3 * 9 * 30 * 30
    assert "dimension 0 of input 'x', 8, is taken as the batch" in network.notes
