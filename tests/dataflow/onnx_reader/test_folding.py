"""Constants computed ahead: the right values, and nothing computed that would be large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from heddle.dataflow.onnx_reader.folding import LARGEST_VALUE, FoldingBudget, evaluate

OPSET = [helper.make_opsetid("", 17)]
HUGE = 1 << 40


def result(operator: str, *inputs: Any, **attributes: Any) -> tuple[np.ndarray[Any, Any], ...] | None:
    names = [f"i{position}" for position in range(len(inputs))]
    node = helper.make_node(operator, names, ["out"], **attributes)
    return evaluate(node, [np.asarray(value) for value in inputs], OPSET, FoldingBudget())


@pytest.mark.parametrize(
    ("operator", "inputs", "expected"),
    [
        ("Add", ([1, 2], [3]), [4, 5]),
        ("Concat", ([1], [2, 3]), [1, 2, 3]),
        ("Range", (0, 6, 2), [0, 2, 4]),
        ("Where", ([True, False], [1, 2], [3, 4]), [1, 4]),
        ("Equal", ([1, -1], [-1, -1]), [False, True]),
        ("Expand", ([7], [3]), [7, 7, 7]),
        ("Tile", ([1, 2], [2]), [1, 2, 1, 2]),
        ("Slice", ([1, 2, 3, 4], [-1], [-9223372036854775807], [0], [-1]), [4, 3, 2, 1]),
        ("Gather", ([5, 6, 7], 2), 7),
        ("LessOrEqual", ([1, 2, 3], [2]), [True, True, False]),
        ("NonZero", ([0, 3, 4],), [[1, 2]]),
    ],
)
def test_values_are_those_of_onnx(operator: str, inputs: Sequence[Any], expected: Any) -> None:
    attributes = {"axis": 0} if operator == "Concat" else {}
    made = result(operator, *inputs, **attributes)
    assert made is not None
    np.testing.assert_array_equal(made[0], expected)


def test_a_cast_changes_the_type() -> None:
    made = result("Cast", [2, 3], to=TensorProto.FLOAT)
    assert made is not None
    assert made[0].dtype == np.float32


@pytest.mark.parametrize(
    ("operator", "inputs"),
    [
        ("Range", (0, HUGE, 1)),
        ("ConstantOfShape", ([HUGE],)),
        ("ConstantOfShape", ([1 << 31, 1 << 33],)),
        ("Expand", ([1], [HUGE])),
        ("Tile", ([1, 2], [HUGE])),
        ("Pad", ([1], [0, HUGE])),
        ("OneHot", ([1], HUGE, [0, 1])),
        ("Gather", (np.zeros((1, 60000), np.int64), np.zeros(60000, np.int64))),
        ("MatMul", (np.zeros((40000, 1)), np.zeros((1, 40000)))),
        ("Add", (np.zeros((30000, 1)), np.zeros((1, 30000)))),
        ("Add", (np.zeros(LARGEST_VALUE + 1), np.zeros(1))),
    ],
)
def test_what_would_be_large_is_not_computed(operator: str, inputs: Sequence[Any]) -> None:
    assert result(operator, *inputs) is None


def test_a_file_has_so_many_elements_and_no_more() -> None:
    budget = FoldingBudget(left=10)
    node = helper.make_node("Add", ["a", "b"], ["c"])
    values = [np.arange(4), np.arange(4)]
    assert [evaluate(node, values, OPSET, budget) is None for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(("operator", "inputs"), [("Div", ([1], "x")), ("Reshape", ([1, 2], [3])), ("NoSuch", ([1],))])
def test_what_cannot_be_computed_is_left(operator: str, inputs: Sequence[Any]) -> None:
    assert result(operator, *inputs) is None
