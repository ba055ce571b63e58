"""Arithmetic on shapes, done ahead: exporters compute a Reshape's target from Shape, Gather, Concat and the like.

Shape inference follows only part of that, and less in older operator sets; with every size fixed the results are
plain integers, so they are put into the graph as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Integers = NDArray[np.int64]

# A shape, a list of axes, a permutation: nothing longer takes part in shape arithmetic.
_LARGEST_VALUE = 64


def fold_shapes(graph: onnx.GraphProto, shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, ...]:
    """Replace nodes that compute integers from known shapes by their results; return the names of the results.

    ``graph`` is changed in place. What cannot be computed is left as it is, for shape inference to judge.
    """
    values = _stored_integers(graph)
    stored = set(values)
    kept = []
    for node in graph.node:
        result = None if node.op_type == "Constant" else _evaluate(node, values, shapes)
        if result is None or len(node.output) != 1:
            kept.append(node)
        else:
            values[node.output[0]] = result
    folded = tuple(name for name in values if name not in stored)
    if folded:
        graph.initializer.extend(numpy_helper.from_array(values[name], name) for name in folded)
        del graph.node[:]
        graph.node.extend(kept)
    return folded


def _stored_integers(graph: onnx.GraphProto) -> dict[str, Integers]:
    """Small integer tensors of the graph: initializers and Constant nodes."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    values: dict[str, Integers] = {}
    for node in graph.node:
        if node.op_type != "Constant" or len(node.output) != 1:
            continue
        for attribute in node.attribute:
            if attribute.name == "value":
                tensors[node.output[0]] = attribute.t
            elif attribute.name == "value_int":
                values[node.output[0]] = np.array(attribute.i, np.int64)
            elif attribute.name == "value_ints":
                values[node.output[0]] = np.array(attribute.ints, np.int64)
    for name, tensor in tensors.items():
        value = _integers(tensor)
        if value is not None:
            values[name] = value
    return values


def _integers(tensor: onnx.TensorProto) -> Integers | None:
    small = len(tensor.dims) <= 1 and all(0 <= size <= _LARGEST_VALUE for size in tensor.dims)
    if not small or tensor.data_type not in (onnx.TensorProto.INT64, onnx.TensorProto.INT32):
        return None
    try:
        return np.asarray(numpy_helper.to_array(tensor), np.int64)
    except (TypeError, ValueError):  # fewer values than its dims say
        return None


def _evaluate(
    node: onnx.NodeProto, values: Mapping[str, Integers], shapes: Mapping[str, tuple[int, ...]]
) -> Integers | None:
    attributes = {attribute.name: attribute for attribute in node.attribute}
    if node.op_type == "Shape" and len(node.input) == 1:
        shape = shapes.get(node.input[0])
        start = attributes["start"].i if "start" in attributes else 0
        end = attributes["end"].i if "end" in attributes else None
        return None if shape is None else np.array(shape[start:end], np.int64)
    operation = _OPERATIONS.get(node.op_type)
    inputs = [values.get(name) for name in node.input]
    if operation is None or not inputs or any(value is None for value in inputs):
        return None
    try:
        result = operation([value for value in inputs if value is not None], attributes)
    except (IndexError, TypeError, ValueError, ZeroDivisionError):  # a damaged node: inference reports it
        return None
    return result if result.ndim <= 1 and result.size <= _LARGEST_VALUE else None


Attributes = Mapping[str, onnx.AttributeProto]


def _axes(inputs: Sequence[Integers], attributes: Attributes) -> tuple[int, ...]:
    """Axes of Squeeze and Unsqueeze: an attribute up to operator set 12, an input after it."""
    if len(inputs) > 1:
        return tuple(inputs[1].tolist())
    return tuple(attributes["axes"].ints) if "axes" in attributes else ()


def _squeeze(inputs: Sequence[Integers], attributes: Attributes) -> Integers:
    return np.squeeze(inputs[0], _axes(inputs, attributes) or None)


def _unsqueeze(inputs: Sequence[Integers], attributes: Attributes) -> Integers:
    return np.expand_dims(inputs[0], _axes(inputs, attributes))


def _slice(inputs: Sequence[Integers], _: Attributes) -> Integers:
    """Slice of a vector along its only axis."""
    data, start, end = inputs[0], inputs[1].item(), inputs[2].item()
    step = inputs[4].item() if len(inputs) > 4 else 1
    return data[start:end:step]


def _divide(inputs: Sequence[Integers], _: Attributes) -> Integers:
    """Integer division, towards zero; the sizes here are positive."""
    if not np.all(inputs[1]):
        raise ZeroDivisionError
    return inputs[0] // inputs[1]


_OPERATIONS: Mapping[str, Callable[[Sequence[Integers], Attributes], Integers]] = {
    "Add": lambda inputs, _: inputs[0] + inputs[1],
    "Cast": lambda inputs, _: inputs[0],
    "Concat": lambda inputs, _: np.concatenate(list(inputs)),
    "Div": _divide,
    "Gather": lambda inputs, _: np.take(inputs[0], inputs[1]),
    "Identity": lambda inputs, _: inputs[0],
    "Mul": lambda inputs, _: inputs[0] * inputs[1],
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Sub": lambda inputs, _: inputs[0] - inputs[1],
    "Unsqueeze": _unsqueeze,
}
