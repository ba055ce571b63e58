"""What the vector unit does in a training step: bytes and lane passes of every layer without a matrix product.

Activations are of the operand format. An operation fuses with the stream that produces its input wherever the
hardware can do so; what remains is counted here:

- batch normalisation: statistics ride on the store of Y; normalising needs the whole batch's statistics first,
  so FF reads Y and writes the result; BP reads dOut and Y once for the two sums and once more to write dY;
- layer normalisation and softmax see whole rows on chip: one read and one write in FF, two reads and one write
  in BP;
- a piecewise-linear activation rides on its producer's stream and leaves a mask of one bit an element; a smooth
  one stores its input beside its output, for BP to read;
- a residual sum reads its second operand while the first streams by, in FF and in BP;
- pooling reads its input and writes its output, with an index byte an output so that BP can route gradients;
- a depthwise convolution has no reduction over channels, so it runs on the vector lanes, one tap a lane-cycle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from heddle.arch.formats import FP16, FP32, FloatFormat
from heddle.dataflow.network import ConvLayer, VectorLayer
from heddle.dataflow.step_items import Pass, VectorPass

_BITS_PER_BYTE = 8
#: A mask of an activation, and the place of a pooled element within its window.
_MASK_BITS, _PLACE_BITS = 1, 8


class _Stream(NamedTuple):
    """Elements read and written, and lane passes, for each input and each output element.

    ``read_out_bits`` and ``write_out_bits`` are further bits for each output element: masks, places, FP32 sums.
    """

    read_in: int = 0
    read_out: int = 0
    write_in: int = 0
    write_out: int = 0
    read_out_bits: int = 0
    write_out_bits: int = 0
    lanes_in: int = 0
    lanes_out: int = 0


_FORWARD = {
    "batchnorm": _Stream(read_in=1, write_out=1, lanes_out=1),
    "layernorm": _Stream(read_in=1, write_out=1, lanes_in=1, lanes_out=1),
    "activation": _Stream(write_out_bits=_MASK_BITS),
    "smooth_activation": _Stream(write_in=1),
    "pool": _Stream(read_in=1, write_out=1, write_out_bits=_PLACE_BITS, lanes_in=1),
    "residual": _Stream(read_out=1),
    "softmax": _Stream(read_in=1, write_out=1, lanes_in=2, lanes_out=1),
    "embedding": _Stream(read_out=1, write_out=1, lanes_out=1),
    "elementwise": _Stream(read_in=1, write_out=1, lanes_out=1),
}
_BACKWARD = {
    "batchnorm": _Stream(read_in=2, read_out=2, write_in=1, lanes_in=2),
    "layernorm": _Stream(read_in=1, read_out=1, write_in=1, lanes_in=2),
    "activation": _Stream(read_out_bits=_MASK_BITS),
    "smooth_activation": _Stream(read_in=1),
    "pool": _Stream(read_out=1, read_out_bits=_PLACE_BITS, write_in=1, lanes_in=1),
    "residual": _Stream(read_out=1),
    "softmax": _Stream(read_in=1, read_out=1, write_in=1, lanes_in=2),
    "embedding": _Stream(read_out=1, read_out_bits=FP32.width, write_out_bits=FP32.width, lanes_out=1),
    "elementwise": _Stream(read_out=1, write_in=1, lanes_in=1),
}


def vector_forward(layer: VectorLayer, batch: int, operand: FloatFormat = FP16) -> VectorPass:
    """Return the FF stream of a vector layer."""
    return _stream_pass(layer, batch, operand, _FORWARD[layer.op], "ff")


def vector_backward(layer: VectorLayer, batch: int, operand: FloatFormat = FP16) -> VectorPass:
    """Return the BP stream of a vector layer."""
    return _stream_pass(layer, batch, operand, _BACKWARD[layer.op], "bp")


def depthwise_forward(layer: ConvLayer, batch: int, operand: FloatFormat = FP16) -> VectorPass:
    """Return the FF stream of a depthwise convolution: X in, Y out, one tap of one output a lane-cycle."""
    inputs, outputs = _map_elements(layer, batch)
    each = operand.width_bytes
    return _depthwise(layer, "ff", each * inputs, each * outputs, outputs)


def depthwise_backward(layer: ConvLayer, batch: int, operand: FloatFormat = FP16) -> Iterator[VectorPass]:
    """Yield BP (dY in, dX out) where the input has a gradient, then WU (X and dY in, sums kept on chip)."""
    inputs, outputs = _map_elements(layer, batch)
    each = operand.width_bytes
    if layer.input_gradient:
        yield _depthwise(layer, "bp", each * outputs, each * inputs, outputs)
    yield _depthwise(layer, "wu", each * (inputs + outputs), FP32.width_bytes * layer.weights, outputs)


def _depthwise(layer: ConvLayer, pass_name: Pass, read_bytes: int, write_bytes: int, outputs: int) -> VectorPass:
    return VectorPass(
        layer=layer.name,
        pass_name=pass_name,
        op="depthwise",
        read_bytes=read_bytes,
        write_bytes=write_bytes,
        lane_elements=outputs * layer.taps,
        taps=layer.taps,
    )


def _map_elements(layer: ConvLayer, batch: int) -> tuple[int, int]:
    inputs = batch * layer.in_height * layer.in_width * layer.in_channels
    outputs = batch * layer.out_height * layer.out_width * layer.out_channels
    return inputs, outputs


def _stream_pass(layer: VectorLayer, batch: int, operand: FloatFormat, stream: _Stream, pass_name: Pass) -> VectorPass:
    inputs, outputs = layer.in_elements * batch, layer.out_elements * batch
    read_bits = operand.width * (stream.read_in * inputs + stream.read_out * outputs) + stream.read_out_bits * outputs
    write_bits = operand.width * (stream.write_in * inputs + stream.write_out * outputs)
    write_bits += stream.write_out_bits * outputs
    return VectorPass(
        layer=layer.name,
        pass_name=pass_name,
        op=layer.op,
        read_bytes=round(read_bits / _BITS_PER_BYTE),
        write_bytes=round(write_bits / _BITS_PER_BYTE),
        lane_elements=stream.lanes_in * inputs + stream.lanes_out * outputs,
    )
