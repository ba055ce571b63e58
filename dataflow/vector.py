"""What the vector unit does in a training step: bytes and lane passes of every layer without a matrix product.

Activations are FP16 (2 bytes). An operation fuses with the stream that produces its input wherever the
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

from heddle.dataflow.network import ConvLayer, VectorLayer
from heddle.dataflow.step_items import Pass, VectorPass

ACTIVATION_BYTES = 2
GRADIENT_SUM_BYTES = 4


class _Stream(NamedTuple):
    """Bytes read and written, and lane passes, for each input and each output element."""

    read_in: float = 0.0
    read_out: float = 0.0
    write_in: float = 0.0
    write_out: float = 0.0
    lanes_in: int = 0
    lanes_out: int = 0


_FORWARD = {
    "batchnorm": _Stream(read_in=2, write_out=2, lanes_out=1),
    "layernorm": _Stream(read_in=2, write_out=2, lanes_in=1, lanes_out=1),
    "activation": _Stream(write_out=1 / 8),
    "smooth_activation": _Stream(write_in=2),
    "pool": _Stream(read_in=2, write_out=3, lanes_in=1),
    "residual": _Stream(read_out=2),
    "softmax": _Stream(read_in=2, write_out=2, lanes_in=2, lanes_out=1),
    "embedding": _Stream(read_out=2, write_out=2, lanes_out=1),
    "elementwise": _Stream(read_in=2, write_out=2, lanes_out=1),
}
_BACKWARD = {
    "batchnorm": _Stream(read_in=4, read_out=4, write_in=2, lanes_in=2),
    "layernorm": _Stream(read_in=2, read_out=2, write_in=2, lanes_in=2),
    "activation": _Stream(read_out=1 / 8),
    "smooth_activation": _Stream(read_in=2),
    "pool": _Stream(read_out=3, write_in=2, lanes_in=1),
    "residual": _Stream(read_out=2),
    "softmax": _Stream(read_in=2, read_out=2, write_in=2, lanes_in=2),
    "embedding": _Stream(read_out=2 + GRADIENT_SUM_BYTES, write_out=GRADIENT_SUM_BYTES, lanes_out=1),
    "elementwise": _Stream(read_out=2, write_in=2, lanes_in=1),
}


def vector_forward(layer: VectorLayer, batch: int) -> VectorPass:
    """Return the FF stream of a vector layer."""
    return _stream_pass(layer, batch, _FORWARD[layer.op], "ff")


def vector_backward(layer: VectorLayer, batch: int) -> VectorPass:
    """Return the BP stream of a vector layer."""
    return _stream_pass(layer, batch, _BACKWARD[layer.op], "bp")


def depthwise_forward(layer: ConvLayer, batch: int) -> VectorPass:
    """Return the FF stream of a depthwise convolution: X in, Y out, one tap of one output a lane-cycle."""
    inputs, outputs = _map_elements(layer, batch)
    return _depthwise(layer, "ff", ACTIVATION_BYTES * inputs, ACTIVATION_BYTES * outputs, outputs)


def depthwise_backward(layer: ConvLayer, batch: int) -> Iterator[VectorPass]:
    """Yield BP (dY in, dX out) where the input has a gradient, then WU (X and dY in, sums kept on chip)."""
    inputs, outputs = _map_elements(layer, batch)
    if layer.input_gradient:
        yield _depthwise(layer, "bp", ACTIVATION_BYTES * outputs, ACTIVATION_BYTES * inputs, outputs)
    yield _depthwise(layer, "wu", ACTIVATION_BYTES * (inputs + outputs), GRADIENT_SUM_BYTES * layer.weights, outputs)


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


def _stream_pass(layer: VectorLayer, batch: int, stream: _Stream, pass_name: Pass) -> VectorPass:
    inputs, outputs = layer.in_elements * batch, layer.out_elements * batch
    return VectorPass(
        layer=layer.name,
        pass_name=pass_name,
        op=layer.op,
        read_bytes=round(stream.read_in * inputs + stream.read_out * outputs),
        write_bytes=round(stream.write_in * inputs + stream.write_out * outputs),
        lane_elements=stream.lanes_in * inputs + stream.lanes_out * outputs,
    )
