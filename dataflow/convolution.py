"""Where a convolution's taps read: along the map's rows and columns, forward and backward.

The backward pass of a strided convolution falls into phases: the input
pixels of one residue of the stride all meet the same taps, at output pixels that follow each other, so that no zeros
need to be put in between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

from heddle.arch.errors import HeddleError

#: Padding of a map: top, bottom, left, right.
Padding = tuple[int, int, int, int]


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
    """A convolution's window; all pairs are (rows, columns).

    ``padding`` stands before the map, and behind it too where there is no ``padding_behind``.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    padding_behind: tuple[int, int] | None = None

    @property
    def sides(self) -> Padding:
        """The padding of all four sides."""
        (top, left), (bottom, right) = self.padding, self.padding_behind or self.padding
        return top, bottom, left, right

    def padded(self, sides: Padding) -> Geometry:
        """Return this window with the padding of all four sides."""
        top, bottom, left, right = sides
        behind = (bottom, right) if (bottom, right) != (top, left) else None
        return replace(self, padding=(top, left), padding_behind=behind)

    def out_size(self, in_size: tuple[int, int]) -> tuple[int, int]:
        """Return the output map's height and width; HeddleError where the padded map is smaller than the window."""
        rows, cols = self._walk(in_size, 0), self._walk(in_size, 1)
        return rows.count, cols.count

    def with_least_padding(self, in_size: tuple[int, int], out_size: tuple[int, int]) -> Geometry:
        """Return this window with the least padding, the same on both sides, that has ``out_size`` windows or more."""
        padding = [
            -(-max(0, (out - 1) * step + (taps - 1) * apart + 1 - in_) // 2)
            for in_, out, taps, step, apart in zip(
                in_size, out_size, self.kernel, self.stride, self.dilation, strict=True
            )
        ]
        return replace(self, padding=(padding[0], padding[1]))

    def padding_to_state(self, padding: Padding, in_size: tuple[int, int], out_size: tuple[int, int]) -> Padding | None:
        """Return ``padding``, or None where it is the least one that the sizes need, which goes without saying."""
        return None if padding == self.with_least_padding(in_size, out_size).sides else padding

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
        before, behind = self.sides[2 * axis : 2 * axis + 2]
        span = in_size[axis] + before + behind - reach
        if span < 0:
            sides = f"{before} on each side" if before == behind else f"{before} before it and {behind} behind it"
            raise HeddleError(
                f"a window over {reach} {('rows', 'columns')[axis]} does not fit a map of {in_size[axis]}, "
                f"padded by {sides}"
            )
        starts = tuple(tap * self.dilation[axis] - before for tap in range(self.kernel[axis]))
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
