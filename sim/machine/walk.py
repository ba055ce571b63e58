"""From a transfer's pixels to its bursts, clock by clock: the walk over places, the cutter, and the joiner."""

from __future__ import annotations

from typing import TypedDict

from heddle.arch.jit import kernel
from heddle.arch.machine_timing import QUEUE_CYCLES, WALK_CYCLES
from heddle.sim.machine.rows import TransferRow


class WalkRow(TypedDict):
    """A walk at work.

    =====================  =========================================================================================
    ``idle_at``            clock from which the next tile is taken, where ``pixels_left`` is 0
    ``pixels_left``, …     what is left of the tile, of its row and of its image; the strides; the next pixel's address
    ``pixel_at``           clock from which the next pixel is offered
    ``cutter_at``          clock from which the cutter takes it
    ``rest_address``, …    what the cutter holds of a pixel
    ``cut_at``             clock of the piece before
    ``joined_at``, …       clocks in which the joiner took the last piece and the one before
    ``has_piece``, …       a piece that the joiner has not taken, and the clock in which it was cut
    ``has_span``, …        the burst that the joiner holds, and the clock of its last piece
    ``sent_at``            clock in which the burst before left
    =====================  =========================================================================================
    """

    idle_at: int
    pixels_left: int
    cols_left: int
    rows_left: int
    address: int
    next_row: int
    next_image: int
    col_positions: int
    row_positions: int
    col_stride: int
    row_stride: int
    image_stride: int
    pixel_bytes: int
    pixel_at: int
    cutter_at: int
    rest_address: int
    rest_bytes: int
    rest_is_last: int
    cut_at: int
    joined_at: int
    joined_before_at: int
    has_piece: int
    piece_address: int
    piece_bytes: int
    piece_is_last: int
    piece_at: int
    has_span: int
    span_address: int
    span_bytes: int
    span_is_last: int
    span_at: int
    sent_at: int


#: Before any clock: nothing waits for what has never happened.
NEVER = -(1 << 40)


@kernel
def reset_walk(walk: WalkRow) -> None:
    """Let ``walk`` stand as after a reset."""
    walk["pixels_left"] = walk["rest_bytes"] = walk["has_piece"] = walk["has_span"] = 0
    walk["idle_at"] = walk["pixel_at"] = walk["cutter_at"] = walk["cut_at"] = NEVER
    walk["joined_at"] = walk["joined_before_at"] = walk["sent_at"] = NEVER


@kernel
def has_walked(walk: WalkRow) -> bool:
    """Whether all pixels of the tile were given, so that ``idle_at`` is known."""
    return walk["pixels_left"] == 0


@kernel
def begin_tile(walk: WalkRow, tile: TransferRow, taken: int) -> None:
    """Let ``tile``, which the walk takes in clock ``taken``, be walked."""
    bits = 0
    first = max(tile["first_row"], tile["first_col"])
    while first >> bits:
        bits += 1
    row = tile["address"] + tile["first_row"] * tile["row_stride"]
    walk["address"] = row + tile["first_col"] * tile["col_stride"]
    walk["next_row"] = row + tile["row_stride"]
    walk["next_image"] = tile["address"] + tile["image_stride"]
    walk["col_stride"], walk["row_stride"] = tile["col_stride"], tile["row_stride"]
    walk["image_stride"], walk["pixel_bytes"] = tile["image_stride"], tile["pixel_bytes"]
    walk["col_positions"], walk["row_positions"] = tile["col_positions"], tile["row_positions"]
    walk["cols_left"] = tile["col_positions"] - tile["first_col"] - 1
    walk["rows_left"] = tile["row_positions"] - tile["first_row"] - 1
    walk["pixels_left"] = tile["pixels"]
    walk["pixel_at"] = taken + WALK_CYCLES + bits


@kernel
def begin_run(walk: WalkRow, address: int, nbytes: int, offered: int) -> int:
    """Let a run of bytes that is offered in clock ``offered`` go the way of a pixel; return the clock that takes it."""
    taken = max(offered, walk["cutter_at"])
    walk["rest_address"], walk["rest_bytes"], walk["rest_is_last"] = address, nbytes, 1
    walk["cut_at"] = max(walk["cut_at"], taken)
    return taken


@kernel
def next_span_at(walk: WalkRow, page_bytes: int) -> int:
    """Return the clock from which the next burst is offered, -1 where none comes before another tile is taken."""
    while True:
        end = walk["span_address"] + walk["span_bytes"]
        if walk["has_span"] and (walk["span_is_last"] or end % page_bytes == 0):
            return walk["span_at"] + QUEUE_CYCLES
        if not walk["has_piece"]:
            if walk["rest_bytes"] == 0 and walk["pixels_left"] == 0:
                return -1
            _cut(walk, page_bytes)
        if not walk["has_span"]:
            walk["span_address"], walk["span_bytes"], walk["has_span"] = walk["piece_address"], 0, 1
            _join(walk, walk["sent_at"])
        elif walk["piece_address"] == end:
            _join(walk, NEVER)
        else:
            return max(walk["piece_at"], walk["span_at"]) + QUEUE_CYCLES


@kernel
def send_span(walk: WalkRow, sent_at: int) -> None:
    """Let the burst leave in clock ``sent_at``: the joiner takes another piece in that clock."""
    walk["has_span"] = 0
    walk["sent_at"] = sent_at


@kernel
def _join(walk: WalkRow, not_before: int) -> None:
    """Let the joiner take the piece: a clock behind the cutter, one a clock."""
    walk["span_bytes"] += walk["piece_bytes"]
    walk["span_is_last"] = walk["piece_is_last"]
    joined = max(walk["piece_at"] + QUEUE_CYCLES, walk["joined_at"] + 1, not_before)
    walk["joined_before_at"], walk["joined_at"], walk["span_at"] = walk["joined_at"], joined, joined
    walk["has_piece"] = 0


@kernel
def _cut(walk: WalkRow, page_bytes: int) -> None:
    """Let the cutter give the next piece: what lies before the end of a page. Two of them wait for the joiner."""
    if walk["rest_bytes"] == 0:
        _take_pixel(walk)
    nbytes = min(walk["rest_bytes"], page_bytes - walk["rest_address"] % page_bytes)
    cut_at = max(walk["cut_at"] + 1, walk["joined_before_at"] + 1)
    walk["piece_address"], walk["piece_bytes"], walk["piece_at"] = walk["rest_address"], nbytes, cut_at
    walk["rest_address"] += nbytes
    walk["rest_bytes"] -= nbytes
    walk["piece_is_last"] = walk["rest_is_last"] and walk["rest_bytes"] == 0
    walk["has_piece"], walk["cut_at"] = 1, cut_at
    if walk["rest_bytes"] == 0:
        walk["cutter_at"] = cut_at


@kernel
def _take_pixel(walk: WalkRow) -> None:
    """Let the cutter take a pixel, and the walk go on to the next."""
    taken = max(walk["pixel_at"], walk["cutter_at"])
    walk["rest_address"], walk["rest_bytes"] = walk["address"], walk["pixel_bytes"]
    walk["rest_is_last"] = walk["pixels_left"] == 1
    walk["pixels_left"] -= 1
    walk["pixel_at"] = walk["idle_at"] = taken + 1
    walk["cut_at"] = max(walk["cut_at"], taken)
    if walk["cols_left"] > 0:
        walk["cols_left"] -= 1
        walk["address"] += walk["col_stride"]
        return
    walk["cols_left"] = walk["col_positions"] - 1
    if walk["rows_left"] > 0:
        walk["rows_left"] -= 1
        walk["address"] = walk["next_row"]
    else:
        walk["rows_left"] = walk["row_positions"] - 1
        walk["address"] = walk["next_image"]
        walk["next_image"] += walk["image_stride"]
    walk["next_row"] = walk["address"] + walk["row_stride"]


@kernel
def begin_line(walk: WalkRow, address: int, pixel_bytes: int, pixels: int, offered: int) -> None:
    """Let pixels that lie one behind the other be given from clock ``offered`` on, one a clock."""
    walk["address"], walk["pixel_bytes"], walk["pixels_left"] = address, pixel_bytes, pixels
    walk["col_stride"] = pixel_bytes
    walk["cols_left"] = walk["col_positions"] = pixels
    walk["pixel_at"] = offered
