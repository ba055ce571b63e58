"""What lies in memory: maps, channels last, and matrices tile by tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from heddle.arch.nm import index_bits
from heddle.dataflow.program.spreads import Spread


@dataclass(frozen=True)
class MapTensor:
    """Activations or gradients [images, height, width, channels], the channels of a pixel one behind the other.

    ``transposed_of`` names the map whose numbers these are, the columns and channels of each image changed about; it is
    empty where the map has numbers of its own.
    """

    name: str
    images: int
    height: int
    width: int
    channels: int
    element_bytes: int
    transposed_of: str = ""

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.images * self.height * self.width * self.channels * self.element_bytes


class Picked(NamedTuple):
    """Positions along one axis of a map: ``first``, ``first`` + ``stride``, and so on."""

    first: int
    stride: int
    positions: int


@dataclass(frozen=True)
class SubMap:
    """Some pixels of a map, and some channels of each; the pixels count image by image, row by row."""

    tensor: MapTensor
    rows: Picked
    cols: Picked
    channels: range


def whole_map(tensor: MapTensor, channels: range) -> SubMap:
    """Return all pixels of ``tensor`` with ``channels``."""
    return SubMap(tensor, Picked(0, 1, tensor.height), Picked(0, 1, tensor.width), channels)


@dataclass(frozen=True)
class WeightTile:
    """A tile of a layer's weights: its share, its slots, of which some share an activation group, and its offsets."""

    spread: Spread
    cols: range
    slots: int
    group_slots: int
    value_offset: int
    index_offset: int


@dataclass(frozen=True)
class TiledWeights:
    """A layer's weights as right operand, tile by tile: [slots, cols], values and, N:M, indices in two planes.

    In the index plane the indices of a slot fill whole bytes. ``keep_n`` of ``group_m`` channels are kept; N = M is
    dense and has no index plane.
    """

    name: str
    tiles: tuple[WeightTile, ...]
    element_bytes: int
    keep_n: int
    group_m: int

    @property
    def is_packed(self) -> bool:
        """True when it has an index plane."""
        return self.keep_n < self.group_m

    @property
    def value_bytes(self) -> int:
        """Bytes of the plane of values."""
        return sum(tile.slots * len(tile.cols) for tile in self.tiles) * self.element_bytes

    @property
    def index_bytes(self) -> int:
        """Bytes of the plane of indices."""
        if not self.is_packed:
            return 0
        return sum(tile_index_bytes(tile.slots, len(tile.cols), self.group_m) for tile in self.tiles)


def slot_index_bytes(cols: int, group_m: int) -> int:
    """Return the bytes that the indices of a slot of ``cols`` elements fill."""
    return -(-cols * index_bits(group_m) // 8)


def tile_index_bytes(slots: int, cols: int, group_m: int) -> int:
    """Return the bytes that the indices of a tile of ``slots`` x ``cols`` take, so that the next one's begin evenly."""
    return -(-slots * slot_index_bytes(cols, group_m) // 2) * 2


@dataclass(frozen=True)
class GradientTile:
    """A tile of a weight gradient, [taps x channels, cols] of FP32: its share and its offset."""

    spread: Spread
    cols: range
    offset: int


@dataclass(frozen=True)
class TiledGradient:
    """A weight gradient that lies tile by tile, as WU stores it."""

    name: str
    tiles: tuple[GradientTile, ...]
    element_bytes: int

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return sum(tile.spread.elements * len(tile.cols) for tile in self.tiles) * self.element_bytes
