"""COMPUTE: the array's product of what two halves hold, in the array's order of additions."""

from __future__ import annotations

import numpy as np

from heddle.arch.command_rules import EMPTY, Left, Refusal, left_by, refusal_of
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.instructions import Compute
from heddle.arch.isa import ArrayCommand
from heddle.dataflow.program.slots import Slots
from heddle.sim.functional.gemm import multiply_slots
from heddle.sim.program.halves import Buffers, LeftHalf, OutHalf, RightHalf
from heddle.sim.program.windows import left_groups


class Array:
    """The array: it computes tile after tile, and refuses a command that the RTL would."""

    def __init__(self, design: Design) -> None:
        self._design = design
        self._left: Left = EMPTY
        self._ws: int | None = None

    def compute(self, instruction: Compute, buffers: Buffers) -> OutHalf:
        """Return what the output half holds after ``instruction``. Raises HeddleError where it cannot be done."""
        left, right = buffers.left[instruction.left_half], buffers.right[instruction.right_half]
        if left is None or right is None:
            raise HeddleError("a computation reads a half that nothing was loaded into")
        self._check_command(instruction.command)
        self._check_shapes(instruction, left, right)
        groups = left_groups(instruction.walk, left, self._design.sparsity.m)
        slots = len(right.values)
        first = np.arange(slots, dtype=np.int64)[:, np.newaxis] // instruction.group_slots * self._design.sparsity.m
        sums = multiply_slots(
            groups.reshape(len(groups), -1),
            Slots(right.values, (first + right.indices).astype(np.int32)),
            self._design.numbers.operand,
            self._partial(instruction, buffers, len(groups)),
        )
        command = instruction.command
        self._check_extents(instruction, len(groups), slots)
        return OutHalf(sums, command.ws, command.interleave_cols)

    def _check_command(self, command: ArrayCommand) -> None:
        before = self._left if command.ws == self._ws else EMPTY
        cause = refusal_of(command, self._design.array, self._design.sparsity.m, before)
        if cause != Refusal.NONE:
            raise HeddleError(f"the array refuses its command: {cause.name.lower()}")
        self._left, self._ws = left_by(command, self._design.array), command.ws

    def _check_shapes(self, instruction: Compute, left: LeftHalf, right: RightHalf) -> None:
        walk, group_m = instruction.walk, self._design.sparsity.m
        if (left.elements, left.group_elements) != (walk.elements, instruction.group_elements):
            raise HeddleError("the computation says other groups of channels than the load")
        groups = -(-walk.pixels // group_m) if walk.turned else walk.taps * left.groups.shape[1]
        slots, whole = len(right.values), groups * instruction.group_slots
        if -(-slots // instruction.group_slots) != groups:
            raise HeddleError(f"{slots} slots, but the left operand has {groups} groups")
        if instruction.command.ws and not walk.turned and slots != whole:
            raise HeddleError(f"{slots} slots, but WS takes all {whole} of the left operand's groups")
        if right.values.shape[1] != instruction.cols:
            raise HeddleError(f"{instruction.cols} columns, but the right operand has {right.values.shape[1]}")

    def _check_extents(self, instruction: Compute, rows: int, slots: int) -> None:
        """The command's counts are those of the tile."""
        command, array = instruction.command, self._design.array
        inner = 1 if command.ws else command.interleave_cols
        across = -(-instruction.cols // (array.cols * inner))
        if command.ws:
            counts = (rows, -(-slots // array.rows) * across, across)
        else:
            down = -(-rows // (array.rows * (array.interleave // inner)))
            counts = (slots, down * across, down * across)
        if (command.length, command.tiles, command.fresh_tiles) != counts:
            raise HeddleError(
                f"a command of length {command.length}, {command.tiles} tiles, {command.fresh_tiles} fresh for a tile "
                f"that has {counts[0]}, {counts[1]} and {counts[2]}"
            )

    def _partial(self, instruction: Compute, buffers: Buffers, rows: int) -> np.ndarray | None:
        if not instruction.command.reload:
            return None
        half = buffers.out[instruction.out_half]
        if half is None or half.sums.shape != (rows, instruction.cols):
            raise HeddleError("a computation goes on from sums that the output half does not hold")
        return half.sums
