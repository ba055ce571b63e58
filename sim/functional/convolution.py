"""A convolution's three products as matrices, operand for operand as the array gets them.

Maps are channels-last, [batch, height, width, channels], and weights [kernel rows, kernel cols, Cin, Cout], both of
one group; elements may be of any type (bit patterns, floats), padding is the type's zero. Pixels count in the order
(batch, row, column). No operand holds zeros put in between for a stride or a dilation.

- FF: ``windows`` [out pixels, taps x Cin] times ``kernel_matrix`` [taps x Cin, Cout]. k = tap x Cin + channel, taps
  rising, (row, column).
- BP: one product for each phase of the stride, ``phase_windows`` [pixels of the phase, taps x Cout] times
  ``phase_kernel`` [taps x Cout, Cin]. k = tap x Cout + channel, the phase's taps falling from the kernel's last row
  and column. An input pixel meets a falling tap from a rising output pixel, so BP reads its map, dY, in rising
  addresses just as FF reads x, and at stride 1 it is FF on dY with the kernel turned by half a turn. The order costs
  the weights nothing: the update writes them in whichever order they will be read.
- WU: ``windows`` turned round, [taps x Cin, out pixels], times dY [out pixels, Cout]; k is the output pixel.
"""

from __future__ import annotations

from itertools import product
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from heddle.dataflow.convolution import Geometry, Phase, Walk

_Element = TypeVar("_Element", bound=np.generic)


def windows(x: npt.NDArray[_Element], geometry: Geometry) -> npt.NDArray[_Element]:
    """Return the window of ``x`` [B, H, W, Cin] at each output pixel as a row: [out pixels, taps x Cin]."""
    return _patches(x, *geometry.walks((x.shape[1], x.shape[2])))


def kernel_matrix(weights: npt.NDArray[_Element]) -> npt.NDArray[_Element]:
    """Return ``weights`` as FF's right operand, [taps x Cin, Cout]."""
    return weights.reshape(-1, weights.shape[-1])


def phase_windows(gradient: npt.NDArray[_Element], phase: Phase) -> npt.NDArray[_Element]:
    """Return what the phase's pixels meet of ``gradient`` [B, Hout, Wout, Cout]: [pixels, taps x Cout]."""
    return _patches(gradient, phase.rows.walk, phase.cols.walk)


def phase_kernel(weights: npt.NDArray[_Element], phase: Phase) -> npt.NDArray[_Element]:
    """Return the phase's taps of ``weights`` as BP's right operand, [taps x Cout, Cin]."""
    met = weights[np.ix_(phase.rows.taps, phase.cols.taps)]
    return met.transpose(0, 1, 3, 2).reshape(-1, weights.shape[2])


def place_phase(result: npt.NDArray[Any], phase: Phase, gradient: npt.NDArray[Any]) -> None:
    """Write a phase's ``result`` [pixels, Cin] to its places in the input's ``gradient`` [B, H, W, Cin]."""
    places = gradient[:, phase.rows.positions, phase.cols.positions]
    places[...] = result.reshape(places.shape)


def _patches(maps: npt.NDArray[_Element], rows: Walk, cols: Walk) -> npt.NDArray[_Element]:
    """What all pairs of taps read of ``maps``, as [pixels, taps x channels]."""
    batch, height, width, channels = maps.shape
    found = np.zeros((batch, rows.count, cols.count, len(rows.starts), len(cols.starts), channels), maps.dtype)
    for (row_tap, row_start), (col_tap, col_start) in product(enumerate(rows.starts), enumerate(cols.starts)):
        row_places, row_reads = _within(row_start, rows, height)
        col_places, col_reads = _within(col_start, cols, width)
        found[:, row_places, col_places, row_tap, col_tap] = maps[:, row_reads, col_reads]
    return found.reshape(batch * rows.count * cols.count, len(rows.starts) * len(cols.starts) * channels)


def _within(start: int, walk: Walk, length: int) -> tuple[slice, slice]:
    """Which reads of a tap fall within a map of ``length``: their numbers, and their positions."""
    first = max(0, -(start // walk.step))
    end = max(first, min(walk.count, -((start - length) // walk.step)))
    begin = start + first * walk.step
    return slice(first, end), slice(begin, begin + (end - first) * walk.step, walk.step)
