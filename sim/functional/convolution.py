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

from dataclasses import dataclass
from itertools import product
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError

_Element = TypeVar("_Element", bound=np.generic)


@dataclass(frozen=True)
class Walk:
    """What the taps read along one axis: tap t the positions ``starts[t]`` + ``step`` x i, for i below ``count``.

    Positions outside the map are read as zeros.
    """

    starts: tuple[int, ...]
    step: int
    count: int


@dataclass(frozen=True)
class AxisPhase:
    """One phase along one axis: input positions ``first``, ``first`` + ``stride``, … and the taps that they meet.

    ``taps`` are kernel positions, falling; ``walk`` reads the output map, tap by tap in that order.
    """

    first: int
    stride: int
    taps: tuple[int, ...]
    walk: Walk

    @property
    def positions(self) -> slice:
        """The phase's places in the input map."""
        return slice(self.first, None, self.stride)


@dataclass(frozen=True)
class Phase:
    """The input pixels of one residue of the stride, which all meet the same taps."""

    rows: AxisPhase
    cols: AxisPhase


@dataclass(frozen=True)
class Geometry:
    """A convolution's window; all pairs are (rows, columns), padding is that of each of the two sides."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)

    def out_size(self, in_size: tuple[int, int]) -> tuple[int, int]:
        """Return the output map's height and width; HeddleError where the padded map is smaller than the window."""
        rows, cols = self._walk(in_size, 0), self._walk(in_size, 1)
        return rows.count, cols.count

    def walks(self, in_size: tuple[int, int]) -> tuple[Walk, Walk]:
        """Return what FF's and WU's taps read of an input map, along its rows and along its columns."""
        return self._walk(in_size, 0), self._walk(in_size, 1)

    def phases(self, in_size: tuple[int, int]) -> tuple[Phase, ...]:
        """Return BP's phases that have pixels and taps, by rising residue of (position + padding), rows first.

        The gradient is zero at all other pixels.
        """
        return tuple(
            Phase(rows, cols) for rows, cols in product(*(self._axis_phases(in_size, axis) for axis in (0, 1)))
        )

    def _walk(self, in_size: tuple[int, int], axis: int) -> Walk:
        reach = (self.kernel[axis] - 1) * self.dilation[axis] + 1
        span = in_size[axis] + 2 * self.padding[axis] - reach
        if span < 0:
            raise HeddleError(
                f"a window over {reach} {('rows', 'columns')[axis]} does not fit a map of {in_size[axis]}, "
                f"padded by {self.padding[axis]} on each side"
            )
        starts = tuple(tap * self.dilation[axis] - self.padding[axis] for tap in range(self.kernel[axis]))
        return Walk(starts, self.stride[axis], span // self.stride[axis] + 1)

    def _axis_phases(self, in_size: tuple[int, int], axis: int) -> list[AxisPhase]:
        """Output o and tap t meet at input position o x stride + t x dilation - padding."""
        stride, padding, dilation = self.stride[axis], self.padding[axis], self.dilation[axis]
        found = []
        for residue in range(stride):
            first = (residue - padding) % stride
            taps = tuple(tap for tap in reversed(range(self.kernel[axis])) if (tap * dilation - residue) % stride == 0)
            if taps and first < in_size[axis]:
                starts = tuple((first + padding - tap * dilation) // stride for tap in taps)
                walk = Walk(starts, 1, -(-(in_size[axis] - first) // stride))
                found.append(AxisPhase(first, stride, taps, walk))
        return found


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
