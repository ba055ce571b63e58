"""Tensors in a memory image, byte for byte: maps, weights tile by tile, and weight gradients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.nm import index_bits
from heddle.dataflow.program.memory_map import MemoryMap, Placed
from heddle.dataflow.program.slots import Bits, Slots, kept_slots
from heddle.dataflow.program.tensors import MapTensor, TiledGradient, TiledWeights, WeightTile, slot_index_bytes

Image = npt.NDArray[np.uint8]


def blank_image(memory: MemoryMap) -> Image:
    """Return an image of ``memory`` whose bytes are all zero."""
    return np.zeros(memory.nbytes, np.uint8)


def write_map(image: Image, placed: Placed, patterns: Bits) -> None:
    """Write ``patterns`` [images, height, width, channels] where the map stands; ValueError for another shape."""
    map_of(image, placed, patterns.dtype)[...] = patterns


def map_of(image: Image, placed: Placed, dtype: npt.DTypeLike) -> npt.NDArray[np.generic]:
    """Return the map [images, height, width, channels] that stands in ``image``, of elements ``dtype``: a view."""
    tensor = placed.tensor
    if not isinstance(tensor, MapTensor):
        raise TypeError(f"{tensor.name} is no map")
    shape = tensor.images, tensor.height, tensor.width, tensor.channels
    return _region(image, placed.address, tensor.nbytes, dtype).reshape(shape)


def write_weights(image: Image, placed: Placed, weights: Bits) -> None:
    """Write ``weights`` [taps, channels, cols], dense patterns of which N:M are kept, tile by tile."""
    tensor = placed.tensor
    if not isinstance(tensor, TiledWeights):
        raise TypeError(f"{tensor.name} are no weights")
    for tile in tensor.tiles:
        slots = tile_slots(tensor, tile, weights)
        values = _region(image, placed.address + tile.value_offset, slots.values.nbytes, weights.dtype)
        values[...] = slots.values.reshape(-1)
        if tensor.is_packed:
            packed = _packed_indices(slots.k_index % tensor.group_m, tensor.group_m)
            _region(image, placed.index_address + tile.index_offset, packed.size, np.uint8)[...] = packed.reshape(-1)


def tile_slots(tensor: TiledWeights, tile: WeightTile, weights: Bits) -> Slots:
    """Return the slots of a tile of ``weights`` [taps, channels, cols], taps outside, groups of channels inside."""
    share = weights[
        tile.spread.taps.start : tile.spread.taps.stop,
        tile.spread.channels.start : tile.spread.channels.stop,
        tile.cols.start : tile.cols.stop,
    ]
    _, channels, cols = share.shape
    group = tensor.group_m if tensor.is_packed else tile.group_slots
    padded = np.pad(share, ((0, 0), (0, -channels % group), (0, 0)))
    return kept_slots(padded.reshape(-1, cols), tensor.keep_n, tensor.group_m)


def gradient_of(image: Image, placed: Placed, taps: int, channels: int, cols: int) -> npt.NDArray[np.float32]:
    """Return the weight gradient [taps, channels, cols] that stands in ``image`` tile by tile."""
    tensor = placed.tensor
    if not isinstance(tensor, TiledGradient):
        raise TypeError(f"{tensor.name} is no weight gradient")
    found = np.zeros((taps, channels, cols), np.float32)
    for tile in tensor.tiles:
        shape = len(tile.spread.taps), len(tile.spread.channels), len(tile.cols)
        nbytes = int(np.prod(shape)) * tensor.element_bytes
        stored = _region(image, placed.address + tile.offset, nbytes, np.float32).reshape(shape)
        found[
            tile.spread.taps.start : tile.spread.taps.stop,
            tile.spread.channels.start : tile.spread.channels.stop,
            tile.cols.start : tile.cols.stop,
        ] = stored
    return found


def _region(image: Image, address: int, nbytes: int, dtype: npt.DTypeLike) -> npt.NDArray[np.generic]:
    return image[address : address + nbytes].view(dtype)


def _packed_indices(indices: npt.NDArray[np.integer], group_m: int) -> Image:
    """``indices`` [slots, cols] as bytes [slots, bytes], the first column in the least significant bits."""
    width = index_bits(group_m)
    bits = (indices[:, :, np.newaxis] >> np.arange(width)) & 1
    packed = np.packbits(bits.reshape(len(indices), -1).astype(np.uint8), axis=1, bitorder="little")
    assert packed.shape[1] == slot_index_bytes(indices.shape[1], group_m)
    return packed
