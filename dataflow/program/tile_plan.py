"""The tiles of a product as the program takes them: their shares, their order, and the steps that they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from heddle.arch.timing import slots_of
from heddle.dataflow.program.cuts import Cuts, Ints
from heddle.dataflow.program.layer_products import LayerProduct
from heddle.dataflow.program.left_tiles import Touched, touched_pixels
from heddle.dataflow.program.spreads import Spread, evenly_grouped_spreads, row_spreads, spreads
from heddle.dataflow.program.tensors import SubMap
from heddle.dataflow.scheduler import TileMapping

Flags = npt.NDArray[np.bool_]

#: Steps that are worked on at once: enough to hide what a call of NumPy costs, and few megabytes.
_CHUNK_STEPS = 1 << 15


@dataclass(frozen=True)
class Steps:
    """Some tiles' computations in program order: for each the number of its share of m, of n and of k.

    ``repeat`` numbers the product's repetitions. ``pixels`` and ``spread`` number the shares of the plan's pixels and
    of its taps x channels.
    """

    repeat: Ints
    row: Ints
    col: Ints
    part: Ints
    pixels: Ints
    spread: Ints

    def __len__(self) -> int:
        return len(self.row)

    def where(self, chosen: Flags) -> Steps:
        """Return the ``chosen`` ones."""
        columns = (self.repeat, self.row, self.col, self.part, self.pixels, self.spread)
        return Steps(*(column[chosen] for column in columns))


@dataclass(frozen=True)
class SpreadColumns:
    """What a share of taps x channels is made of, an element for each share.

    ``group_elements`` channels of a pixel stand in one group of the activation buffer, which serves ``group_slots``
    slots. ``slots`` are those of the right operand where the share is of the reduction.
    """

    first_tap: Ints
    taps: Ints
    first_channel: Ints
    channels: Ints
    elements: Ints
    group_elements: Ints
    group_slots: Ints
    slots: Ints


@dataclass(frozen=True)
class TilePlan:
    """How a product is cut: shares of its pixels, its taps x channels and its columns. ``group_m`` is the array's M.

    Rows of the product are pixels, and its reduction is cut along taps x channels; or, turned, the other way round.
    Where the product is dense, a group holds as many channels as make all groups of a pixel about equal, so that none
    spans two taps. All repetitions of a product are cut alike: shares are those of one.
    """

    product: LayerProduct
    mapping: TileMapping
    group_m: int
    pixels: Cuts
    spreads: Sequence[Spread]
    cols: Cuts

    @classmethod
    def of(cls, product: LayerProduct, mapping: TileMapping, group_m: int) -> TilePlan:
        """Cut ``product`` by the sizes of ``mapping``."""
        images = product.left.tensor.images // product.repeats
        positions = images * product.rows.positions * product.cols.positions
        along_pixels, along_spread = (
            (mapping.tile_k, mapping.tile_m) if product.is_turned else (mapping.tile_m, mapping.tile_k)
        )
        return cls(
            product,
            mapping,
            group_m,
            Cuts(positions, along_pixels),
            _spreads(product, mapping, along_spread, group_m),
            Cuts(product.product.n, mapping.tile_n),
        )

    @property
    def rows(self) -> int:
        """Into how many tiles the rows of the product are cut."""
        return len(self.spreads if self.product.is_turned else self.pixels)

    @property
    def parts(self) -> int:
        """Into how many parts the reduction is cut."""
        return len(self.pixels if self.product.is_turned else self.spreads)

    def steps(self) -> Iterator[Steps]:
        """Yield the tiles in program order, repetitions outermost and k innermost, some thousands at a time."""
        by_columns = self.mapping.loop_order == "nmk"
        inner = self.rows if by_columns else len(self.cols)
        tiles = self.rows * len(self.cols)
        total = self.product.repeats * tiles * self.parts
        for first in range(0, total, _CHUNK_STEPS):
            number, part = np.divmod(np.arange(first, min(total, first + _CHUNK_STEPS), dtype=np.int64), self.parts)
            repeat, tile = np.divmod(number, tiles)
            outer_index, inner_index = np.divmod(tile, inner)
            row, col = (inner_index, outer_index) if by_columns else (outer_index, inner_index)
            pixels, spread = (part, row) if self.product.is_turned else (row, part)
            yield Steps(repeat, row, col, part, pixels, spread)

    @cached_property
    def touched(self) -> Touched:
        """The stored pixels that each share of the pixels touches."""
        return touched_pixels(self.product.rows, self.product.cols, self.pixels)

    @cached_property
    def spread_columns(self) -> SpreadColumns:
        """What the shares of taps x channels are made of."""
        return SpreadColumns(
            first_tap=_column(share.taps.start for share in self.spreads),
            taps=_column(len(share.taps) for share in self.spreads),
            first_channel=_column(share.channels.start for share in self.spreads),
            channels=_column(len(share.channels) for share in self.spreads),
            elements=_column(share.elements for share in self.spreads),
            group_elements=_column(self.group_elements(share) for share in self.spreads),
            group_slots=_column(self.group_slots(share) for share in self.spreads),
            slots=_column(self.slots_of(share) for share in self.spreads),
        )

    def tile_rows(self, steps: Steps) -> Ints:
        """Return the rows of each step's tile."""
        if self.product.is_turned:
            return self.spread_columns.elements[steps.spread]
        return self.pixels.lengths[steps.pixels]

    def first_rows(self, steps: Steps) -> Ints:
        """Return the row of the product that each step's tile begins with, where a row is a pixel or a channel."""
        if self.product.is_turned:
            return self.spread_columns.first_channel[steps.spread]
        return self.pixels.starts[steps.pixels]

    def slots(self, steps: Steps) -> Ints:
        """Return the slots of each step's reduction."""
        if self.product.is_turned:
            return self.pixels.lengths[steps.pixels]
        return self.spread_columns.slots[steps.spread]

    def first_slots(self, steps: Steps) -> Ints:
        """Return the slot that each step's reduction begins with, where a slot is a pixel or a channel."""
        if self.product.is_turned:
            return self.pixels.starts[steps.pixels]
        return self.spread_columns.first_channel[steps.spread]

    def pixels_before(self, steps: Steps, part: SubMap) -> Ints:
        """Return how many pixels of ``part`` belong to the repetitions before each step's."""
        images = part.tensor.images // self.product.repeats
        return steps.repeat * (images * part.rows.positions * part.cols.positions)

    def group_elements(self, spread: Spread) -> int:
        """Return how many channels of a pixel stand in one group of the activation buffer."""
        if self.product.is_turned or not self.product.product.is_dense:
            return self.group_m
        groups = -(-len(spread.channels) // self.group_m)
        return -(-len(spread.channels) // groups)

    def group_slots(self, spread: Spread) -> int:
        """Return the slots that one activation group serves."""
        product = self.product.product
        return self.group_elements(spread) if product.is_dense else product.keep_n

    def slots_of(self, spread: Spread) -> int:
        """Return the slots of the right operand that a share of taps x channels has."""
        if isinstance(self.product.right, SubMap):
            return spread.elements  # a slot of zeros, as weights have, would be a pixel of something else
        elements = self.group_elements(spread)
        groups = -(-len(spread.channels) // elements)
        if self.product.product.is_dense:
            return len(spread.taps) * groups * elements
        return int(slots_of(spread.elements, self.product.product.keep_n, self.group_m))


def _spreads(product: LayerProduct, mapping: TileMapping, tile: int, group_m: int) -> tuple[Spread, ...]:
    """Cut taps x channels by ``tile``; along a reduction so that the array finds in each group the slots that it takes.

    WS takes as many of every group. Weights have zeros where a group has fewer; behind a map's pixels stand others.
    """
    taps, channels = product.rows.taps * product.cols.taps, len(product.left.channels)
    if isinstance(product.right, SubMap) and not product.is_turned and mapping.dataflow == "ws":
        return evenly_grouped_spreads(channels, tile, group_m)
    if product.is_turned:
        return row_spreads(taps, channels, tile)
    return spreads(taps, channels, tile, 1 if product.product.is_dense else group_m)


def _column(numbers: Iterator[int]) -> Ints:
    return np.fromiter(numbers, np.int64)
