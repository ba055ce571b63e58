"""The tiles of a product as the program takes them: their shares, their order, and the steps that they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product as pairs

from heddle.arch.timing import slots_of
from heddle.dataflow.program.layer_products import LayerProduct
from heddle.dataflow.program.left_tiles import touched_pixels
from heddle.dataflow.program.spreads import Spread, spreads
from heddle.dataflow.scheduler import TileMapping


@dataclass(frozen=True)
class TilePlan:
    """How a product is cut: shares of its pixels, its taps x channels and its columns. ``group_m`` is the array's M.

    Rows of the product are pixels, and its reduction is cut along taps x channels; or, turned, the other way round.
    Where the product is dense, a group holds as many channels as make all groups of a pixel about equal, so that none
    spans two taps.
    """

    product: LayerProduct
    mapping: TileMapping
    group_m: int
    pixels: Sequence[range]
    spreads: Sequence[Spread]
    cols: Sequence[range]

    @classmethod
    def of(cls, product: LayerProduct, mapping: TileMapping, group_m: int) -> TilePlan:
        """Cut ``product`` by the sizes of ``mapping``."""
        taps, channels = product.rows.taps * product.cols.taps, len(product.left.channels)
        positions = product.left.tensor.images * product.rows.positions * product.cols.positions
        unit = 1 if product.product.is_dense else group_m
        along_pixels, along_spread = (
            (mapping.tile_k, mapping.tile_m) if product.is_turned else (mapping.tile_m, mapping.tile_k)
        )
        return cls(
            product,
            mapping,
            group_m,
            _ranges(positions, along_pixels),
            spreads(taps, channels, along_spread, 1 if product.is_turned else unit),
            _ranges(product.product.n, mapping.tile_n),
        )

    @property
    def parts(self) -> int:
        """Into how many parts the reduction is cut."""
        return len(self.pixels if self.product.is_turned else self.spreads)

    def steps(self) -> Iterator[Step]:
        """Yield the tiles in program order, k innermost."""
        rows = range(len(self.spreads if self.product.is_turned else self.pixels))
        cols = range(len(self.cols))
        by_columns = self.mapping.loop_order == "nmk"
        for outer, inner in pairs(cols, rows) if by_columns else pairs(rows, cols):
            row, col = (inner, outer) if by_columns else (outer, inner)
            for part in range(self.parts):
                yield Step(row, col, part, part == self.parts - 1)

    def pixels_and_spread(self, step: Step) -> tuple[range, Spread]:
        """Return a step's share of the pixels, and that of taps x channels."""
        if self.product.is_turned:
            return self.pixels[step.part], self.spreads[step.row]
        return self.pixels[step.row], self.spreads[step.part]

    @cached_property
    def touched(self) -> tuple[range, ...]:
        """The stored pixels that each share of the pixels touches."""
        return tuple(touched_pixels(self.product.rows, self.product.cols, pixels) for pixels in self.pixels)

    def stored(self, step: Step) -> range:
        """Return the stored pixels that a step's windows touch."""
        return self.touched[step.part if self.product.is_turned else step.row]

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

    def slots(self, step: Step) -> int:
        """Return the slots of a step's reduction."""
        pixels, spread = self.pixels_and_spread(step)
        return len(pixels) if self.product.is_turned else self.weight_slots(spread)

    def weight_slots(self, spread: Spread) -> int:
        """Return the slots of weights that a share of taps x channels has."""
        elements = self.group_elements(spread)
        groups = -(-len(spread.channels) // elements)
        if self.product.product.is_dense:
            return len(spread.taps) * groups * elements
        return int(slots_of(spread.elements, self.product.product.keep_n, self.group_m))


@dataclass(frozen=True)
class Step:
    """One tile's computation: the numbers of its shares of m, n and k, and whether it ends its reduction."""

    row: int
    col: int
    part: int
    is_last: bool


def _ranges(total: int, tile: int) -> list[range]:
    return [range(start, min(total, start + tile)) for start in range(0, total, tile)]
