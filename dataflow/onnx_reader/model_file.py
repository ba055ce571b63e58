"""An ONNX file, read and checked, in a form that shape inference takes: functions inlined, the operator set current."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx
from google.protobuf.message import (  # type: ignore[import-untyped]  # it ships no types
    DecodeError,
    EncodeError,
)
from onnx import checker, inliner, version_converter

from heddle.arch.errors import HeddleError, first_names
from heddle.dataflow.files import read_bytes

OLDEST_OPSET = 7
#: Older ones are brought to this by ONNX's own converter: since then shapes come in as inputs, and inference follows.
_OLDEST_INFERRED_OPSET = 11

STANDARD_DOMAINS = ("", "ai.onnx")
_DAMAGED = (checker.ValidationError, RuntimeError, ValueError, EncodeError, DecodeError)


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
    _opset(path, model)
    _import_foreign_domains(model)
    if not model.functions:
        return model
    try:
        return inliner.inline_local_functions(model)
    except _DAMAGED as error:
        raise HeddleError(f"{path}: its functions cannot be inlined: {first_line(error)}") from None


def at_known_opset(path: str | Path, model: onnx.ModelProto) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """Bring a model of an old operator set to one whose shapes can be inferred; return it and a remark.

    Its weights have to be detached before: the converter copies them. Raises HeddleError where it fails.
    """
    opset = _opset(path, model)
    if opset >= _OLDEST_INFERRED_OPSET:
        return model, ()
    try:
        checker.check_model(model)
        converted = version_converter.convert_version(model, _OLDEST_INFERRED_OPSET)
    except _DAMAGED as error:
        raise HeddleError(
            f"{path}: operator set {opset} cannot be brought to {_OLDEST_INFERRED_OPSET}: {first_line(error)}"
        ) from None
    return converted, (f"operator set {opset} was brought to {_OLDEST_INFERRED_OPSET} by ONNX's converter",)


def pass_over_unknown_attributes(model: onnx.ModelProto) -> tuple[str, ...]:
    """Take attributes that their operator does not define off the nodes of ``model``; return a remark on them."""
    found: list[str] = []
    for node in model.graph.node:
        schema = schema_of(node, model)
        if schema is None:
            continue
        unknown = [attribute for attribute in node.attribute if attribute.name not in schema.attributes]
        for attribute in unknown:
            found.append(f"{attribute.name} of {node_name(node)}")
            node.attribute.remove(attribute)
    if not found:
        return ()
    return (f"attributes that their operators have not are passed over: {first_names(found)}",)


def schema_of(node: onnx.NodeProto, model: onnx.ModelProto) -> onnx.defs.OpSchema | None:
    """What this onnx knows of the node's operator at the model's operator set; None for a foreign one."""
    domain = "" if node.domain in STANDARD_DOMAINS else node.domain
    versions = {"" if entry.domain in STANDARD_DOMAINS else entry.domain: entry.version for entry in model.opset_import}
    try:
        return onnx.defs.get_schema(node.op_type, versions.get(domain, 1), domain)
    except onnx.defs.SchemaError:
        return None


def operator_names(text: str) -> frozenset[str]:
    """A set of operators, written as words."""
    return frozenset(text.split())


def node_name(node: onnx.NodeProto) -> str:
    """The node's name, or its first output where it has none."""
    return node.name or next((name for name in node.output if name), node.op_type)


def first_line(error: Exception) -> str:
    """The first line of a library's message, cut to a length that fits one line of a terminal."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return text if len(text) <= 200 else text[:197] + "..."


def _check_text(path: str | Path, graph: onnx.GraphProto) -> None:
    """Refuse names that are not UTF-8, which protobuf hands out as bytes."""
    if any(isinstance(name, bytes) for name in _names(graph)):
        raise HeddleError(f"{path}: it is a damaged ONNX model: a name in it is not UTF-8 text")


def _names(graph: onnx.GraphProto) -> Iterator[str | bytes]:
    """All names of a graph and of the graphs inside it."""
    yield from (tensor.name for tensor in graph.initializer)
    yield from (value.name for value in (*graph.input, *graph.output))
    yield from (dim.dim_param for value in graph.input for dim in value.type.tensor_type.shape.dim)
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        for attribute in node.attribute:
            yield attribute.name
            if attribute.HasField("g"):
                yield from _names(attribute.g)


def _import_foreign_domains(model: onnx.ModelProto) -> None:
    """Name the domains that nodes use and the file does not import, which the checker would insist on."""
    known = {entry.domain for entry in model.opset_import}
    for domain in {node.domain for node in model.graph.node} - known - set(STANDARD_DOMAINS):
        model.opset_import.append(onnx.helper.make_opsetid(domain, 1))


def _opset(path: str | Path, model: onnx.ModelProto) -> int:
    newest = onnx.defs.onnx_opset_version()
    versions = [entry.version for entry in model.opset_import if entry.domain in STANDARD_DOMAINS]
    if not versions:
        raise HeddleError(f"{path}: it names no operator set (valid: {OLDEST_OPSET} to {newest})")
    if not OLDEST_OPSET <= versions[0] <= newest:
        raise HeddleError(f"{path}: operator set {versions[0]} is not supported (valid: {OLDEST_OPSET} to {newest})")
    return int(versions[0])
