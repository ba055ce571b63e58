"""The left operand of a tile: which stored pixels it touches, and how the array's feeder walks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from heddle.arch.instructions import Axis, LeftWalk
from heddle.dataflow.program.layer_products import LayerProduct
from heddle.dataflow.program.spreads import Spread


class Segment(NamedTuple):
    """Positions of one row that a tile has: of which image, in which row, and which columns."""

    image: int
    row: int
    cols: range


def touched_pixels(rows: Axis, cols: Axis, pixels: range) -> range:
    """Return the stored pixels from the first to the last that windows at positions ``pixels`` may read.

    Pixels and positions count image by image, row by row. At least one pixel is returned, where all windows lie in
    the padding.
    """
    of_row = _segments(rows, cols, pixels)
    backwards = _segments(rows, cols, pixels, from_the_end=True)
    lows = _first_two(_reads(rows, cols, segment) for segment in of_row)
    if not lows:
        start = pixels.start // (rows.positions * cols.positions) * rows.size * cols.size
        return range(start, start + 1)
    highs = _first_two(_reads(rows, cols, segment) for segment in backwards)
    return range(min(low for low, _ in lows), max(high for _, high in highs) + 1)


def left_walk(product: LayerProduct, pixels: range, spread: Spread, stored: range) -> LeftWalk:
    """Return the walk over ``pixels`` and ``spread`` of a product whose half holds the pixels ``stored``."""
    rows, cols = product.rows, product.cols
    image, within = divmod(pixels.start, rows.positions * cols.positions)
    return LeftWalk(
        turned=int(product.is_turned),
        rows=rows,
        cols=cols,
        first_row=within // cols.positions,
        first_col=within % cols.positions,
        origin=image * rows.size * cols.size - stored.start,
        first_tap=spread.taps.start,
        taps=len(spread.taps),
        pixels=len(pixels),
        elements=len(spread.channels),
    )


def _segments(rows: Axis, cols: Axis, pixels: range, from_the_end: bool = False) -> Iterator[Segment]:
    """Row by row what ``pixels`` have of it, from either end."""
    first, last = pixels.start // cols.positions, pixels[-1] // cols.positions
    order = range(last, first - 1, -1) if from_the_end else range(first, last + 1)
    for row in order:
        begin = max(pixels.start - row * cols.positions, 0)
        end = min(pixels.stop - row * cols.positions, cols.positions)
        yield Segment(row // rows.positions, row % rows.positions, range(begin, end))


def _reads(rows: Axis, cols: Axis, segment: Segment) -> tuple[int, int] | None:
    """The first and the last stored pixel between which a segment's windows read; None where they read none."""
    row_reads = _span(rows, segment.row, segment.row)
    col_reads = _span(cols, segment.cols.start, segment.cols[-1])
    if row_reads is None or col_reads is None:
        return None
    first = (segment.image * rows.size + row_reads[0]) * cols.size + col_reads[0]
    return first, (segment.image * rows.size + row_reads[1]) * cols.size + col_reads[1]


def _span(axis: Axis, first: int, last: int) -> tuple[int, int] | None:
    low = max(0, axis.start + first * axis.step)
    high = min(axis.size - 1, axis.start + (axis.taps - 1) * axis.tap_step + last * axis.step)
    return (low, high) if low <= high else None


def _first_two(reads: Iterable[tuple[int, int] | None]) -> list[tuple[int, int]]:
    """The first two that read anything: rows behind them reach no further to that side.

    A first row may be a part of one. A second is whole, and may begin at the same stored row, where both reach into
    the padding.
    """
    found: list[tuple[int, int]] = []
    for read in reads:
        if read is not None:
            found.append(read)
        if len(found) == 2:
            break
    return found
