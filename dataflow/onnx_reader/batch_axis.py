"""Which dimension of an input is the batch by definition of the operator that takes it, as a convolution's first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import onnx

from heddle.dataflow.onnx_reader.model_file import operator_names
from heddle.dataflow.onnx_reader.stored import LARGEST_VALUE_NEEDED, stored_value

# Operators whose first input has the batch at dimension 0, and those that have the sequence there unless layout is 1.
_BATCH_FIRST = operator_names(
    "Attention AveragePool BatchNormalization Conv ConvTranspose DepthToSpace GlobalAveragePool GlobalLpPool "
    "GlobalMaxPool GroupNormalization InstanceNormalization LpPool LRN MaxPool SpaceToDepth"
)
_RECURRENT = frozenset({"GRU", "LSTM", "RNN"})
# Operators that leave every dimension of their first input where it is; the first ones leave its sizes, too.
_SAME_SIZES = operator_names(
    "Abs Cast CastLike Celu Clip DequantizeLinear Dropout Elu Erf Exp Gelu HardSigmoid HardSwish Identity "
    "LayerNormalization LeakyRelu LogSoftmax Neg PRelu QuantizeLinear Relu Sigmoid Softmax Softplus Sqrt Tanh"
)
_IN_PLACE = operator_names("Add Concat Div Mul Pad Slice Split Sub")


@dataclass(frozen=True)
class _Followed:
    """A tensor on the way from an input: the dimension of that input at each place, None where there is no one such.

    ``sizes`` are those of the tensor, None where they are not followed.
    """

    input_name: str
    axes: tuple[int | None, ...]
    sizes: tuple[int, ...] | None


def defined_batch_axes(graph: onnx.GraphProto, inputs: Iterable[onnx.ValueInfoProto]) -> Mapping[str, int]:
    """Return the batch's dimension of those ``inputs`` that reach an operator which defines it.

    Followed are operators that keep the dimensions in their places, Transpose, and, where all sizes are fixed, what
    reshapes the tensor and leaves the batch a dimension of its own. Where two operators disagree the first one counts.
    """
    followed = {value.name: each for value in inputs if (each := _fed(value)).axes}
    targets = dict(_small_vectors(graph))
    defined: dict[str, int] = {}
    for node in graph.node:
        before = followed.get(node.input[0]) if node.input else None
        if before is None:
            continue
        place = _batch_place(node)
        axis = before.axes[place] if place is not None and place < len(before.axes) else None
        if axis is not None:
            defined.setdefault(before.input_name, axis)
        after = _after(node, before, targets)
        if after is not None:
            followed.update(dict.fromkeys(node.output, after))
    return defined


def _fed(value: onnx.ValueInfoProto) -> _Followed:
    dims = value.type.tensor_type.shape.dim
    sizes = tuple(dim.dim_value for dim in dims)
    return _Followed(value.name, tuple(range(len(dims))), sizes if all(size > 0 for size in sizes) else None)


def _small_vectors(graph: onnx.GraphProto) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Constants that may be the target of a Reshape or the places of an Unsqueeze."""
    constants = [(tensor.name, tensor) for tensor in graph.initializer]
    for node in graph.node:
        if node.op_type == "Constant":
            constants += [(node.output[0], each.t) for each in node.attribute if each.name == "value"]
    for name, tensor in constants:
        is_small = len(tensor.dims) == 1 and 0 < tensor.dims[0] <= LARGEST_VALUE_NEEDED
        value = stored_value(tensor) if is_small and tensor.data_type == onnx.TensorProto.INT64 else None
        if value is not None:
            yield name, tuple(int(size) for size in value)


def _after(node: onnx.NodeProto, before: _Followed, targets: Mapping[str, tuple[int, ...]]) -> _Followed | None:
    """What ``node`` makes of the tensor; None where its dimensions are lost."""
    if node.op_type in _SAME_SIZES:
        return before
    if node.op_type in _IN_PLACE:
        return replace(before, sizes=None)
    if node.op_type == "Transpose":
        return _transposed(node, before)
    if before.sizes is None:
        return None
    sizes = _new_sizes(node, before.sizes, targets.get(node.input[1]) if len(node.input) > 1 else None)
    return None if sizes is None else _resized(before, sizes)


def _new_sizes(node: onnx.NodeProto, sizes: tuple[int, ...], vector: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The sizes that a reshaping ``node`` gives, ``vector`` its second input; None for any other operator."""
    if node.op_type == "Flatten":
        axis = _integer(node, "axis", 1)
        return math.prod(sizes[:axis]), math.prod(sizes[axis:])
    if node.op_type == "Reshape" and vector and not _integer(node, "allowzero", 0):
        return _target_sizes(sizes, vector)
    axes = vector or next((tuple(each.ints) for each in node.attribute if each.name == "axes"), ())
    if node.op_type == "Unsqueeze":
        rank = len(sizes) + len(axes)
        ones, others = {axis % rank for axis in axes}, iter(sizes)
        return tuple(1 if place in ones else next(others, 1) for place in range(rank))
    if node.op_type == "Squeeze" and axes and sizes:
        dropped = {axis % len(sizes) for axis in axes}
        kept = tuple(size for place, size in enumerate(sizes) if place not in dropped)
        return kept if math.prod(kept) == math.prod(sizes) else None
    return None


def _transposed(node: onnx.NodeProto, before: _Followed) -> _Followed | None:
    places = range(len(before.axes))
    order = [place for attribute in node.attribute if attribute.name == "perm" for place in attribute.ints]
    order = order or list(reversed(places))
    if sorted(order) != list(places):
        return None
    sizes = None if before.sizes is None else tuple(before.sizes[place] for place in order)
    return _Followed(before.input_name, tuple(before.axes[place] for place in order), sizes)


def _target_sizes(sizes: tuple[int, ...], target: Sequence[int]) -> tuple[int, ...] | None:
    """The sizes that a Reshape's ``target`` means: 0 keeps one, -1 is what is left; None where they do not fit."""
    kept = [sizes[place] if size == 0 and place < len(sizes) else size for place, size in enumerate(target)]
    known = math.prod(size for size in kept if size != -1)
    if known <= 0 or math.prod(sizes) % known:
        return None
    found = tuple(math.prod(sizes) // known if size == -1 else size for size in kept)
    return found if math.prod(found) == math.prod(sizes) and min(found) > 0 else None


def _resized(before: _Followed, sizes: tuple[int, ...]) -> _Followed:
    """The tensor with other ``sizes`` of as many elements; dimensions that are split or joined are no input's any more.

    Dimensions of one are passed over: they stand anywhere between the others.
    """
    old_sizes = before.sizes or ()
    old = [place for place, size in enumerate(old_sizes) if size > 1]
    new = [place for place, size in enumerate(sizes) if size > 1]
    axes: list[int | None] = [None] * len(sizes)
    while old and new:
        joined, split = [old.pop(0)], [new.pop(0)]
        while (left := math.prod(old_sizes[at] for at in joined)) != (right := math.prod(sizes[at] for at in split)):
            (joined if left < right else split).append((old if left < right else new).pop(0))
        if len(joined) == len(split) == 1:
            axes[split[0]] = before.axes[joined[0]]
    return _Followed(before.input_name, tuple(axes), sizes)


def _integer(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == name), default)


def _batch_place(node: onnx.NodeProto) -> int | None:
    """Where the operator has the batch of its first input; None where it does not say."""
    if node.op_type in _BATCH_FIRST:
        return 0
    if node.op_type in _RECURRENT:
        return 0 if _integer(node, "layout", 0) else 1
    return None
