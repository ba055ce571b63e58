"""Where tensors stand in memory: one behind the other, each from a boundary of 4 KiB on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from heddle.arch.errors import HeddleError
from heddle.arch.instructions import PAGE_BYTES
from heddle.dataflow.program.tensors import MapTensor, TiledGradient, TiledWeights

Tensor = MapTensor | TiledWeights | TiledGradient


@dataclass(frozen=True)
class Placed:
    """A tensor at its byte addresses; ``index_address`` is that of packed weights' indices, 0 elsewhere."""

    tensor: Tensor
    address: int
    index_address: int = 0


@dataclass(frozen=True)
class MemoryMap:
    """The tensors of a program by their names, and the bytes up to the end of the last one."""

    tensors: Mapping[str, Placed]
    nbytes: int

    def address(self, name: str) -> int:
        """Return the byte address of a tensor."""
        return self.tensors[name].address


def memory_map(tensors: Iterable[Tensor], memory_bytes: int) -> MemoryMap:
    """Place ``tensors`` in their order. Raises HeddleError where they need more than ``memory_bytes``."""
    placed: dict[str, Placed] = {}
    end = 0
    for tensor in tensors:
        address, end = end, _page_behind(end + _value_bytes(tensor))
        index_address = 0
        if isinstance(tensor, TiledWeights) and tensor.is_packed:
            index_address, end = end, _page_behind(end + tensor.index_bytes)
        placed[tensor.name] = Placed(tensor, address, index_address)
    if end > memory_bytes:
        raise HeddleError(
            f"the program's tensors take {end:,} bytes, but the memory of the design has {memory_bytes:,}; "
            "take a smaller batch or fewer passes"
        )
    return MemoryMap(placed, end)


def _value_bytes(tensor: Tensor) -> int:
    return tensor.value_bytes if isinstance(tensor, TiledWeights) else tensor.nbytes


def _page_behind(end: int) -> int:
    return -(-end // PAGE_BYTES) * PAGE_BYTES
