"""The tensors that an ONNX file stores: weights become inputs without values, small ones keep what inference needs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import checker, external_data_helper, numpy_helper

from heddle.arch.errors import HeddleError
from heddle.dataflow.onnx_reader.model_file import first_line

#: Shape inference needs the values of small tensors (target shapes, scales, axes); larger ones are weights.
LARGEST_VALUE_NEEDED = 64

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


def detach_weights(path: str | Path, model: onnx.ModelProto) -> dict[str, int]:
    """Turn large initializers into inputs of the same shape and return the learned numbers of all of them.

    A learned number is of floating point, or turned into it by a DequantizeLinear, and not alone. The values of
    weights are of no use here, and copying them through shape inference would take long and fails over 2 GiB. Raises
    HeddleError for a damaged tensor.
    """
    graph = model.graph
    if graph.sparse_initializer:
        raise HeddleError(f"{path}: sparse initializers are not supported; store the weights dense")
    declared = {value.name: value for value in graph.input}
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                _check_stored(path, attribute.t)
    learned: dict[str, int] = {}
    quantised, scales = _quantisation(graph.node)
    kept = []
    for tensor in graph.initializer:
        _check_stored(path, tensor)
        numbers = math.prod(tensor.dims)
        is_learned = tensor.name in quantised or (tensor.data_type in _LEARNED_TYPES and tensor.name not in scales)
        learned[tensor.name] = numbers if is_learned and numbers > 1 else 0
        if _value_is_needed(tensor, numbers):
            _load_external(path, tensor)
            kept.append(tensor)
        else:
            as_input = declared.get(tensor.name) or graph.input.add()
            as_input.CopyFrom(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tuple(tensor.dims)))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return learned


def _quantisation(nodes: Iterable[onnx.NodeProto]) -> tuple[frozenset[str], frozenset[str]]:
    """What DequantizeLinear nodes turn into floating point, and all scales and zero points."""
    takers = [node for node in nodes if node.op_type in ("DequantizeLinear", "QuantizeLinear")]
    quantised = frozenset(node.input[0] for node in takers if node.op_type == "DequantizeLinear" and node.input)
    return quantised, frozenset(name for node in takers for name in node.input[1:])


def _value_is_needed(tensor: onnx.TensorProto, numbers: int) -> bool:
    """True for a small tensor, unless it is a floating-point one without values in this file: a bias."""
    if tensor.data_type not in _LEARNED_TYPES:
        return numbers <= LARGEST_VALUE_NEEDED
    is_here = not external_data_helper.uses_external_data(tensor) and (_stored_values(tensor) or not numbers)
    return numbers <= LARGEST_VALUE_NEEDED and bool(is_here)


def _check_stored(path: str | Path, tensor: onnx.TensorProto) -> None:
    """Refuse a tensor whose stored values and size do not agree; floating-point values may be left out."""
    if any(size < 0 for size in tensor.dims):
        raise HeddleError(f"{path}: the stored tensor {tensor.name!r} has a negative size")
    numbers = math.prod(tensor.dims)
    if external_data_helper.uses_external_data(tensor) or tensor.data_type not in _BYTES_A_VALUE:
        return
    stored = _stored_values(tensor)
    if stored != numbers and (stored or tensor.data_type not in _LEARNED_TYPES):
        raise HeddleError(f"{path}: the stored tensor {tensor.name!r} holds {stored} values and declares {numbers}")


def stored_value(tensor: onnx.TensorProto) -> NDArray[Any] | None:
    """The values of ``tensor``; None where they are elsewhere or not as many as it declares."""
    try:
        value = numpy_helper.to_array(tensor)
    except Exception:  # numpy's many errors on fewer values than the dims say, or values elsewhere
        return None
    return None if value.dtype == object else value


def _stored_values(tensor: onnx.TensorProto) -> int:
    """Values that the tensor, of a type in ``_BYTES_A_VALUE``, holds in this file."""
    fields = (tensor.float_data, tensor.double_data, tensor.int32_data, tensor.int64_data, tensor.uint64_data)
    return len(tensor.raw_data) // _BYTES_A_VALUE[tensor.data_type] or max(len(field) for field in fields)


def _load_external(path: str | Path, tensor: onnx.TensorProto) -> None:
    if not external_data_helper.uses_external_data(tensor):
        return
    try:
        external_data_helper.load_external_data_for_tensor(tensor, str(Path(path).parent))
    except (checker.ValidationError, OSError, ValueError) as error:
        raise HeddleError(f"{path}: the external data of {tensor.name!r} cannot be read: {first_line(error)}") from None
    tensor.data_location = onnx.TensorProto.DEFAULT
    del tensor.external_data[:]
