"""Tokens between the queues, and the halves of the buffers that they guard.

Each step's first load takes the token of the computation two steps before, which is then through with the halves
that the step fills: the last step uses the other half of each buffer. A computation takes the token of its step's last
load. The first part of a result also takes the token of the store that freed its half of the output buffer.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from heddle.arch.command_rules import EMPTY, left_by, os_least_settle
from heddle.arch.design import ArrayConfig
from heddle.arch.instruction_words import WORDS, Words, encode_columns
from heddle.arch.instructions import Compute, Load, Store
from heddle.arch.isa import ArrayCommand
from heddle.dataflow.program.cuts import Ints
from heddle.dataflow.program.tile_computations import Computations, StepCommands
from heddle.dataflow.program.tile_loads import Loads
from heddle.dataflow.program.tile_plan import Flags, Steps, TilePlan
from heddle.dataflow.program.tile_stores import Stores

#: Halves of a buffer: so many steps, or results, go ahead without a token.
_HALVES = 2


class Tied:
    """Instructions of one product after another, tied by tokens; it counts what was filled, computed and stored.

    A command settles for as long as what the command before it left in the ``array`` needs.
    """

    def __init__(self, array: ArrayConfig) -> None:
        self._array = array
        self._before: ArrayCommand | None = None
        self._steps = 0
        self._lefts = 0
        self._rights = 0
        self._results = 0

    def product(
        self, plan: TilePlan, lefts: Loads, rights: Loads, computations: Computations, stores: Stores
    ) -> Iterator[Words]:
        """Yield the instructions of a product's steps in program order, some thousands at a time."""
        last = (-1, -1, -1, -1)
        for steps in plan.steps():
            new_left, new_right = _changes(steps, last)
            is_last = steps.part == plan.parts - 1
            yield _in_order(
                (new_left, self._left_loads(lefts, steps, new_left, new_right)),
                (new_right, self._right_loads(rights, steps, new_left, new_right)),
                (np.ones(len(steps), bool), self._computations(computations, steps, new_left, new_right, is_last)),
                (is_last, self._stores(stores, steps, is_last)),
            )
            self._steps += len(steps)
            self._lefts += int(new_left.sum())
            self._rights += int(new_right.sum())
            self._results += int((steps.part == 0).sum())
            last = int(steps.repeat[-1]), int(steps.row[-1]), int(steps.col[-1]), int(steps.part[-1])

    def _left_loads(self, lefts: Loads, steps: Steps, new_left: Flags, new_right: Flags) -> Words:
        """A step's first load, and its last where the right operand stays."""
        count = int(new_left.sum())
        fields = {
            **lefts.of(steps.where(new_left)),
            "half": _halves(self._lefts + 1 + np.arange(count)),
            "tokens.wait_next": self._waits(steps)[new_left].astype(np.int64),
            "tokens.signal_next": (~new_right[new_left]).astype(np.int64),
        }
        return encode_columns(Load, fields, count)

    def _right_loads(self, rights: Loads, steps: Steps, new_left: Flags, new_right: Flags) -> Words:
        """A step's last load, and its first where the left operand stays."""
        count = int(new_right.sum())
        fields = {
            **rights.of(steps.where(new_right)),
            "half": _halves(self._rights + 1 + np.arange(count)),
            "tokens.wait_next": (self._waits(steps) & ~new_left)[new_right].astype(np.int64),
            "tokens.signal_next": 1,
        }
        return encode_columns(Load, fields, count)

    def _waits(self, steps: Steps) -> Flags:
        """Which steps fill halves that were used before."""
        return self._steps + np.arange(len(steps)) >= _HALVES

    def _computations(
        self, computations: Computations, steps: Steps, new_left: Flags, new_right: Flags, is_last: Flags
    ) -> Words:
        begins = steps.part == 0
        results = self._results + np.cumsum(begins)
        commands = computations.commands(steps)
        fields = {
            **computations.of(steps),
            **{f"command.{field.name}": commands.field(field.name) for field in ArrayCommand.fields()},
            "command.settle": self._settles(commands),
            "left_half": _halves(self._lefts + np.cumsum(new_left)),
            "right_half": _halves(self._rights + np.cumsum(new_right)),
            "out_half": _halves(results),
            "tokens.wait_previous": 1,
            "tokens.wait_next": (begins & (results > _HALVES)).astype(np.int64),
            "tokens.signal_previous": 1,
            "tokens.signal_next": is_last.astype(np.int64),
        }
        self._before = commands.commands[commands.of_step[-1]]
        return encode_columns(Compute, fields, len(steps))

    def _settles(self, steps: StepCommands) -> Ints:
        """How long each command settles, with regard to the one before it."""
        count = len(steps.commands)
        before = np.concatenate([[count], steps.of_step[:-1]])
        pairs, of_step = np.unique(before * count + steps.of_step, return_inverse=True)
        known = [*steps.commands, self._before]
        settles = [self._settle(steps.commands[pair % count], known[pair // count]) for pair in pairs.tolist()]
        return np.array(settles, np.int64)[of_step.reshape(-1)]

    def _settle(self, command: ArrayCommand, before: ArrayCommand | None) -> int:
        if command.ws:
            return command.settle
        left = EMPTY if before is None or before.ws else left_by(before, self._array)
        return max(command.settle, os_least_settle(command, self._array, left))

    def _stores(self, stores: Stores, steps: Steps, is_last: Flags) -> Words:
        results = self._results + np.cumsum(steps.part == 0)[is_last]
        fields = {
            **stores.of(steps.where(is_last)),
            "half": _halves(results),
            "tokens.wait_previous": 1,
            "tokens.signal_previous": 1,
        }
        return encode_columns(Store, fields, len(results))


def _changes(steps: Steps, last: tuple[int, int, int, int]) -> tuple[Flags, Flags]:
    """Which steps have another left operand than the step before them, and which another right one."""
    repeat, row, col, part = (
        np.diff(numbers, prepend=before) != 0
        for numbers, before in zip((steps.repeat, steps.row, steps.col, steps.part), last, strict=True)
    )
    return repeat | row | part, repeat | col | part


def _in_order(*kinds: tuple[Flags, Words]) -> Words:
    """The instructions of each step, kind after kind: ``kinds`` say which steps have one, and which."""
    per_step = np.sum([has for has, _ in kinds], axis=0)
    place = np.cumsum(per_step) - per_step
    words = np.zeros((int(per_step.sum()), WORDS), np.uint64)
    for has, of_kind in kinds:
        words[place[has]] = of_kind
        place = place + has
    return words


def _halves(filled: Ints) -> Ints:
    """The half that the last of so many fillings went into."""
    return (filled - 1) % _HALVES
