"""Einsum of one or two operands: its letters say which product it is."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence

import onnx

from heddle.dataflow.network import VectorLayer
from heddle.dataflow.onnx_reader.inference import Shape
from heddle.dataflow.onnx_reader.layers import MadeLayer, attribute_text
from heddle.dataflow.onnx_reader.model_file import node_name
from heddle.dataflow.onnx_reader.products import activation_product, weighted_product
from heddle.dataflow.onnx_reader.tensors import OnnxTensors

_ELLIPSIS = "..."


def translate_einsum(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """A product with a weight, or of two activations; with one operand a reduction, or nothing but an order."""
    shapes = [tensors.shape(node, name) for name in node.input]
    equation = attribute_text(node, "equation", "").replace(" ", "")
    terms, out = _letters(node, tensors, equation, shapes)
    sizes = _sizes(node, tensors, terms, shapes)
    if len(terms) == 1:
        return _of_one(node, tensors, terms[0], out)
    if len(terms) != 2:
        raise tensors.error(node, f"{equation!r} has {len(terms)} operands (valid: 1 or 2; split it)")
    left, right = terms
    alone = [letter for letter in left + right if (letter in left) != (letter in right) and letter not in out]
    if alone:
        raise tensors.error(
            node, f"{equation!r} sums {alone[0]!r} over one operand alone, which is not supported (sum it before)"
        )
    stack = _size(sizes, [letter for letter in left if letter in right and letter in out])
    inner = _size(sizes, [letter for letter in left if letter in right and letter not in out])
    rows = _size(sizes, [letter for letter in left if letter not in right])
    columns = _size(sizes, [letter for letter in right if letter not in left])
    if tensors.is_constant(node.input[0]):
        return weighted_product(node, tensors, 0, columns, (stack, inner, rows))
    if tensors.is_constant(node.input[1]):
        return weighted_product(node, tensors, 1, rows, (stack, inner, columns))
    return (MadeLayer(activation_product(node, tensors, (rows, inner, columns), stack)),)


def _of_one(node: onnx.NodeProto, tensors: OnnxTensors, term: str, out: str) -> tuple[MadeLayer, ...]:
    if sorted(term) == sorted(out):
        return ()
    inputs, outputs = tensors.elements(node, node.input[0]), tensors.elements(node, node.output[0])
    return (MadeLayer(VectorLayer(node_name(node), "pool", inputs, outputs, window=max(inputs // outputs, 1))),)


def _letters(
    node: onnx.NodeProto, tensors: OnnxTensors, equation: str, shapes: Sequence[Shape]
) -> tuple[list[str], str]:
    """Operands and result as letters, one a dimension; those of an ellipsis are letters that the equation has not."""
    given, arrow, out = equation.partition("->")
    terms = given.split(",")
    if len(terms) != len(shapes):
        raise tensors.error(node, f"{equation!r} has {len(terms)} operands, and {len(shapes)} are given")
    free = [letter for letter in string.ascii_letters if letter not in equation]
    hidden = max(
        (
            len(shape) - len(term) + len(_ELLIPSIS)
            for term, shape in zip(terms, shapes, strict=True)
            if _ELLIPSIS in term
        ),
        default=0,
    )
    filler = "".join(free[: max(hidden, 0)])
    if not arrow:
        once = sorted(letter for letter in set(given) - {",", "."} if given.count(letter) == 1)
        out = (_ELLIPSIS if _ELLIPSIS in given else "") + "".join(once)
    spelled = [
        term.replace(_ELLIPSIS, filler[max(0, hidden - (len(shape) - len(term) + len(_ELLIPSIS))) :])
        for term, shape in zip(terms, shapes, strict=True)
    ]
    return spelled, out.replace(_ELLIPSIS, filler)


def _sizes(
    node: onnx.NodeProto, tensors: OnnxTensors, terms: Sequence[str], shapes: Sequence[Shape]
) -> Mapping[str, int]:
    """The size of each letter; raises HeddleError where letters and dimensions do not fit."""
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        if len(term) != len(shape) or len(set(term)) != len(term) or not term.isalpha():
            raise tensors.error(node, f"its operand {term!r} does not fit the shape {list(shape)}, or repeats a letter")
        for letter, size in zip(term, shape, strict=True):
            if sizes.setdefault(letter, size) != size and 1 not in (size, sizes[letter]):
                raise tensors.error(node, f"{letter!r} is {sizes[letter]} and {size}")
            sizes[letter] = max(sizes[letter], size)
    return sizes


def _size(sizes: Mapping[str, int], letters: Sequence[str]) -> int:
    return math.prod(sizes[letter] for letter in letters)
