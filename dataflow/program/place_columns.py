"""Where the pixels of many tiles stand in memory: the fields of ``Places``, an element for each tile."""

from __future__ import annotations

import numpy as np

from heddle.arch.instruction_words import Column
from heddle.dataflow.program.cuts import Ints
from heddle.dataflow.program.tensors import SubMap
from heddle.dataflow.program.tile_plan import Steps, TilePlan


def map_places(
    part: SubMap, address: int, starts: Ints, lengths: Ints, first: Ints, channels: Ints
) -> dict[str, Column]:
    """Return where pixels of ``part`` stand, whose tensor begins at ``address``.

    Each tile has ``lengths`` pixels from ``starts`` on and ``channels`` of each, from ``first`` on.
    """
    map_, element = part.tensor, part.tensor.element_bytes
    pixel, row = map_.channels * element, map_.width * map_.channels * element
    image = map_.height * row
    of_image, within = np.divmod(starts, part.rows.positions * part.cols.positions)
    origin = address + part.rows.first * row + part.cols.first * pixel + part.channels.start * element
    return {
        "places.address": origin + of_image * image + first * element,
        "places.first_row": within // part.cols.positions,
        "places.first_col": within % part.cols.positions,
        "places.row_positions": part.rows.positions,
        "places.col_positions": part.cols.positions,
        "places.col_stride": part.cols.stride * pixel,
        "places.row_stride": part.rows.stride * row,
        "places.image_stride": image,
        "places.pixels": lengths,
        "places.elements": channels,
    }


def slot_places(plan: TilePlan, steps: Steps, part: SubMap, address: int) -> dict[str, Column]:
    """Return where the pixels of ``part`` stand that are the slots of each step, with its share of columns."""
    starts = plan.pixels_before(steps, part) + plan.first_slots(steps)
    return _with_columns(plan, steps, part, address, starts, plan.slots(steps))


def row_places(plan: TilePlan, steps: Steps, part: SubMap, address: int) -> dict[str, Column]:
    """Return where the pixels of ``part`` stand that are the rows of each step's tile, with its share of columns."""
    starts = plan.pixels_before(steps, part) + plan.first_rows(steps)
    return _with_columns(plan, steps, part, address, starts, plan.tile_rows(steps))


def _with_columns(
    plan: TilePlan, steps: Steps, part: SubMap, address: int, starts: Ints, lengths: Ints
) -> dict[str, Column]:
    cols = plan.cols
    return map_places(part, address, starts, lengths, cols.starts[steps.col], cols.lengths[steps.col])


def run_places(address: Ints, pixels: Ints, elements: Ints, element_bytes: int) -> dict[str, Column]:
    """Return the places of ``pixels`` of ``elements`` each that stand one behind the other from ``address`` on."""
    return {
        "places.address": address,
        "places.row_positions": 1,
        "places.col_positions": pixels,
        "places.col_stride": elements * element_bytes,
        "places.pixels": pixels,
        "places.elements": elements,
    }
