"""Commands near the rules of ``heddle.arch.command_rules``; cases that have some between others which break them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from heddle.arch.command_rules import (
    EMPTY,
    Left,
    Refusal,
    interleave_choices,
    least_interval,
    left_by,
    refusal_of,
)
from heddle.arch.design import ArrayConfig, Design
from heddle.arch.isa import COUNT_BITS, INTERVAL_BITS, ArrayCommand, Field
from heddle.arch.timing import DISPATCH_CYCLES, os_lead_cycles, ring_cycles
from heddle.verify.cases import Case

_FEW = 6


def near_command(rng: np.random.Generator, array: ArrayConfig, group_m: int, left: Left) -> ArrayCommand:
    """Return a command whose counts lie at the bounds of what is accepted after one that left ``left``.

    One in three has a field anywhere in its range, 0 and the largest number more often than others.
    """
    in_ws = int(rng.integers(2)) if rng.integers(4) == 0 else int(rng.choice(array.dataflows) == "ws")
    length, tiles, fresh = (int(rng.integers(1, _FEW)) for _ in range(3))
    command = ArrayCommand(
        ws=in_ws,
        reload=int(rng.integers(2)),
        length=length,
        tiles=tiles,
        interval=0,
        settle=0,
        group_slots=int(rng.integers(1, group_m + 1)),
        interleave_cols=int(rng.choice(interleave_choices(array))),
        fresh_tiles=min(fresh, tiles),
    )
    command = replace(command, interval=_beside(rng, least_interval(command, array), INTERVAL_BITS))
    command = replace(command, settle=_near_settle(rng, command, array, left))
    return _with_any_field(rng, command) if rng.integers(3) == 0 else command


def _near_settle(rng: np.random.Generator, command: ArrayCommand, array: ArrayConfig, left: Left) -> int:
    to_last_slot = (command.length - 1) * ring_cycles(array.interleave, array.adder_stages)
    needed = left.owed if command.reload else os_lead_cycles(array.rows, array.interleave) - to_last_slot
    return _beside(rng, max(0, needed - left.spare), COUNT_BITS)


def _with_any_field(rng: np.random.Generator, command: ArrayCommand) -> ArrayCommand:
    fields = ArrayCommand.fields()
    field = fields[int(rng.integers(len(fields)))]
    return replace(command, **{field.name: _any_number(rng, field)})


def _any_number(rng: np.random.Generator, field: Field) -> int:
    most = (1 << field.width) - 1
    return (0, most, int(rng.integers(1 << field.width)))[int(rng.integers(3))]


def _beside(rng: np.random.Generator, number: int, bits: int) -> int:
    """The number itself as often as not, or one beside it, within ``bits``."""
    return min(max(0, number + int(rng.choice((-1, 0, 0, 1)))), (1 << bits) - 1)


def with_refused_commands(case: Case, design: Design, seed: int) -> Case:
    """Return ``case`` of the array core with commands between its own that the core must refuse.

    Its results stay as they are. Where it claims cycles, those between are of its dataflow, and each before its last
    command takes a clock (``DISPATCH_CYCLES``); otherwise they are of any.
    """
    rng = np.random.default_rng(seed)
    program = [ArrayCommand.from_bytes(word.tobytes()) for word in case.inputs[0].words]
    mixed: list[ArrayCommand] = []
    faults: list[tuple[int, Refusal]] = []  # each with its place among the commands
    left, delays = EMPTY, 0
    for command in program:
        for fault, cause in _refused(rng, design, left, command.ws if case.sim_cycles else None):
            faults.append((len(mixed), cause))
            mixed.append(fault)
        delays = len(faults)
        mixed.append(command)
        left = left_by(command, design.array)
    for fault, cause in _refused(rng, design, left, program[-1].ws if case.sim_cycles else None):
        faults.append((len(mixed), cause))
        mixed.append(fault)
    words = np.array([list(command.to_bytes()) for command in mixed], np.uint8)
    number, cause = faults[0]
    return replace(
        case,
        name=f"{case.name}-beside-refused",
        inputs=(replace(case.inputs[0], words=words), *case.inputs[1:]),
        sim_cycles=case.sim_cycles and case.sim_cycles + delays * DISPATCH_CYCLES,
        status={"error_count": len(faults), "error_cause": cause, "error_number": number},
    )


def _refused(
    rng: np.random.Generator, design: Design, left: Left, in_ws: int | None
) -> Iterator[tuple[ArrayCommand, Refusal]]:
    """Yield one to three commands, of the dataflow or any, each with the cause for which it is refused."""
    wanted = int(rng.integers(1, 4))
    while wanted:
        command = near_command(rng, design.array, design.sparsity.m, left)
        cause = refusal_of(command, design.array, design.sparsity.m, left)
        if cause is not Refusal.NONE and in_ws in (None, command.ws):
            wanted -= 1
            yield command, cause
