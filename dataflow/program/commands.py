"""The array's command for one tile of a product."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.isa import ArrayCommand
from heddle.dataflow.cost import array_tiles, settle_cycles
from heddle.dataflow.kernel_rows import MachineRow
from heddle.dataflow.scheduler import TileMapping


@dataclass(frozen=True)
class TileExtents:
    """Rows, columns and slots of a tile; slots that share an activation group."""

    m: int
    n: int
    slots: int
    group_slots: int


def tile_command(
    mapping: TileMapping, machine: MachineRow, size: TileExtents, accumulates: bool, reloads: bool
) -> ArrayCommand:
    """Return the command of a tile; ``accumulates``: of a longer reduction; ``reloads``: it goes on from its sums."""
    in_ws = mapping.dataflow == "ws"
    split = (mapping.interleave_rows, mapping.interleave_cols)
    shape = array_tiles(machine, in_ws, *split, size.m, size.n, size.slots, accumulates)
    return ArrayCommand(
        ws=int(in_ws),
        reload=int(reloads),
        length=size.m if in_ws else size.slots,
        tiles=int(shape.tiles),
        interval=int(shape.interval),
        settle=int(settle_cycles(machine, in_ws, shape.tiles)) if reloads else 0,
        group_slots=0 if in_ws else size.group_slots,
        interleave_cols=0 if in_ws else mapping.interleave_cols,
        fresh_tiles=int(shape.fresh),
    )
