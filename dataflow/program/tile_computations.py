"""What computes a step: the array's command, and the walk over the left operand."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.instructions import NO_TOKENS, Compute, Opcode
from heddle.dataflow.kernel_rows import MachineRow
from heddle.dataflow.program.commands import TileExtents, tile_command
from heddle.dataflow.program.left_tiles import left_walk
from heddle.dataflow.program.tile_plan import Step, TilePlan


@dataclass(frozen=True)
class Computations:
    """Makes the computations of a product's steps on a machine."""

    plan: TilePlan
    machine: MachineRow

    def of(self, step: Step, left_half: int, right_half: int, out_half: int) -> Compute:
        """Return the computation of a step from two halves into one."""
        plan, cols = self.plan, self.plan.cols[step.col]
        pixels, spread = plan.pixels_and_spread(step)
        rows = spread.elements if plan.product.is_turned else len(pixels)
        size = TileExtents(rows, len(cols), plan.slots(step), plan.group_slots(spread))
        return Compute(
            opcode=Opcode.COMPUTE,
            tokens=NO_TOKENS,
            left_half=left_half,
            right_half=right_half,
            out_half=out_half,
            command=tile_command(plan.mapping, self.machine, size, plan.parts > 1, reloads=step.part > 0),
            cols=len(cols),
            group_elements=plan.group_elements(spread),
            group_slots=plan.group_slots(spread),
            walk=left_walk(plan.product, pixels, spread, plan.stored(step)),
        )
