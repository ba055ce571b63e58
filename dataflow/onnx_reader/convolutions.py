"""Convolutions of ONNX: of one to three dimensions, and transposed ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import onnx

from heddle.dataflow.convolution import Geometry
from heddle.dataflow.network import ConvLayer, VectorLayer
from heddle.dataflow.onnx_reader.inference import Shape
from heddle.dataflow.onnx_reader.layers import MadeLayer, attribute_int, attribute_ints, layer_name
from heddle.dataflow.onnx_reader.products import claimed_weight
from heddle.dataflow.onnx_reader.tensors import OnnxTensors
from heddle.dataflow.onnx_reader.windows import dilations, planar_padding

_RANKS = (3, 4, 5)


def translate_conv(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """A convolution; a 1-D one has height 1. Dilation changes neither taps nor multiply-adds."""
    weight, data, out, strides = _sizes(node, tensors)
    groups = attribute_int(node, "group", 1)
    if groups < 1 or data[1] != weight[1] * groups or weight[0] % groups:
        raise tensors.error(node, f"group {groups} does not fit the shapes {list(data)} and {list(weight)}")
    is_planar = len(weight) < max(_RANKS)
    window = Geometry(_planar(weight[2:]), _planar(strides), dilation=_planar(dilations(node, len(strides))))
    in_size, out_size = _planar(data[2:]), _planar(out[2:])
    layer = ConvLayer(
        layer_name(node, tensors),
        *in_size,
        data[1],
        *out_size,
        weight[0],
        *window.kernel,
        *window.stride,
        groups=groups,
        bias=tensors.claim_bias(node, 2),
        dilation=window.dilation if is_planar else (1, 1),
        padding=window.padding_to_state(planar_padding(node, window, in_size, out_size), in_size, out_size)
        if is_planar
        else None,
        stands_for=None if is_planar else "3-D convolution",
    )
    if not is_planar:
        tensors.note("depth and height of 3-D convolutions are counted as one dimension", layer.name)
    return (MadeLayer(layer, tensors.numbers_of(node.input[1])),)


def translate_transposed_conv(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """A transposed convolution, which has the multiply-adds of each input pixel with each tap.

    Where the strides divide the kernel, each input pixel yields one output pixel of each phase, from kernel / stride
    taps: a convolution onto as many times more channels. Otherwise each input pixel yields its whole window, which
    the vector unit adds onto the windows beside it.
    """
    weight, data, _, strides = _sizes(node, tensors)
    groups = attribute_int(node, "group", 1)
    if groups < 1 or data[1] != weight[0] or weight[0] % groups:
        raise tensors.error(node, f"group {groups} does not fit the shapes {list(data)} and {list(weight)}")
    channels, kernel = weight[1] * groups, weight[2:]
    has_phases = all(size % stride == 0 for size, stride in zip(kernel, strides, strict=True))
    taps = (
        tuple(size // stride for size, stride in zip(kernel, strides, strict=True))
        if has_phases
        else (1,) * len(kernel)
    )
    name, pixels = layer_name(node, tensors), _planar(data[2:])
    wide = channels * math.prod(kernel) // math.prod(taps)
    layer = ConvLayer(
        name, *pixels, data[1], *pixels, wide, *_planar(taps), groups=groups, stands_for="transposed convolution"
    )
    made = [MadeLayer(layer, tensors.numbers_of(node.input[1]))]
    bias = channels if tensors.claim_bias(node, 2) else 0
    if bias or not has_phases:
        outputs = tensors.elements(node, node.output[0])
        windows = outputs if has_phases else math.prod(pixels) * wide
        made.append(MadeLayer(VectorLayer(f"{name}/sum", "elementwise", windows, outputs, parameters=bias)))
    return tuple(made)


def _sizes(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[Shape, Shape, Shape, tuple[int, ...]]:
    """Shapes of weight, input and output, and the strides; raises HeddleError where they do not belong together."""
    weight = claimed_weight(node, tensors, node.input[1])
    data = tensors.shape(node, node.input[0])
    out = tensors.shape(node, node.output[0])
    if len(weight) not in _RANKS or len(data) != len(weight) or len(out) != len(weight):
        raise tensors.error(
            node, f"a weight of shape {list(weight)} is not supported (valid: 1-D, 2-D and 3-D convolutions)"
        )
    strides = attribute_ints(node, "strides") or (1,) * (len(weight) - 2)
    if len(strides) != len(weight) - 2 or min(strides) < 1:
        raise tensors.error(node, f"strides {list(strides)} do not fit the weight of shape {list(weight)}")
    return weight, data, out, strides


def _planar(sizes: Sequence[int]) -> tuple[int, int]:
    """Height and width; a single size is a width, and a depth is counted into the height."""
    return math.prod(sizes[:-1]), sizes[-1]
