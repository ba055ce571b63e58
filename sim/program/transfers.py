"""LOAD and STORE: pixels between a memory image and the halves of the buffers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError
from heddle.arch.formats import FloatFormat
from heddle.arch.instructions import Load, Places, Store
from heddle.arch.nm import index_bits
from heddle.sim.functional.formats import Bits, from_float32
from heddle.sim.program.halves import LeftHalf, OutHalf, RightHalf

Image = npt.NDArray[np.uint8]


def pixel_addresses(places: Places) -> npt.NDArray[np.int64]:
    """Return the byte address of each pixel of ``places`` [pixels]."""
    number = places.first_row * places.col_positions + places.first_col + np.arange(places.pixels, dtype=np.int64)
    row, col = np.divmod(number, places.col_positions)
    image, row = np.divmod(row, places.row_positions)
    return places.address + image * places.image_stride + row * places.row_stride + col * places.col_stride


def touched_bytes(places: Places, element_bytes: int) -> range:
    """Return the bytes from the first to the last that a transfer of ``places`` touches."""
    addresses = pixel_addresses(places)
    return range(int(addresses.min()), int(addresses.max()) + places.elements * element_bytes)


def load_left(load: Load, image: Image, group_m: int, operand: FloatFormat) -> LeftHalf:
    """Return what ``load`` lays down in the activation buffer: the elements of each pixel, in groups."""
    pixels = _pixels(load.places, image, operand)
    groups = -(-load.places.elements // load.group_elements)
    padded = np.zeros((len(pixels), groups * load.group_elements), pixels.dtype)
    padded[:, : load.places.elements] = pixels
    lanes = np.zeros((len(pixels), groups, group_m), pixels.dtype)
    lanes[:, :, : load.group_elements] = padded.reshape(len(pixels), groups, load.group_elements)
    return LeftHalf(lanes, load.places.elements, load.group_elements)


def load_right(load: Load, image: Image, group_m: int, operand: FloatFormat) -> RightHalf:
    """Return what ``load`` lays down in the weight buffer: a slot for each pixel, its indices read or counted."""
    values = _pixels(load.places, image, operand)
    if load.packed:
        return RightHalf(values, _indices(load, image, group_m))
    counted = np.arange(len(values), dtype=np.int64) % load.group_elements
    return RightHalf(values, np.broadcast_to(counted[:, np.newaxis], values.shape))


def store(instruction: Store, half: OutHalf | None, image: Image, operand: FloatFormat) -> None:
    """Write a result tile to ``image``."""
    places = instruction.places
    shape = places.pixels, places.elements
    if half is None or half.sums.shape != shape:
        found = "nothing" if half is None else f"a tile of {half.sums.shape[0]} x {half.sums.shape[1]}"
        raise HeddleError(f"a store of {shape[0]} x {shape[1]} finds {found} in half {instruction.half}")
    if (half.ws, half.interleave_cols) != (instruction.ws, instruction.interleave_cols):
        raise HeddleError("the store says another order of results than the computation")
    elements = half.sums if instruction.wide else from_float32(half.sums, operand)
    stored = np.ascontiguousarray(elements).view(np.uint8).reshape(places.pixels, -1)
    addresses = _within(pixel_addresses(places), stored.shape[1], image)
    image[addresses[:, np.newaxis] + np.arange(stored.shape[1])] = stored


def _pixels(places: Places, image: Image, operand: FloatFormat) -> Bits:
    """The elements of each pixel [pixels, elements]."""
    nbytes = places.elements * operand.width_bytes
    addresses = _within(pixel_addresses(places), nbytes, image)
    return np.ascontiguousarray(image[addresses[:, np.newaxis] + np.arange(nbytes)]).view(operand.pattern_type)


def _indices(load: Load, image: Image, group_m: int) -> npt.NDArray[np.int64]:
    """The indices of each slot, from whole bytes a slot."""
    slots, cols, width = load.places.pixels, load.places.elements, index_bits(group_m)
    slot_bytes = -(-cols * width // 8)
    addresses = _within(load.index_address + np.arange(slots, dtype=np.int64) * slot_bytes, slot_bytes, image)
    packed = image[addresses[:, np.newaxis] + np.arange(slot_bytes)]
    bits = np.unpackbits(packed, axis=1, count=cols * width, bitorder="little").reshape(slots, cols, width)
    return (bits.astype(np.int64) << np.arange(width)).sum(axis=2)


def _within(addresses: npt.NDArray[np.int64], nbytes: int, image: Image) -> npt.NDArray[np.int64]:
    if len(addresses) and not (addresses.min() >= 0 and addresses.max() + nbytes <= len(image)):
        raise HeddleError(f"bytes up to {int(addresses.max()) + nbytes}, but the memory ends at {len(image)}")
    return addresses
