"""Weights in PyTorch's layout as right operands, an element at a time, and a small trained network to store."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.design import SparsityConfig
from heddle.arch.packed_file import PackedNetwork
from heddle.arch.packed_layer import LayerRecord, PackedLayer, right_operand

Bits = npt.NDArray[np.uint16]


def forward_operand(weight: Bits, groups: int) -> Bits:
    """``weight`` [Cout, Cin / g, kh, kw] as [g, tap x Cin / g + channel, Cout / g]."""
    outs, ins, height, width = weight.shape
    result = np.zeros((groups, height * width * ins, outs // groups), weight.dtype)
    for out in range(outs):
        for channel in range(ins):
            for row in range(height):
                for col in range(width):
                    k = (row * width + col) * ins + channel
                    result[out // (outs // groups), k, out % (outs // groups)] = weight[out, channel, row, col]
    return result


def backward_operand(weight: Bits, groups: int) -> Bits:
    """``weight`` [Cout, Cin / g, kh, kw] as [g, turned tap x Cout / g + channel, Cin / g]."""
    outs, ins, height, width = weight.shape
    own = outs // groups
    result = np.zeros((groups, height * width * own, ins), weight.dtype)
    for out in range(outs):
        for channel in range(ins):
            for row in range(height):
                for col in range(width):
                    k = ((height - 1 - row) * width + width - 1 - col) * own + out % own
                    result[out // own, k, channel] = weight[out, channel, row, col]
    return result


def pruned(operand: Bits, sparsity: SparsityConfig | None) -> Bits:
    """``operand`` [g, k, n] with the N of largest magnitude of every M along k, a group at a time."""
    if sparsity is None:
        return operand
    result = np.zeros_like(operand)
    groups, length, cols = operand.shape
    for group in range(groups):
        for col in range(cols):
            for first in range(0, length, sparsity.m):
                ks = sorted(
                    range(first, first + sparsity.m), key=lambda k: (-(int(operand[group, k, col]) & 0x7FFF), k)
                )
                for k in ks[: sparsity.n]:
                    result[group, k, col] = operand[group, k, col]
    return result


def packed_layer(record: LayerRecord, seed: int = 0) -> PackedLayer:
    """A layer of FP16 weights about as large as trained ones, pruned as ``record`` says."""
    shape = (record.out_channels, record.in_channels // record.groups, *record.kernel)
    weight = np.random.default_rng(seed).normal(0, 0.2, shape).astype(np.float16).view(np.uint16)
    ff = right_operand(pruned(forward_operand(weight, record.groups), record.ff), record.ff)
    bp = right_operand(pruned(backward_operand(weight, record.groups), record.bp), record.bp)
    return PackedLayer(record, ff, bp)


def small_network() -> PackedNetwork:
    """A dense first convolution, a strided one at 2:4, and a grouped and a linear one; a bias and a counter."""
    sparsity = SparsityConfig(n=2, m=4)
    records = (
        LayerRecord(name="stem", kind="conv2d", in_channels=3, out_channels=8, kernel=(3, 3), padding=(1, 1, 1, 1)),
        LayerRecord(
            name="body.0",
            kind="conv2d",
            in_channels=8,
            out_channels=12,
            kernel=(3, 2),
            stride=(2, 1),
            ff=sparsity,
            bp=sparsity,
        ),
        LayerRecord(name="body.1", kind="conv2d", in_channels=12, out_channels=8, groups=2, ff=None, bp=sparsity),
        LayerRecord(name="head", kind="linear", in_channels=8, out_channels=10, ff=sparsity),
    )
    layers = tuple(packed_layer(record, seed) for seed, record in enumerate(records))
    state = {"head.bias": np.arange(10, dtype=np.float32), "norm.batches": np.array(7)}
    return PackedNetwork("fp16", layers, state)
