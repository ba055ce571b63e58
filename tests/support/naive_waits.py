"""What an instruction's array tiles wait for: the left operand as the feeder takes it, and sums on their way back.

The naive twin of ``heddle.dataflow.feed_cost``, in plain Python; ``naive_left_feed`` has the reads of left words.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from naive_instruction import NaiveInstruction, parts_of
from naive_transfers import reach_of_tile

from heddle.arch.design import Design
from heddle.arch.left_feed import LeftTile
from heddle.dataflow.step_items import Product


def left_tile(product: Product, design: Design, m: int, k: int) -> LeftTile:
    """The left operand of an [m x k] tile in the machine's groups."""
    group_m, turned = design.sparsity.m, product.left.pixels_on_k
    met = reach_of_tile(product.left, m, k, product.group_m, product.m)
    kept = ceil(Fraction(group_m * product.keep_n, product.group_m))
    pixels = k if turned else m
    # The channels of a tap stand in as many groups as they need, about equal ones.
    most = pixels if turned else ceil(Fraction(met.channels, ceil(Fraction(met.channels, group_m))))
    row_taps, first_tap = product.left.row_taps, 0
    # Tiles that cut rows of the kernel unevenly are taken to begin with the last tap of one.
    if product.left.taps > row_taps and met.taps % row_taps and row_taps % met.taps:
        first_tap = row_taps - 1
    return LeftTile(int(turned), met.taps, row_taps, first_tap, met.channels, pixels, group_m, min(kept, most))


def sums_waits(design: Design, counted: NaiveInstruction, across: int, left_waits: int) -> int:
    """Cycles that WS waits for sums on their way from the array, where it makes them, to the buffer and back.

    From a result a column of multiply-adds behind its tile's first step to the step that it enters, ``across`` tiles
    behind that one, are fewer clocks than the way takes.
    """
    array, folds = design.array, len(parts_of(counted.slots, design.array.rows))
    if folds == 1:
        return 0
    made = (array.rows - 1) * array.adder_stages + 1 + array.multiplier_stages + array.adder_stages
    steps = across * counted.interval - made
    there = steps + int(Fraction(steps * left_waits, folds * counted.interval))
    way = array.rows + array.cols + len(array.slr_cuts) + 1 + 1 + 3
    going_on = (folds - 1) * across
    times = int(min(Fraction(going_on * counted.interval, steps), going_on * ceil(Fraction(counted.issue, steps))))
    return times * max(0, way - there)
