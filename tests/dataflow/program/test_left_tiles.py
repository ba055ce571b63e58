"""The pixels that a tile's windows touch, against every read of every window."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from heddle.arch.instructions import Axis
from heddle.dataflow.program.cuts import Cuts
from heddle.dataflow.program.left_tiles import touched_pixels


@st.composite
def axes(draw: st.DrawFn) -> Axis:
    taps, tap_step, step = draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return Axis(
        start=draw(st.integers(-6, 2)),
        tap_step=tap_step,
        step=step,
        positions=draw(st.integers(1, 6)),
        size=draw(st.integers(1, 9)),
        taps=taps,
    )


def reads(axis: Axis, position: int) -> list[int]:
    found = (axis.start + tap * axis.tap_step + position * axis.step for tap in range(axis.taps))
    return [place for place in found if 0 <= place < axis.size]


@given(axes(), axes(), st.data())
def test_what_windows_read_lies_within(rows: Axis, cols: Axis, data: st.DataObject) -> None:
    positions = 3 * rows.positions * cols.positions
    cuts = Cuts(positions, data.draw(st.integers(1, positions)))
    starts, lengths = touched_pixels(rows, cols, cuts)
    for pixels, start, length in zip(cuts.ranges(), starts.tolist(), lengths.tolist(), strict=True):
        assert_tight(rows, cols, pixels, range(start, start + length))


def assert_tight(rows: Axis, cols: Axis, pixels: range, touched: range) -> None:
    """``touched`` has what windows at ``pixels`` read, and no more where windows overlap."""
    of_image = rows.positions * cols.positions
    read = {
        (image * rows.size + row) * cols.size + col
        for image, at_row, at_col in (
            (
                pixel // of_image,
                pixel // cols.positions % rows.positions,
                pixel % cols.positions,
            )
            for pixel in pixels
        )
        for row, col in product(reads(rows, at_row), reads(cols, at_col))
    }
    assert read <= set(touched)
    assert 0 <= touched.start < touched.stop <= 3 * rows.size * cols.size
    # Else a bound may be a place between two taps, or between two windows.
    if read and all(axis.tap_step == 1 and axis.step <= axis.taps for axis in (rows, cols)):
        assert (touched.start, touched.stop - 1) == (min(read), max(read))


def test_a_tile_in_the_padding_alone_still_loads_a_pixel() -> None:
    axis = Axis(start=-4, tap_step=1, step=1, positions=9, size=1, taps=1)
    assert [found.tolist() for found in touched_pixels(axis, axis, Cuts(1, 1))] == [[0], [1]]
