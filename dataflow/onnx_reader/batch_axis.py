"""Which dimension of an input is the batch by definition of the operator that takes it, as a convolution's first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import onnx

from heddle.dataflow.onnx_reader.model_file import operator_names

# Operators whose first input has the batch at dimension 0, and those that have the sequence there unless layout is 1.
_BATCH_FIRST = operator_names(
    "Attention AveragePool BatchNormalization Conv ConvTranspose DepthToSpace GlobalAveragePool GlobalLpPool "
    "GlobalMaxPool GroupNormalization InstanceNormalization LpPool LRN MaxPool SpaceToDepth"
)
_RECURRENT = frozenset({"GRU", "LSTM", "RNN"})
# Operators that leave every dimension of their first input where it is.
_IN_PLACE = operator_names(
    "Abs Add Cast CastLike Celu Clip Concat DequantizeLinear Div Dropout Elu Erf Exp Gelu HardSigmoid HardSwish "
    "Identity LayerNormalization LeakyRelu LogSoftmax Mul Neg Pad PRelu QuantizeLinear Relu Sigmoid Slice Softmax "
    "Softplus Split Sqrt Sub Tanh"
)


def defined_batch_axes(graph: onnx.GraphProto, inputs: Iterable[onnx.ValueInfoProto]) -> Mapping[str, int]:
    """Return the batch's dimension of those ``inputs`` that reach an operator which defines it.

    Followed are operators that keep the dimensions in their places, and Transpose. Where two operators disagree the
    first one counts.
    """
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in inputs}
    # Of each tensor followed: the input, and which of its dimensions stand where.
    origins = {name: (name, tuple(range(rank))) for name, rank in ranks.items() if rank}
    defined: dict[str, int] = {}
    for node in graph.node:
        origin = origins.get(node.input[0]) if node.input else None
        if origin is None:
            continue
        name, axes = origin
        place = _batch_place(node)
        if place is not None and place < len(axes):
            defined.setdefault(name, axes[place])
        if node.op_type in _IN_PLACE:
            origins.update(dict.fromkeys(node.output, origin))
        elif node.op_type == "Transpose" and node.output:
            order = [place for attribute in node.attribute if attribute.name == "perm" for place in attribute.ints]
            order = order or list(range(len(axes)))[::-1]
            if sorted(order) == list(range(len(axes))):
                origins[node.output[0]] = (name, tuple(axes[place] for place in order))
    return defined


def _batch_place(node: onnx.NodeProto) -> int | None:
    """Where the operator has the batch of its first input; None where it does not say."""
    if node.op_type in _BATCH_FIRST:
        return 0
    if node.op_type in _RECURRENT:
        layout = next((attribute.i for attribute in node.attribute if attribute.name == "layout"), 0)
        return 0 if layout else 1
    return None
