"""Tokens between the queues, and the halves of the buffers that they guard.

Each step's first load takes the token of the computation two steps before, which is then through with the halves
that the step fills: the last step uses the other half of each buffer. A computation takes the token of its step's last
load. The first part of a result also takes the token of the store that freed its half of the output buffer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from heddle.arch.command_rules import EMPTY, left_by, os_least_settle
from heddle.arch.design import ArrayConfig
from heddle.arch.instructions import NO_TOKENS, Compute, Instruction, Load, Store, Tokens
from heddle.arch.isa import ArrayCommand
from heddle.dataflow.program.tile_computations import Computations
from heddle.dataflow.program.tile_loads import Loads
from heddle.dataflow.program.tile_plan import Step, TilePlan
from heddle.dataflow.program.tile_stores import Stores

#: Halves of a buffer: so many steps, or results, go ahead without a token.
_HALVES = 2


class Tied:
    """Instructions of one product after another, tied by tokens; it counts what was filled, computed and stored.

    A command settles for as long as what the command before it left in the ``array`` needs.
    """

    def __init__(self, array: ArrayConfig) -> None:
        self._array = array
        self._left, self._ws = EMPTY, 0
        self._steps = 0
        self._lefts = 0
        self._rights = 0
        self._results = 0

    def product(
        self, plan: TilePlan, lefts: Loads, rights: Loads, computations: Computations, stores: Stores
    ) -> Iterator[Instruction]:
        """Yield the instructions of a product's steps."""
        before: Step | None = None
        for step in plan.steps():
            yield from self._loads(step, before, lefts, rights)
            yield self._compute(step, computations)
            if step.is_last:
                yield self._store(step, stores)
            before = step

    def _loads(self, step: Step, before: Step | None, lefts: Loads, rights: Loads) -> Iterator[Load]:
        loads: list[Load] = []
        if before is None or (before.row, before.part) != (step.row, step.part):
            self._lefts += 1
            loads.append(lefts.of(step, _half(self._lefts)))
        if before is None or (before.col, before.part) != (step.col, step.part):
            self._rights += 1
            loads.append(rights.of(step, _half(self._rights)))
        for number, load in enumerate(loads):
            tokens = replace(
                NO_TOKENS,
                wait_next=int(number == 0 and self._steps >= _HALVES),
                signal_next=int(number == len(loads) - 1),
            )
            yield replace(load, tokens=tokens)
        self._steps += 1

    def _compute(self, step: Step, computations: Computations) -> Compute:
        begins = step.part == 0
        if begins:
            self._results += 1
        compute = computations.of(step, _half(self._lefts), _half(self._rights), _half(self._results))
        waits = int(begins and self._results > _HALVES)
        tokens = Tokens(wait_previous=1, wait_next=waits, signal_previous=1, signal_next=int(step.is_last))
        return replace(compute, tokens=tokens, command=self._settled(compute.command))

    def _settled(self, command: ArrayCommand) -> ArrayCommand:
        left = self._left if command.ws == self._ws else EMPTY
        if not command.ws:
            command = replace(command, settle=max(command.settle, os_least_settle(command, self._array, left)))
        self._left, self._ws = left_by(command, self._array), command.ws
        return command

    def _store(self, step: Step, stores: Stores) -> Store:
        store = stores.of(step, _half(self._results))
        return replace(store, tokens=replace(NO_TOKENS, wait_previous=1, signal_previous=1))


def _half(filled: int) -> int:
    """The half that the last of so many fillings went into."""
    return (filled - 1) % _HALVES
