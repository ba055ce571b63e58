"""Arithmetic on constants, done ahead: exporters compute a Reshape's target, a scale or a mask from shapes.

The arithmetic is that of ONNX's own reference implementation. Here stands what it lacks: a bound on the elements
that an operator makes, known before anything is computed, so that no file can fill the memory or take minutes.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper
from onnx.reference import ReferenceEvaluator

Value = NDArray[Any]
Inputs = Sequence[Value | None]

#: A mask of 256 x 256 still is computed; what is larger keeps its shape and loses its values.
LARGEST_VALUE = 1 << 16
#: Elements that all folding of one file may make: some seconds of the reference implementation.
_MOST_ELEMENTS = 1 << 24
_LARGEST_RANK = 16


@dataclass
class FoldingBudget:
    """Elements that may still be made in one file."""

    left: int = _MOST_ELEMENTS

    def take(self, elements: int) -> bool:
        """Spend ``elements``; False where one value or the whole file would become too large."""
        if elements > min(LARGEST_VALUE, self.left):
            return False
        self.left -= elements
        return True


def evaluate(
    node: onnx.NodeProto, inputs: Inputs, opset: Sequence[onnx.OperatorSetIdProto], budget: FoldingBudget
) -> tuple[Value, ...] | None:
    """Return the node's outputs, ``inputs`` being the values of its inputs (None where one is left out).

    None where the operator is none that folds, where its outputs would be too large, and where the node cannot be
    computed: shape inference then says what is wrong with it.
    """
    bound = _BOUNDS.get(node.op_type)
    if bound is None:
        return None
    try:
        if not budget.take(max(bound(node, inputs), *(0 if value is None else value.size for value in inputs), 1)):
            return None
        return _run(node, inputs, opset)
    except Exception:  # whatever numpy raises in the library on a damaged node means: not computed
        return None


def _run(node: onnx.NodeProto, inputs: Inputs, opset: Sequence[onnx.OperatorSetIdProto]) -> tuple[Value, ...] | None:
    values = {name: value for name, value in zip(node.input, inputs, strict=True) if name and value is not None}
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_empty_tensor_value_info(name) for name in values],
        [helper.make_empty_tensor_value_info(name) for name in node.output if name],
    )
    model = helper.make_model(graph, opset_imports=opset)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = iter(ReferenceEvaluator(model).run(None, values))
    outputs = tuple(np.asarray(next(made)) if name else np.zeros(0) for name in node.output)
    sizes_fit = all(value.size <= LARGEST_VALUE and value.ndim <= _LARGEST_RANK for value in outputs)
    return outputs if sizes_fit and all(value.dtype != object for value in outputs) else None


Bound = Callable[[onnx.NodeProto, Inputs], int]


def _sizes(inputs: Inputs) -> list[int]:
    return [value.size for value in inputs if value is not None]


def _total(_: onnx.NodeProto, inputs: Inputs) -> int:
    """As many elements as all inputs have together: what moves, picks, reduces or joins them."""
    return sum(_sizes(inputs))


def _broadcast(_: onnx.NodeProto, inputs: Inputs) -> int:
    return math.prod(np.broadcast_shapes(*(value.shape for value in inputs if value is not None)))


def _gather(_: onnx.NodeProto, inputs: Inputs) -> int:
    """Each index picks a slice of the data."""
    data, indices = _required(inputs, 0), _required(inputs, 1)
    return data.size * indices.size


def _expand(_: onnx.NodeProto, inputs: Inputs) -> int:
    return math.prod(np.broadcast_shapes(_required(inputs, 0).shape, _shape_value(inputs, 1)))


def _tile(_: onnx.NodeProto, inputs: Inputs) -> int:
    return _required(inputs, 0).size * math.prod(_shape_value(inputs, 1))


def _filled(_: onnx.NodeProto, inputs: Inputs) -> int:
    return math.prod(_shape_value(inputs, 0))


def _range(_: onnx.NodeProto, inputs: Inputs) -> int:
    start, limit, delta = (_required(inputs, position).item() for position in range(3))
    return max(0, math.ceil((limit - start) / delta))


def _pad(_: onnx.NodeProto, inputs: Inputs) -> int:
    if len(inputs) < 2:
        return LARGEST_VALUE + 1
    data = _required(inputs, 0)
    return math.prod(size + sum(abs(pad) for pad in _shape_value(inputs, 1)) for size in data.shape)


def _one_hot(_: onnx.NodeProto, inputs: Inputs) -> int:
    return _required(inputs, 0).size * int(_required(inputs, 1).item())


def _ranked(_: onnx.NodeProto, inputs: Inputs) -> int:
    """NonZero: an index of each axis for each element."""
    data = _required(inputs, 0)
    return data.size * max(1, data.ndim)


def _product(_: onnx.NodeProto, inputs: Inputs) -> int:
    """MatMul of constants: bounded by its multiply-adds."""
    left, right = _required(inputs, 0), _required(inputs, 1)
    return left.size * (right.shape[-1] if right.ndim > 1 else 1) * math.prod(right.shape[:-2])


def _required(inputs: Inputs, position: int) -> Value:
    value = inputs[position]
    if value is None:
        raise ValueError("a required input is left out")
    return value


def _shape_value(inputs: Inputs, position: int) -> tuple[int, ...]:
    """A value as exact integers, which cannot overflow where a bound is multiplied."""
    return tuple(int(size) for size in _required(inputs, position).reshape(-1).tolist())


_MOVING = (
    "Concat CumSum Compress Flatten GatherElements Identity ArgMax ArgMin ReduceL1 "
    "ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Reshape ReverseSequence "
    "ScatterElements ScatterND Shape Size Slice Split Squeeze Transpose Trilu Unique Unsqueeze"
)
_ELEMENTWISE = (
    "Abs Add And BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BitShift Cast CastLike Ceil Clip Cos Div Equal Erf Exp "
    "Floor Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Log Max Mean Min Mod Mul Neg Not Or Pow Reciprocal "
    "Relu Round Sigmoid Sign Sin Softmax Sqrt Sub Sum Tanh Where Xor"
)
_BOUNDS: Mapping[str, Bound] = {
    **dict.fromkeys(_MOVING.split(), _total),
    **dict.fromkeys(_ELEMENTWISE.split(), _broadcast),
    "ConstantOfShape": _filled,
    "Expand": _expand,
    "Gather": _gather,
    "GatherND": _gather,
    "MatMul": _product,
    "NonZero": _ranked,
    "OneHot": _one_hot,
    "Pad": _pad,
    "Range": _range,
    "Tile": _tile,
}
