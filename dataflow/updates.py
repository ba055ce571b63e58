"""The weight update: optimiser state streamed through WUVE, packed weights written through SORE."""

from __future__ import annotations

from typing import Literal

from dataflow.lowering import Pruning
from dataflow.products import UpdatePass

Optimizer = Literal["sgd", "adam"]

FP32_BYTES = 4
OPERAND_BYTES = 2
#: FP32 moments that an optimiser keeps for each weight: momentum; first and second moment.
_MOMENTS: dict[Optimizer, int] = {"sgd": 1, "adam": 2}


def weight_update(
    layer: str, weights: int, optimizer: Optimizer, packed: tuple[Pruning, ...], dense_copy: bool = True
) -> UpdatePass:
    """Return the update of a layer's weights.

    Reads gradient, master and moments, writes master and moments in FP32; then an FP16 copy where some pass
    uses dense weights (``dense_copy``), and one packed copy for each entry of ``packed``. SORE sees each
    weight once, for both directions of its M x M block together.
    """
    state_bytes = FP32_BYTES * (1 + _MOMENTS[optimizer])
    copy_bytes = OPERAND_BYTES * weights if dense_copy else 0
    packed_bytes = sum(_packed_bytes(weights, pruning) for pruning in packed)
    return UpdatePass(
        layer=layer,
        read_bytes=(FP32_BYTES + state_bytes) * weights,
        write_bytes=state_bytes * weights + copy_bytes + packed_bytes,
        weights=weights,
        sore_elements=weights if packed else 0,
        group_m=packed[0].group_m if packed else 1,
    )


def _packed_bytes(weights: int, pruning: Pruning) -> int:
    kept = weights * pruning.keep_n // pruning.group_m
    return -(-int(kept * pruning.bits) // 8)
