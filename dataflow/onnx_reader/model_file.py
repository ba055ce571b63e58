"""An ONNX file as a graph with known shapes: read, checked, its batch settled, shapes inferred.

Values of weights are never looked at: only their shapes are, so external weight files need not be there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import (  # type: ignore[import-untyped]  # it ships no types
    DecodeError,
    EncodeError,
)
from onnx import checker, external_data_helper, inliner, shape_inference

from heddle.arch.errors import HeddleError
from heddle.dataflow.files import read_bytes
from heddle.dataflow.onnx_fold import fold_shapes

OLDEST_OPSET = 11

STANDARD_DOMAINS = ("", "ai.onnx")
_LEARNED_TYPES = frozenset(
    {
        onnx.TensorProto.FLOAT,
        onnx.TensorProto.FLOAT16,
        onnx.TensorProto.BFLOAT16,
        onnx.TensorProto.DOUBLE,
    }
)
_BYTES_A_VALUE: Mapping[int, int] = {
    onnx.TensorProto.FLOAT: 4,
    onnx.TensorProto.FLOAT16: 2,
    onnx.TensorProto.BFLOAT16: 2,
    onnx.TensorProto.DOUBLE: 8,
    onnx.TensorProto.INT32: 4,
    onnx.TensorProto.INT64: 8,
}
# Shape inference needs the values of small tensors (target shapes, scales, axes); larger ones are weights.
_LARGEST_VALUE_NEEDED = 64


@dataclass(frozen=True)
class OnnxGraph:
    """A graph in execution order.

    ``shapes`` holds every tensor whose shape is known, with the batch as it stands in the file or was set;
    ``batch`` is that batch. ``initializers`` maps each stored tensor to how many learned numbers it holds (none
    for integers and scalars).
    """

    path: str
    batch: int
    nodes: tuple[onnx.NodeProto, ...]
    shapes: Mapping[str, tuple[int, ...]]
    initializers: Mapping[str, int]
    notes: tuple[str, ...]


def read_model(path: str | Path) -> onnx.ModelProto:
    """Read and decode the file, with functions inlined.

    Raises HeddleError where it is missing, no ONNX model, cut off, or of an operator set that is not supported.
    """
    try:
        model = onnx.load_model_from_string(read_bytes(path))
    except DecodeError:
        raise HeddleError(f"{path}: it is not an ONNX model, or it is cut off") from None
    if not model.HasField("graph"):
        raise HeddleError(f"{path}: it is not an ONNX model with a graph, or it is cut off")
    if not model.graph.node:
        raise HeddleError(f"{path}: its graph has no operators")
    _check_text(path, model.graph)
    _check_opset(path, model)
    if not model.functions:
        return model
    try:
        return inliner.inline_local_functions(model)
    except (checker.ValidationError, RuntimeError, ValueError, EncodeError, DecodeError) as error:
        raise HeddleError(f"{path}: its functions cannot be inlined: {_first_line(error)}") from None


def infer_graph(path: str | Path, model: onnx.ModelProto, batch_hint: int) -> OnnxGraph:
    """Settle the batch and infer all shapes; ``model`` is changed.

    A symbolic first dimension of an input takes the value ``batch_hint``. Raises HeddleError for inputs of open
    size, inconsistent shapes and damaged graphs.
    """
    initializers = _detach_weights(path, model)
    batch, notes = _settle_batch(path, model, set(initializers), batch_hint)
    _forget_stored_shapes(model.graph)
    shapes = _infer_shapes(path, model)
    while folded := fold_shapes(model.graph, shapes):
        initializers.update(dict.fromkeys(folded, 0))
        shapes = _infer_shapes(path, model)
    return OnnxGraph(str(path), batch, tuple(model.graph.node), shapes, initializers, notes)


def _infer_shapes(path: str | Path, model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """Shapes of all tensors that are wholly known."""
    try:
        checker.check_model(model)
        graph = shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True).graph
    except (
        checker.ValidationError,
        shape_inference.InferenceError,
        RuntimeError,
        ValueError,
        EncodeError,
        DecodeError,
    ) as error:
        raise HeddleError(f"{path}: its shapes cannot be inferred: {_first_line(error)}") from None
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        shape = _fixed_shape(value)
        if shape is not None:
            shapes[value.name] = shape
    return shapes


def _check_text(path: str | Path, graph: onnx.GraphProto) -> None:
    """Refuse names that are not UTF-8, which protobuf hands out as bytes."""
    names: list[str | bytes] = [tensor.name for tensor in graph.initializer]
    names += [value.name for value in (*graph.input, *graph.output)]
    names += [dim.dim_param for value in graph.input for dim in value.type.tensor_type.shape.dim]
    for node in graph.node:
        names += [node.name, node.op_type, node.domain, *node.input, *node.output]
        names += [attribute.name for attribute in node.attribute]
    if any(isinstance(name, bytes) for name in names):
        raise HeddleError(f"{path}: it is a damaged ONNX model: a name in it is not UTF-8 text")


def _check_opset(path: str | Path, model: onnx.ModelProto) -> None:
    newest = onnx.defs.onnx_opset_version()
    versions = [entry.version for entry in model.opset_import if entry.domain in STANDARD_DOMAINS]
    if not versions:
        raise HeddleError(f"{path}: it names no operator set (valid: {OLDEST_OPSET} to {newest})")
    if not OLDEST_OPSET <= versions[0] <= newest:
        raise HeddleError(f"{path}: operator set {versions[0]} is not supported (valid: {OLDEST_OPSET} to {newest})")


def _detach_weights(path: str | Path, model: onnx.ModelProto) -> dict[str, int]:
    """Turn large initializers into inputs of the same shape and return the learned numbers of all of them.

    Their values are of no use here, and copying them through shape inference would take long and fails over 2 GiB.
    """
    graph = model.graph
    if graph.sparse_initializer:
        raise HeddleError(f"{path}: sparse initializers are not supported; store the weights dense")
    declared = {value.name for value in graph.input}
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                _check_stored(path, attribute.t)
    learned: dict[str, int] = {}
    kept = []
    for tensor in graph.initializer:
        _check_stored(path, tensor)
        numbers = math.prod(tensor.dims)
        learned[tensor.name] = numbers if tensor.data_type in _LEARNED_TYPES and numbers > 1 else 0
        if _value_is_needed(tensor, numbers):
            _load_external(path, tensor)
            kept.append(tensor)
        elif tensor.name not in declared:
            graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tuple(tensor.dims)))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return learned


def _value_is_needed(tensor: onnx.TensorProto, numbers: int) -> bool:
    """True for a small tensor, unless it is a floating-point one in a file of its own: a bias."""
    is_external_weight = tensor.data_type in _LEARNED_TYPES and external_data_helper.uses_external_data(tensor)
    return numbers <= _LARGEST_VALUE_NEEDED and not is_external_weight


def _check_stored(path: str | Path, tensor: onnx.TensorProto) -> None:
    """Refuse a tensor whose stored values and size do not agree; floating-point values may be left out."""
    if any(size < 0 for size in tensor.dims):
        raise HeddleError(f"{path}: the stored tensor {tensor.name!r} has a negative size")
    numbers = math.prod(tensor.dims)
    if external_data_helper.uses_external_data(tensor) or tensor.data_type not in _BYTES_A_VALUE:
        return
    fields = (tensor.float_data, tensor.double_data, tensor.int32_data, tensor.int64_data, tensor.uint64_data)
    stored = len(tensor.raw_data) // _BYTES_A_VALUE[tensor.data_type] or max(len(field) for field in fields)
    if stored != numbers and (stored or tensor.data_type not in _LEARNED_TYPES):
        raise HeddleError(f"{path}: the stored tensor {tensor.name!r} holds {stored} values and declares {numbers}")


def _load_external(path: str | Path, tensor: onnx.TensorProto) -> None:
    if not external_data_helper.uses_external_data(tensor):
        return
    try:
        external_data_helper.load_external_data_for_tensor(tensor, str(Path(path).parent))
    except (checker.ValidationError, OSError, ValueError) as error:
        raise HeddleError(
            f"{path}: the external data of {tensor.name!r} cannot be read: {_first_line(error)}"
        ) from None
    tensor.data_location = onnx.TensorProto.DEFAULT
    del tensor.external_data[:]


def _settle_batch(
    path: str | Path, model: onnx.ModelProto, stored: set[str], batch_hint: int
) -> tuple[int, tuple[str, ...]]:
    """Give every input a fixed shape; return the batch and a remark where the file fixes it above one."""
    batch = 0
    notes: tuple[str, ...] = ()
    for value in model.graph.input:
        if value.name in stored:
            continue
        if not value.type.HasField("tensor_type") or not value.type.tensor_type.HasField("shape"):
            raise HeddleError(f"{path}: input {value.name!r} has no shape; export the model with fixed sizes")
        dims = value.type.tensor_type.shape.dim
        for axis, dim in enumerate(dims):
            if dim.HasField("dim_value") and dim.dim_value > 0:
                continue
            if dim.HasField("dim_value") and dim.dim_value == 0:
                raise HeddleError(
                    f"{path}: input {value.name!r} is empty: its size is 0 at dimension {axis}; export the model with "
                    "fixed sizes, an open batch with a name"
                )
            if axis > 0:
                symbol = f" ({dim.dim_param!r})" if dim.dim_param else ""
                raise HeddleError(
                    f"{path}: input {value.name!r} has no fixed size at dimension {axis}{symbol}; export the model "
                    "with fixed sizes, only the batch (dimension 0) may stay open"
                )
            dim.dim_value = batch_hint
        if dims and not batch:
            batch = dims[0].dim_value
            if batch not in (1, batch_hint):
                notes = (f"the first dimension of input {value.name!r}, {batch}, is taken as the batch",)
    return batch or 1, notes


def _forget_stored_shapes(graph: onnx.GraphProto) -> None:
    """Drop the exporter's own shapes: they may hold the symbols that the batch just replaced.

    An output that declares no shape is no longer listed as one, which the checker would insist on; inference
    finds its shape like that of any other tensor.
    """
    del graph.value_info[:]
    shaped = [value for value in graph.output if _declares_shape(value)]
    del graph.output[:]
    graph.output.extend(shaped)
    for value in graph.output:
        if value.type.HasField("tensor_type"):
            for dim in value.type.tensor_type.shape.dim:
                dim.Clear()


def _declares_shape(value: onnx.ValueInfoProto) -> bool:
    """False for a tensor without a shape and for a value without any type."""
    kind = value.type.WhichOneof("value")
    return kind is not None and (kind != "tensor_type" or value.type.tensor_type.HasField("shape"))


def _fixed_shape(value: onnx.ValueInfoProto) -> tuple[int, ...] | None:
    if not value.type.HasField("tensor_type") or not value.type.tensor_type.HasField("shape"):
        return None
    dims = value.type.tensor_type.shape.dim
    if not all(dim.HasField("dim_value") and dim.dim_value >= 0 for dim in dims):
        return None
    return tuple(dim.dim_value for dim in dims)


def _first_line(error: Exception) -> str:
    """The first line of a library's message, cut to a length that fits one line of a terminal."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return text if len(text) <= 200 else text[:197] + "..."
