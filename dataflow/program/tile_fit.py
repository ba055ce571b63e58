"""Tiles that the halves of the buffers hold as the machine lays them down, in whole groups and whole words."""

from __future__ import annotations

from dataclasses import replace

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP32
from heddle.arch.nm import index_bits
from heddle.dataflow.kernel_rows import machine_row
from heddle.dataflow.program.layer_products import LayerProduct
from heddle.dataflow.program.tile_plan import TilePlan
from heddle.dataflow.scheduler import TileMapping


def fitting_plan(product: LayerProduct, mapping: TileMapping, design: Design, board: Board) -> TilePlan:
    """Return the plan of ``product`` by ``mapping``, its tiles cut further for as long as a half does not hold one.

    The scheduler counts the elements of a tile. A few channels that do not fill a group, or columns that do not fill a
    word, take more than that. Raises HeddleError where not even the smallest tile fits.
    """
    machine = machine_row(design, board)[0]
    halves = {name: int(machine[f"{name}_half_bytes"]) for name in ("activation", "weight", "output")}
    while True:
        plan = TilePlan.of(product, mapping, design.sparsity.m)
        taken = _taken(plan, design)
        exceeded = next((name for name in halves if taken[name] > halves[name]), None)
        if exceeded is None:
            return plan
        cuts_rows = exceeded == "output" or (exceeded == "activation" and not product.is_turned)
        if (mapping.tile_m if cuts_rows else mapping.tile_k) == 1:
            raise HeddleError(
                f"{product.name}: its smallest tile takes {taken[exceeded]:,} bytes of half the {exceeded} buffer, "
                f"which has {halves[exceeded]:,}; buffers.{exceeded}_bytes of {2 * taken[exceeded]} or more hold it"
            )
        if cuts_rows:
            mapping = replace(mapping, tile_m=-(-mapping.tile_m // 2))
        else:
            mapping = replace(mapping, tile_k=-(-mapping.tile_k // 2))


def _taken(plan: TilePlan, design: Design) -> dict[str, int]:
    """Bytes of a half that the largest tile of each buffer takes."""
    element_bytes = design.numbers.operand_format.width_bytes
    spread = max(plan.spreads, key=lambda share: (share.elements, len(share.channels)))
    stored = int(plan.touched.lengths.max())
    groups = -(-len(spread.channels) // plan.group_elements(spread))
    slots = plan.pixels.longest if plan.product.is_turned else plan.slots_of(spread)
    words = -(-plan.cols.longest // design.array.cols)
    rows = spread.elements if plan.product.is_turned else plan.pixels.longest
    lane_bits = design.numbers.operand_format.width + index_bits(plan.group_m)
    return {
        "activation": stored * groups * plan.group_m * element_bytes,
        "weight": slots * words * -(-design.array.cols * lane_bits // 8),
        "output": rows * words * design.array.cols * FP32.width_bytes,
    }
