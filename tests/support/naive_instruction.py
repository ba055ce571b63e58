"""One instruction of the array, its array tiles counted out, in plain Python.

It takes from the tool only the timing contract, which the naive array checks.
"""

from __future__ import annotations

from dataclasses import dataclass

import heddle.arch.timing as timing
from heddle.arch.design import Design


def parts_of(total: int, tile: int) -> list[int]:
    """Sizes of the tiles of a dimension."""
    return [min(tile, total - start) for start in range(0, total, tile)]


@dataclass(frozen=True)
class NaiveInstruction:
    """One [m x slots x n] tile on a machine. ``is_cut``: it is a part of a longer reduction."""

    design: Design
    dataflow: str
    interleave: tuple[int, int]
    m: int
    n: int
    slots: int
    is_cut: bool

    @property
    def tiles(self) -> int:
        """How many array tiles it walks."""
        rows, cols = self.design.array.rows, self.design.array.cols
        if self.dataflow == "ws":
            return len(parts_of(self.n, cols)) * len(parts_of(self.slots, rows))
        ir, ic = self.interleave
        return len(parts_of(self.m, rows * ir)) * len(parts_of(self.n, cols * ic))

    @property
    def issue(self) -> int:
        """Cycles in which an array tile's operands enter."""
        array = self.design.array
        return (
            self.m
            if self.dataflow == "ws"
            else timing.os_issue_cycles(self.slots, array.interleave, array.adder_stages)
        )

    @property
    def tail(self) -> int:
        """Cycles from the end of an array tile's issue to its last result."""
        array = self.design.array
        if self.dataflow == "ws":
            return timing.ws_tail_cycles(array.rows, array.cols, self._cuts, *self._depths)
        return timing.os_tail_cycles(array.rows, array.cols, self._cuts, array.interleave, *self._depths)

    @property
    def interval(self) -> int:
        """Cycles from an array tile to the next: in turn, or overlapped as closely as may be."""
        array = self.design.array
        if not array.overlap_tiles:
            shift_in = timing.ws_load_cycles(array.rows, self._chain) if self.dataflow == "ws" else 0
            return shift_in + self.issue + self.tail
        if self.dataflow == "ws":
            sums_return = self.is_cut or self.slots > array.rows
            # Fold after fold, each over all column tiles: sums come back when all columns have had their turn.
            apart = len(parts_of(self.n, array.cols)) if sums_return else 0
            return timing.ws_interval_cycles(self.m, array.rows, array.cols, self._cuts, *self._depths, apart)
        return max(self.issue, array.rows * array.interleave) if self._chain else self.issue

    @property
    def finish(self) -> int:
        """Cycles from the end of the last interval to the last result."""
        return self.issue + self.tail - self.interval if self.design.array.overlap_tiles else 0

    @property
    def wait(self) -> int:
        """Cycles by which the first array tile starts later if it goes on from partial sums."""
        array = self.design.array
        if self.dataflow == "ws" or not self._chain:
            return 0
        lead_in = timing.os_lead_cycles(array.rows, array.interleave)
        if not array.overlap_tiles:
            return lead_in
        extents = array.rows, array.cols, self._cuts
        return lead_in + timing.os_settle_cycles(self.tiles, *extents, array.interleave, *self._depths)

    def cycles(self, reloads: bool) -> int:
        """Cycles to the next instruction. ``reloads``: it goes on from the partial sums of the one before."""
        return timing.DISPATCH_CYCLES + (self.wait if reloads else 0) + self.tiles * self.interval

    @property
    def _chain(self) -> bool:
        return self.design.array.drain == "chain"

    @property
    def _cuts(self) -> int:
        return len(self.design.array.slr_cuts)

    @property
    def _depths(self) -> tuple[int, int, int]:
        return self.design.array.adder_stages, self.design.array.multiplier_stages, self._chain


def lead(design: Design, dataflow: str) -> int:
    """Cycles before the first instruction: the textbook shifts its first weights in."""
    if dataflow == "os" or not design.array.overlap_tiles:
        return 0
    return timing.ws_load_cycles(design.array.rows, design.array.drain == "chain")
