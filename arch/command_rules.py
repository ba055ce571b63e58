"""Which commands the array refuses, and why: the rules of ``heddle.hls.array.command_check``, in plain Python.

A refused command does nothing. The rules keep the array from waiting for what cannot come and from giving words that
are no sums. They see a command and what the last accepted one left in the array, nothing of the streams: that a
command's operands and partial sums are given is the promise of whoever gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import count, takewhile

from heddle.arch.design import ArrayConfig
from heddle.arch.isa import ArrayCommand
from heddle.arch.timing import (
    os_drain_cycles,
    os_issue_cycles,
    os_lead_cycles,
    os_settle_cycles,
    ring_cycles,
    ws_interval_cycles,
    ws_tail_cycles,
)

#: Commands are numbered from reset on, from 0; the number wraps.
NUMBER_BITS = 32


class Refusal(IntEnum):
    """Why the array refuses a command; where several reasons hold, the one of the lowest number is given."""

    NONE = 0
    DATAFLOW = 1
    TILES = 2
    LENGTH = 3
    INTERVAL = 4
    GROUP_SLOTS = 5
    INTERLEAVE_COLS = 6
    FRESH_TILES = 7
    SETTLE = 8
    RELOAD = 9


@dataclass(frozen=True)
class Left:
    """What an accepted command leaves for the next of its dataflow; another one waits until the array is empty.

    ``spare``: steps of an OS tile's interval beyond its issue. ``owed``: steps after the last interval, were none
    spare, until the command's first result can be given back as a partial sum. ``returned``: the sums of a WS command
    come back in time for a next one of as many fresh tiles.
    """

    spare: int
    owed: int
    returned: bool


#: In the array is nothing: after reset, and where the dataflow changes.
EMPTY = Left(spare=1 << 32, owed=0, returned=True)


def refusal_of(command: ArrayCommand, array: ArrayConfig, group_m: int, left: Left = EMPTY) -> Refusal:
    """Return why ``command`` is refused after one that left ``left``, or ``Refusal.NONE``."""
    in_ws = bool(command.ws)
    if ("ws" if in_ws else "os") not in array.dataflows:
        return Refusal.DATAFLOW
    if command.tiles == 0:
        return Refusal.TILES
    if command.length == 0:
        return Refusal.LENGTH
    if command.interval < least_interval(command, array):
        return Refusal.INTERVAL
    return _ws_refusal(command, left) if in_ws else _os_refusal(command, array, group_m, left)


def _os_refusal(command: ArrayCommand, array: ArrayConfig, group_m: int, left: Left) -> Refusal:
    if not 1 <= command.group_slots <= group_m:
        return Refusal.GROUP_SLOTS
    if command.interleave_cols not in interleave_choices(array):
        return Refusal.INTERLEAVE_COLS
    return Refusal.NONE if command.settle >= os_least_settle(command, array, left) else Refusal.SETTLE


def os_least_settle(command: ArrayCommand, array: ArrayConfig, left: Left) -> int:
    """Return the least ``settle`` of an OS command after one that left ``left``."""
    if command.reload:
        return max(0, left.owed - left.spare)
    # The results of a tile follow those of the tile before, R x I steps or more behind its first.
    to_last_slot = (command.length - 1) * ring_cycles(array.interleave, array.adder_stages)
    return max(0, int(os_lead_cycles(array.rows, array.interleave)) - to_last_slot - left.spare)


def _ws_refusal(command: ArrayCommand, left: Left) -> Refusal:
    if not 1 <= command.fresh_tiles <= command.tiles:
        return Refusal.FRESH_TILES
    return Refusal.RELOAD if command.reload and not left.returned else Refusal.NONE


def left_by(command: ArrayCommand, array: ArrayConfig) -> Left:
    """Return what ``command``, accepted, leaves for the next of its dataflow."""
    if command.ws:
        return Left(EMPTY.spare, EMPTY.owed, command.interval >= ws_least_interval(command.fresh_tiles, array))
    spare = command.interval - os_issue_cycles(command.length, array.interleave, array.adder_stages)
    return Left(spare, os_owed_steps(command.tiles, array), EMPTY.returned)


def least_interval(command: ArrayCommand, array: ArrayConfig) -> int:
    """Return the least interval at which the array can work through the tiles of ``command``."""
    if not command.ws:
        issue = int(os_issue_cycles(command.length, array.interleave, array.adder_stages))
        return max(issue, int(os_drain_cycles(array.rows, array.interleave, 1)))
    returns = command.reload or command.tiles > command.fresh_tiles
    return max(command.length, ws_least_interval(command.fresh_tiles if returns else 0, array))


def ws_least_interval(tiles_apart: int, array: ArrayConfig) -> int:
    """Return the least interval of a WS tile of one row whose sums come back ``tiles_apart`` tiles later (0: never)."""
    depths = (array.adder_stages, array.multiplier_stages)
    return int(ws_interval_cycles(1, array.rows, array.cols, len(array.slr_cuts), *depths, 1, tiles_apart))


def ws_returning_intervals(array: ArrayConfig) -> tuple[int, ...]:
    """Return ``ws_least_interval`` for 0, 1, 2, … tiles apart; with more tiles apart it is as for 0."""
    depths = (array.adder_stages, array.multiplier_stages)
    around = 1 + ws_tail_cycles(array.rows, array.cols, len(array.slr_cuts), *depths, 1)
    alone = ws_least_interval(0, array)
    needing = [ws_least_interval(apart, array) for apart in range(1, -(-around // alone))]
    return (alone, *needing)


def os_owed_steps(tiles: int, array: ArrayConfig) -> int:
    """Return the steps after an OS command's last interval, were none spare, until its first result is back."""
    depths = (array.adder_stages, array.multiplier_stages)
    cuts = len(array.slr_cuts)
    return int(os_settle_cycles(tiles, array.rows, array.cols, cuts, array.interleave, *depths, 1))


def os_owing_tiles(array: ArrayConfig) -> tuple[int, ...]:
    """Return ``os_owed_steps`` of 0, 1, 2, … tiles up to the last that owes any."""
    return tuple(takewhile(bool, (os_owed_steps(tiles, array) for tiles in count())))


def interleave_choices(array: ArrayConfig) -> tuple[int, ...]:
    """Return how many of a PE's outputs may share an activation group, by the design's links."""
    return tuple(cols for _, cols in array.interleave_pairs)
