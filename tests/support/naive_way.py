"""Bursts and cuts of a tile's loads and store on the machine's way to memory, row by row, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from naive_transfers import reach_of_tile, runs, stored_k

from heddle.arch.design import Design
from heddle.arch.port_parts import PortParts
from heddle.dataflow.step_items import Product


@dataclass(frozen=True)
class NaiveWay:
    """The way to memory of a machine; a textbook's, and one whose memory is unlimited, has none."""

    product: Product
    design: Design

    @property
    def is_there(self) -> bool:
        """Whether there is one."""
        return self.design.array.drain == "chain" and not self.design.memory.unlimited

    @property
    def parts(self) -> PortParts:
        """The port's words, and what its gearboxes cut."""
        return PortParts.of(self.design)

    def left(self, m: int, k: int) -> tuple[int, int]:
        """Bursts and cuts of a load of an [m x k] left tile; a pixel is walked a clock, so they are no fewer."""
        if not self.is_there:
            return 0, 0
        product, left, lanes = self.product, self.product.left, max(1, self.parts.lanes)
        met = reach_of_tile(left, m, k, product.group_m, product.m)
        group = self.design.sparsity.m
        if left.pixels_on_k or product.is_dense:
            group = ceil(met.channels / ceil(met.channels / group))
        if met.channels % group:
            cuts = met.pixels * len(range(0, met.channels, group * lanes))
        else:
            cuts = len(range(0, met.pixels * met.channels, group * lanes))
        pieces = min(met.pixels, runs(left, m, k, product.group_m, (product.m, product.k)))
        return self._bursts(met.pixels * ceil(met.channels * left.bits / 8), pieces), max(cuts, met.pixels)

    def right(self, n: int, k: int) -> tuple[int, int]:
        """Bursts and cuts of a load of a [k x n] right tile: its values, and its indices where they are packed."""
        if not self.is_there:
            return 0, 0
        product, parts = self.product, self.parts
        stored, all_k, group = (stored_k(product, each) for each in (k, product.k, product.group_m))
        rows, elements = (stored, n) if product.right.tiled or product.right.pixels_on_k else (n, stored)
        pieces = min(rows, runs(product.right, n, stored, group, (product.n, all_k)))
        bursts = self._bursts(rows * elements * parts.element_bits // 8, pieces)
        cuts = rows * len(range(0, elements, parts.value_part))
        if not product.is_dense and not product.prune_on_load:
            bursts += self._bursts(rows * ceil(elements * parts.index_bits / 8), 1)
            cuts += rows * len(range(0, elements, parts.index_part))
        return bursts, cuts

    def out(self, m: int, n: int) -> int:
        """Cuts of a store of an [m x n] tile."""
        if not self.is_there:
            return 0
        rows, elements = (n, m) if self.product.out_channels_on_m else (m, n)
        part = self.parts.wide_part if self.product.out_bits == 32 else self.parts.narrow_part
        return rows * len(range(0, elements, part))

    def _bursts(self, nbytes: int, pieces: int) -> int:
        """Bursts of equal pieces, none longer than a page."""
        return pieces * ceil(ceil(nbytes / pieces) / self.parts.page_bytes)
