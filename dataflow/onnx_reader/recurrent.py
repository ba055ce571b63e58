"""LSTM, GRU and RNN: the product of the input for all steps, those of the state step by step, and the gates."""

from __future__ import annotations

import onnx

from heddle.dataflow.network import LinearLayer, VectorLayer
from heddle.dataflow.onnx_reader.layers import MadeLayer, attribute_int
from heddle.dataflow.onnx_reader.model_file import node_name
from heddle.dataflow.onnx_reader.products import claimed_weight
from heddle.dataflow.onnx_reader.tensors import OnnxTensors

_DIRECTIONS = ("", "/reverse")
_BIAS, _PEEPHOLES = 3, 7


def translate_recurrence(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """Three layers a direction: X . W over all steps, H . R, and the gates' functions.

    A step's product of the state waits for the one before, so it is a product of its own, which reads the weights anew.
    The gates of all steps are one pass.
    """
    data = tensors.shape(node, node.input[0])
    weight = claimed_weight(node, tensors, node.input[1])
    recurrence = claimed_weight(node, tensors, node.input[2])
    if len(data) != 3 or len(weight) != 3 or len(recurrence) != 3 or weight[0] > len(_DIRECTIONS):
        raise tensors.error(node, f"the shapes {list(data)}, {list(weight)} and {list(recurrence)} do not fit")
    rows = tensors.per_sample(node, "its steps", data[0] * data[1], node.input[0])
    steps = data[1 if attribute_int(node, "layout", 0) else 0]
    gates, (state, inputs) = weight[1], (recurrence[2], weight[2])
    has_bias = tensors.claim_bias(node, _BIAS)
    peepholes = tensors.claim_parameters(node.input[_PEEPHOLES : _PEEPHOLES + 1])
    made = []
    for direction in range(weight[0]):
        name = node_name(node) + _DIRECTIONS[direction]
        own = [tensors.part_of(node.input[position], direction) for position in (1, 2)]
        made += [
            MadeLayer(LinearLayer(name, rows, inputs, gates, bias=has_bias), own[0]),
            MadeLayer(
                LinearLayer(f"{name}/state", rows, state, gates, bias=has_bias, steps=steps),
                own[1],
                follows_learned=True,
            ),
            MadeLayer(
                VectorLayer(
                    f"{name}/gates",
                    "smooth_activation",
                    rows * gates,
                    rows * state,
                    parameters=peepholes // weight[0],
                )
            ),
        ]
    tensors.note(
        "a recurrence's products of the state run step by step, each reading its weights; the wait for the gates "
        "between them is not counted",
        node_name(node),
    )
    return tuple(made)
