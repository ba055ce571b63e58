"""A program's instructions as rows that the compiled kernels read: of each kind its own, in program order."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.design import Design
from heddle.arch.formats import FP32
from heddle.arch.instruction_words import Words, field_column
from heddle.arch.instructions import Compute, Instruction, Load, Opcode, Store
from heddle.arch.nm import index_bits
from heddle.arch.records import Rows, record_dtype

Ints = npt.NDArray[np.int64]
_BYTE_BITS = 8


class TransferRow(TypedDict):
    """A LOAD or a STORE: its tokens, its places, and what only one of the two has.

    ``pixel_bytes``: bytes of a pixel. ``index_bytes``: of a packed load, bytes of all its indices. ``element_bits``: of
    a store, 32 where it is wide.
    """

    wait_previous: int
    wait_next: int
    signal_previous: int
    signal_next: int
    address: int
    first_row: int
    first_col: int
    row_positions: int
    col_positions: int
    col_stride: int
    row_stride: int
    image_stride: int
    pixels: int
    elements: int
    pixel_bytes: int
    weight: int
    packed: int
    index_address: int
    index_bytes: int
    group_elements: int
    wide: int


class ComputeRow(TypedDict):
    """A COMPUTE: its tokens, the array's command, and the sizes of its tile."""

    wait_previous: int
    wait_next: int
    signal_previous: int
    signal_next: int
    ws: int
    reload: int
    length: int
    tiles: int
    interval: int
    settle: int
    interleave_cols: int
    fresh_tiles: int
    cols: int
    group_elements: int
    group_slots: int
    turned: int
    tap_step: int
    kernel_cols: int
    first_tap: int
    taps: int
    pixels: int
    elements: int


TRANSFER, COMPUTE = record_dtype(TransferRow), record_dtype(ComputeRow)

_TOKENS = {name: f"tokens.{name}" for name in ("wait_previous", "wait_next", "signal_previous", "signal_next")}
_PLACES = {name: f"places.{name}" for name in (
    "address", "first_row", "first_col", "row_positions", "col_positions", "col_stride", "row_stride", "image_stride",
    "pixels", "elements",
)}  # fmt: skip
_LOAD = {name: name for name in ("weight", "packed", "index_address", "group_elements")}
_COMMAND = {name: f"command.{name}" for name in (
    "ws", "reload", "length", "tiles", "interval", "settle", "interleave_cols", "fresh_tiles",
)}  # fmt: skip
_COMPUTE = {
    **{name: name for name in ("cols", "group_elements", "group_slots")},
    "tap_step": "walk.cols.tap_step",
    "kernel_cols": "walk.cols.taps",
    **{name: f"walk.{name}" for name in ("turned", "first_tap", "taps", "pixels", "elements")},
}


class Instructions(NamedTuple):
    """A program: the opcode of each instruction, and the rows of loads, computations and stores."""

    opcodes: Ints
    loads: Rows
    computes: Rows
    stores: Rows


def instruction_rows(words: Words, design: Design) -> Instructions:
    """Return the instructions ``words`` [n, 8] as rows for ``design``."""
    opcodes = (words[:, 0] & np.uint64(0xF)).astype(np.int64)
    loads = _rows(Load, words[opcodes == Opcode.LOAD], {**_TOKENS, **_PLACES, **_LOAD}, TRANSFER)
    stores = _rows(Store, words[opcodes == Opcode.STORE], {**_TOKENS, **_PLACES, "wide": "wide"}, TRANSFER)
    computes = _rows(Compute, words[opcodes == Opcode.COMPUTE], {**_TOKENS, **_COMMAND, **_COMPUTE}, COMPUTE)
    element_bytes = design.numbers.operand_format.width_bytes
    slot_bytes = -(-loads["elements"] * index_bits(design.sparsity.m) // _BYTE_BITS)
    loads["pixel_bytes"] = loads["elements"] * element_bytes
    loads["index_bytes"] = loads["pixels"] * slot_bytes
    stores["pixel_bytes"] = stores["elements"] * np.where(stores["wide"] == 1, FP32.width_bytes, element_bytes)
    return Instructions(opcodes, loads, computes, stores)


def _rows(kind: type[Instruction], words: Words, paths: dict[str, str], dtype: np.dtype[np.void]) -> Rows:
    rows = np.zeros(len(words), dtype)
    for name, path in paths.items():
        rows[name] = field_column(kind, words, path)
    return rows
