"""What computes steps: the array's commands, and the walks over the left operand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heddle.arch.instruction_words import Column
from heddle.arch.isa import ArrayCommand
from heddle.dataflow.kernel_rows import MachineRow
from heddle.dataflow.program.commands import TileExtents, tile_command
from heddle.dataflow.program.cuts import Ints
from heddle.dataflow.program.left_tiles import axis_columns, walk_columns
from heddle.dataflow.program.tile_plan import Steps, TilePlan


@dataclass(frozen=True)
class StepCommands:
    """The array's commands of steps: few different ones, and for each step the number of its own."""

    commands: Sequence[ArrayCommand]
    of_step: Ints

    def field(self, name: str) -> Ints:
        """Return a field of each step's command."""
        return np.array([getattr(command, name) for command in self.commands], np.int64)[self.of_step]


@dataclass(frozen=True)
class Computations:
    """Makes the computations of a product's steps on a machine."""

    plan: TilePlan
    machine: MachineRow

    def of(self, steps: Steps) -> dict[str, Column]:
        """Return the fields of the computations, without command, halves and tokens."""
        plan, spread = self.plan, self.plan.spread_columns
        return {
            "cols": plan.cols.lengths[steps.col],
            "group_elements": spread.group_elements[steps.spread],
            "group_slots": spread.group_slots[steps.spread],
            "walk.turned": int(plan.product.is_turned),
            **axis_columns("walk.rows", plan.product.rows),
            **axis_columns("walk.cols", plan.product.cols),
            **{path: column[steps.pixels] for path, column in self._walks.items()},
            "walk.first_tap": spread.first_tap[steps.spread],
            "walk.taps": spread.taps[steps.spread],
            "walk.elements": spread.channels[steps.spread],
        }

    def commands(self, steps: Steps) -> StepCommands:
        """Return the array's commands, which settle for no command before them yet."""
        plan = self.plan
        sizes = np.stack(
            [
                plan.tile_rows(steps),
                plan.cols.lengths[steps.col],
                plan.slots(steps),
                plan.spread_columns.group_slots[steps.spread],
                steps.part > 0,
            ],
            axis=1,
        )
        different, of_step = np.unique(sizes, axis=0, return_inverse=True)
        return StepCommands([self._command(*size) for size in different.tolist()], of_step.reshape(-1))

    def _command(self, rows: int, cols: int, slots: int, group_slots: int, reloads: int) -> ArrayCommand:
        size = TileExtents(rows, cols, slots, group_slots)
        return tile_command(self.plan.mapping, self.machine, size, self.plan.parts > 1, bool(reloads))

    @cached_property
    def _walks(self) -> dict[str, Ints]:
        return walk_columns(self.plan.product.rows, self.plan.product.cols, self.plan.pixels, self.plan.touched)
