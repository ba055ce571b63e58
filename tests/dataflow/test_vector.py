"""The vector unit's streams: bytes and lane passes of each operation, counted by hand for FP16 activations."""

from __future__ import annotations

import pytest
from samples import conv

from heddle.dataflow.network import VectorLayer, VectorOp
from heddle.dataflow.vector import depthwise_backward, depthwise_forward, vector_backward, vector_forward

IN, OUT, BATCH = 160, 80, 3

#: Bytes read, bytes written and lane passes for BATCH samples of IN inputs and OUT outputs.
FORWARD = {
    "batchnorm": (2 * IN, 2 * OUT, OUT),
    "layernorm": (2 * IN, 2 * OUT, IN + OUT),
    "activation": (0, OUT // 8, 0),
    "smooth_activation": (0, 2 * IN, 0),
    "pool": (2 * IN, 2 * OUT + OUT, IN),
    "residual": (2 * OUT, 0, 0),
    "softmax": (2 * IN, 2 * OUT, 2 * IN + OUT),
    "embedding": (2 * OUT, 2 * OUT, OUT),
    "elementwise": (2 * IN, 2 * OUT, OUT),
}
BACKWARD = {
    "batchnorm": (2 * (2 * IN + 2 * OUT), 2 * IN, 2 * IN),
    "layernorm": (2 * IN + 2 * OUT, 2 * IN, 2 * IN),
    "activation": (OUT // 8, 0, 0),
    "smooth_activation": (2 * IN, 0, 0),
    "pool": (2 * OUT + OUT, 2 * IN, IN),
    "residual": (2 * OUT, 0, 0),
    "softmax": (2 * IN + 2 * OUT, 2 * IN, 2 * IN),
    "embedding": (2 * OUT + 4 * OUT, 4 * OUT, OUT),
    "elementwise": (2 * OUT, 2 * IN, IN),
}


@pytest.mark.parametrize("op", FORWARD)
def test_a_forward_stream_moves_the_bytes_and_takes_the_lanes_counted_by_hand(op: VectorOp) -> None:
    stream = vector_forward(VectorLayer("v", op, IN, OUT), BATCH)
    counted = (stream.read_bytes, stream.write_bytes, stream.lane_elements)
    assert counted == tuple(BATCH * amount for amount in FORWARD[op])
    assert (stream.pass_name, stream.op) == ("ff", op)


@pytest.mark.parametrize("op", BACKWARD)
def test_a_backward_stream_moves_the_bytes_and_takes_the_lanes_counted_by_hand(op: VectorOp) -> None:
    stream = vector_backward(VectorLayer("v", op, IN, OUT), BATCH)
    counted = (stream.read_bytes, stream.write_bytes, stream.lane_elements)
    assert counted == tuple(BATCH * amount for amount in BACKWARD[op])
    assert (stream.pass_name, stream.op) == ("bp", op)


def test_a_depthwise_convolution_reads_its_map_and_spends_a_lane_cycle_a_tap() -> None:
    layer = conv(size=8, channels=(8, 8), kernel=3, stride=2, groups=8)
    inputs, outputs = BATCH * 64 * 8, BATCH * 16 * 8
    forward = depthwise_forward(layer, BATCH)
    assert (forward.read_bytes, forward.write_bytes, forward.lane_elements) == (2 * inputs, 2 * outputs, 9 * outputs)
    backward, gradient = depthwise_backward(layer, BATCH)
    assert (backward.read_bytes, backward.write_bytes) == (2 * outputs, 2 * inputs)
    assert (gradient.read_bytes, gradient.write_bytes) == (2 * (inputs + outputs), 4 * 9 * 8)
    assert forward.lane_elements == backward.lane_elements == gradient.lane_elements


def test_a_depthwise_convolution_without_input_gradient_has_no_bp() -> None:
    layer = conv(channels=(8, 8), groups=8, input_gradient=False)
    assert [stream.pass_name for stream in depthwise_backward(layer, BATCH)] == ["wu"]
