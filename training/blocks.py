"""Transposable masks: at most N of M kept in every row and in every column of M x M blocks of a weight.

One mask then serves FF and BP. The best mask is a maximum-weight matching; Hubara et al. 2021 ("Accelerated Sparse
Neural Training: A Provable and Efficient Method to Find N:M Transposable Masks") give a greedy choice that keeps at
least half of the best one's magnitude, and that is what is made here: the block's elements by falling magnitude, each
kept where its row and its column still have room. Ties go to the lower row, then the lower column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from heddle.arch.jit import kernel
from heddle.training.masks import MAGNITUDE_MASK, KeepRatio


def transposable_mask(weight: Tensor, sparsity: KeepRatio) -> Tensor:
    """Return the mask of ``weight`` [out, in, *taps]; M divides both channel counts. Computed on the CPU."""
    out_channels, in_channels, *taps = weight.shape
    m = sparsity.m
    values = (
        weight.detach().to(device="cpu", dtype=torch.float32).reshape(out_channels // m, m, in_channels // m, m, -1)
    )
    blocks = values.permute(0, 2, 4, 1, 3).contiguous()
    magnitudes = (blocks.numpy().view(np.int32) & MAGNITUDE_MASK).reshape(-1, m * m)
    order = np.argsort(-magnitudes, axis=1, kind="stable")
    kept = np.zeros(magnitudes.shape, np.bool_)
    keep_greedily(order, sparsity.n, m, kept)
    mask = torch.from_numpy(kept).reshape(blocks.shape).permute(0, 3, 1, 4, 2)
    return mask.reshape(out_channels, in_channels, *taps).to(weight.device)


@kernel
def keep_greedily(order: npt.NDArray[np.int64], n: int, m: int, kept: npt.NDArray[Any]) -> None:
    """Mark in ``kept`` [blocks, m * m] the elements taken in ``order``, at most ``n`` a row and a column."""
    for block in range(order.shape[0]):
        in_row = np.zeros(m, np.int64)
        in_col = np.zeros(m, np.int64)
        for place in order[block]:
            row, col = place // m, place % m
            if in_row[row] < n and in_col[col] < n:
                kept[block, place] = True
                in_row[row] += 1
                in_col[col] += 1
