"""A layer's weights, as PyTorch holds them, as the right operands of its products, and back.

Weights are [out, in / groups, kernel rows, kernel columns]; operands are [groups, k, n], as ``docs/weights.md`` states.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from heddle.arch.packed_layer import LayerRecord

_Element = TypeVar("_Element", bound=np.generic)


def forward_operand(weight: npt.NDArray[_Element], groups: int) -> npt.NDArray[_Element]:
    """Return FF's operand, [groups, tap x channels + input channel, output channel], taps rising."""
    by_group = _by_group(weight, groups)
    return by_group.transpose(0, 3, 4, 2, 1).reshape(groups, -1, by_group.shape[1])


def backward_operand(weight: npt.NDArray[_Element], groups: int) -> npt.NDArray[_Element]:
    """Return BP's operand, [groups, tap x channels + output channel, input channel], taps falling."""
    by_group = _by_group(weight, groups)[..., ::-1, ::-1]
    return by_group.transpose(0, 3, 4, 1, 2).reshape(groups, -1, by_group.shape[2])


def weight_of_forward(operand: npt.NDArray[_Element], record: LayerRecord) -> npt.NDArray[_Element]:
    """Return the weight [out, in / groups, rows, columns] whose FF operand is ``operand``."""
    groups, _, outs = operand.shape
    apart = operand.reshape(groups, *record.kernel, -1, outs)
    return apart.transpose(0, 4, 3, 1, 2).reshape(record.out_channels, -1, *record.kernel)


def _by_group(weight: npt.NDArray[_Element], groups: int) -> npt.NDArray[_Element]:
    """``weight`` as [groups, out / groups, in / groups, rows, columns]."""
    return weight.reshape(groups, -1, *weight.shape[1:])
