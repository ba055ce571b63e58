"""The array's arithmetic for tensors: 16-bit operands, and products accumulated in FP32 in the array's own order.

Operands are bit patterns in NumPy matrices, as ``heddle.sim.functional`` takes them; products run on the CPU, in as
many threads as PyTorch uses. They share out the results, each made by one of them, so that no bit depends on their
number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from heddle.arch.design import SparsityConfig
from heddle.arch.formats import FloatFormat, operand_format
from heddle.dataflow.program.slots import Slots, dense_slots, kept_slots
from heddle.sim.functional.formats import Bits, Float32, from_float32, to_float32
from heddle.sim.functional.gemm import multiply_slots
from heddle.training.pass_products import OperandPruning

_Part = TypeVar("_Part")

#: Multiply-adds that a thread must have to do, or starting it costs more than it saves.
_WORTH_A_THREAD = 1 << 23
_ROWS_TOGETHER = 128  # the kernel works on blocks of so many rows, and fills up the last


@dataclass(frozen=True)
class MachineArray:
    """The array with operands of ``format_name`` (fp16 or bf16); HeddleError for any other name."""

    format_name: str

    def __post_init__(self) -> None:
        operand_format(self.format_name)

    @property
    def format(self) -> FloatFormat:
        """The operands' format."""
        return operand_format(self.format_name)

    def bits(self, tensor: Tensor) -> Bits:
        """Return the patterns of ``tensor``, of any device, rounded to the format, in the same shape."""
        return from_float32(tensor.detach().to("cpu", torch.float32).numpy(), self.format)

    def numbers(self, bits: Bits, device: torch.device) -> Tensor:
        """Return patterns as a tensor of FP32 numbers on ``device``."""
        return torch.from_numpy(np.ascontiguousarray(to_float32(bits, self.format))).to(device)

    def rounded(self, tensor: Tensor) -> Tensor:
        """Return ``tensor`` rounded to the format, as FP32 numbers: what the arithmetic reads of it."""
        return self.numbers(self.bits(tensor), tensor.device)

    def stored(self, results: Float32, device: torch.device) -> Tensor:
        """Return FP32 results as memory keeps them, rounded to the format, as FP32 numbers on ``device``."""
        return self.numbers(from_float32(results, self.format), device)

    def pruned(self, matrix: Bits, pruning: OperandPruning, device: torch.device) -> Bits:
        """Return ``matrix`` [pixels, columns] as ``pruning`` leaves it, rounded again where that rescaled it."""
        return self.bits(pruning.prune(self.numbers(matrix, device)))

    def multiply(self, left: Bits, right: Bits, kept: SparsityConfig | None = None) -> Float32:
        """Return ``left`` [m, k] @ ``right`` [k, n]; of ``right``, only ``kept`` along k is packed and multiplied.

        A partial last group of r elements keeps min(N, r). Packing a matrix that is N:M already loses nothing.
        """
        slots = _slots(right, kept)
        result = np.zeros((len(left), right.shape[1]), np.float32)

        def multiply_part(part: tuple[slice, slice]) -> None:
            rows, columns = part
            operand = Slots(slots.values[:, columns], slots.k_index[:, columns])
            result[part] = multiply_slots(left[rows], operand, self.format_name)

        _run_in_threads(multiply_part, _parts(*result.shape, len(slots.values)))
        return result

    def multiply_each(self, left: Bits, right: Bits) -> Float32:
        """Return the dense products ``left`` [items, m, k] @ ``right`` [items, k, n], item by item."""
        items, m, k = left.shape
        result = np.zeros((items, m, right.shape[2]), np.float32)

        def multiply_items(part: slice) -> None:
            for item in range(*part.indices(items)):
                result[item] = multiply_slots(left[item], dense_slots(right[item]), self.format_name)

        _run_in_threads(multiply_items, _shares(items, _threads(k * result.size)))
        return result


def _slots(right: Bits, kept: SparsityConfig | None) -> Slots:
    return dense_slots(right) if kept is None else kept_slots(right, kept.n, kept.m)


def _parts(m: int, n: int, slots: int) -> list[tuple[slice, slice]]:
    """The rows and columns of the result that each thread makes.

    The longer axis is shared out, as each thread prepares its own copy of the operand along the other one.
    """
    threads = _threads(m * n * slots)
    if m > n:
        return [(rows, slice(None)) for rows in _shares(m, threads, _ROWS_TOGETHER)]
    return [(slice(None), columns) for columns in _shares(n, threads)]


def _threads(multiply_adds: int) -> int:
    return max(1, min(torch.get_num_threads(), multiply_adds // _WORTH_A_THREAD))


def _shares(pieces: int, threads: int, together: int = 1) -> list[slice]:
    """Runs of pieces, one a thread, in multiples of ``together``."""
    share = max(1, -(-pieces // (threads * together))) * together
    return [slice(first, first + share) for first in range(0, pieces, share)]


def _run_in_threads(function: Callable[[_Part], None], parts: Sequence[_Part]) -> None:
    """The threads live for one call: a pool that is kept would hang in processes forked from this one."""
    if len(parts) <= 1:
        for part in parts:
            function(part)
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(function, parts))  # raises what a part raised
