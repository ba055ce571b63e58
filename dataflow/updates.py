"""The weight update: optimiser state streamed through WUVE, packed weights written through SORE."""

from __future__ import annotations

from dataclasses import replace

from heddle.arch.formats import FP16, FP32, FloatFormat
from heddle.dataflow.choices import Optimizer
from heddle.dataflow.lowering import Pruning
from heddle.dataflow.step_items import UpdatePass, VectorPass

STATE_BYTES = FP32.width_bytes
#: FP32 moments that an optimiser keeps for each weight: momentum; first and second moment.
_MOMENTS: dict[Optimizer, int] = {"sgd": 1, "adam": 2}


def moments(optimizer: Optimizer) -> int:
    """Return how many FP32 moments ``optimizer`` keeps for each weight."""
    return _MOMENTS[optimizer]


def parameter_update(layer: str, parameters: int, optimizer: Optimizer, operand: FloatFormat = FP16) -> UpdatePass:
    """Return the update of parameters that are never packed: norms, embeddings, depthwise kernels.

    Reads gradient, master and moments, writes master and moments in FP32 and a copy in ``operand`` for the next step.
    """
    state_bytes = STATE_BYTES * (1 + _MOMENTS[optimizer])
    return UpdatePass(
        layer=layer,
        read_bytes=(STATE_BYTES + state_bytes) * parameters,
        write_bytes=(state_bytes + operand.width_bytes) * parameters,
        weights=parameters,
    )


def weight_update(
    layer: str,
    weights: int,
    biases: int,
    optimizer: Optimizer,
    packed: tuple[Pruning, ...],
    dense_copy: bool = True,
    operand: FloatFormat = FP16,
) -> UpdatePass:
    """Return the update of a layer's weights and biases.

    As ``parameter_update``, but the weights' ``operand`` copy is written only where some pass uses dense weights
    (``dense_copy``), and one packed copy for each entry of ``packed``. SORE sees each weight once, for both
    directions of its M x M block together.
    """
    plain = parameter_update(layer, weights + biases, optimizer, operand)
    saved_bytes = 0 if dense_copy else operand.width_bytes * weights
    packed_bytes = sum(_packed_bytes(weights, pruning) for pruning in packed)
    return replace(
        plain,
        write_bytes=plain.write_bytes - saved_bytes + packed_bytes,
        sore_elements=weights if packed else 0,
        group_m=packed[0].group_m if packed else 1,
    )


def gradient_sum(layer: str, weights: int) -> VectorPass:
    """Return the pass that adds a use's dW of a shared weight to the sum of the uses before, all in FP32."""
    return VectorPass(
        layer=layer,
        pass_name="wu",
        op="gradient_sum",
        read_bytes=2 * STATE_BYTES * weights,
        write_bytes=STATE_BYTES * weights,
        lane_elements=weights,
    )


def _packed_bytes(weights: int, pruning: Pruning) -> int:
    kept = weights * pruning.keep_n // pruning.group_m
    return -(-int(kept * pruning.bits) // 8)
