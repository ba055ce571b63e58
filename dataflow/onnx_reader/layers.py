"""What a translator of operators hands out, and how it reads a node's attributes and names its layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import onnx

from heddle.dataflow.network import Layer
from heddle.dataflow.onnx_reader.model_file import node_name
from heddle.dataflow.onnx_reader.tensors import OnnxTensors


@dataclass(frozen=True)
class MadeLayer:
    """A layer, and the number of the weight that it uses (``OnnxTensors.numbers_of``); None where it uses none.

    ``learned`` are the constants that a vector layer learns, apart from those that a layer anywhere has as its weight.
    ``follows_learned`` says that its input depends on learned numbers of its own node, as a state does.
    """

    layer: Layer
    weight: int | None = None
    learned: tuple[str, ...] = ()
    follows_learned: bool = False


Translator = Callable[[onnx.NodeProto, OnnxTensors], tuple[MadeLayer, ...]]


def layer_name(node: onnx.NodeProto, tensors: OnnxTensors, *weights: str) -> str:
    """The module that one of the node's constants (by default, any) belongs to, or the node's own name."""
    names = weights or tuple(name for name in node.input if name and tensors.is_constant(name))
    return next((module for name in names if (module := tensors.module_of(name))), node_name(node))


def attribute_int(node: onnx.NodeProto, name: str, default: int) -> int:
    """An attribute that is an integer."""
    found = _attribute(node, name)
    return default if found is None else int(found.i)


def attribute_ints(node: onnx.NodeProto, name: str) -> tuple[int, ...]:
    """An attribute that is a list of integers; empty where it is left out."""
    found = _attribute(node, name)
    return () if found is None else tuple(found.ints)


def attribute_text(node: onnx.NodeProto, name: str, default: str) -> str:
    """An attribute that is a text."""
    found = _attribute(node, name)
    return default if found is None else found.s.decode("utf-8", errors="replace")


def _attribute(node: onnx.NodeProto, name: str) -> onnx.AttributeProto | None:
    return next((attribute for attribute in node.attribute if attribute.name == name), None)
