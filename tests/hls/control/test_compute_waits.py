"""Why no computation begins: one cause a clock, from what queues and dispatch hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from stream_bench import simulate

from heddle.hls.control.compute_waits import WAITS, ComputeWaits, Wait
from heddle.sim.machine.stalls import CAUSES
from heddle.sim.stalls import STALL_CAUSES

LACKS_LOAD = {"first": {"valid": 1, "lacks_load": 1}}
LACKS_STORE = {"first": {"valid": 1, "lacks_store": 1}}
LACKS_BOTH = {"first": {"valid": 1, "lacks_load": 1, "lacks_store": 1}}
LACKS_NOTHING = {"first": {"valid": 1}}
STARTS = {"unit": {"starts": 1, "ahead": 1}}
AHEAD = {"unit": {"ahead": 1}}
WORKS = {"unit": {"working": 1}}
SYNC_HELD = {"held": {"end": 1}}
SYNC_PASSES = SYNC_HELD | {"sync": 1}
STORE_HELD = {"held": {"store": 1}}
WEIGHTS_QUEUED = {"load_queued": 1, "load_queued_weight": 1}
GROUPS_QUEUED = {"load_queued": 1}
NOTHING: dict[str, Any] = {}
STRUCTS = ("unit", "first", "held")


def waits(clocks: list[Mapping[str, Any]]) -> list[Wait]:
    """What is said in each clock."""
    component, seen = ComputeWaits(2), []

    async def bench(ctx: Any) -> None:
        for clock in clocks:
            for name in (*STRUCTS, "load_queued", "load_queued_weight", "load_taken", "load_done", "sync"):
                value = clock.get(name, {} if name in STRUCTS else 0)
                port = getattr(component, name)
                if isinstance(value, dict):
                    value = {field: value.get(field, 0) for field, _ in port.shape()}
                ctx.set(port, value)
            seen.append(ctx.get(component.wait))
            await ctx.tick()

    simulate(component, bench)
    return seen


def test_the_causes_are_those_of_a_simulated_program() -> None:
    assert tuple(WAITS) == CAUSES
    assert set(WAITS) == {*STALL_CAUSES, "feed"}


@pytest.mark.parametrize(
    ("clock", "wait"),
    [
        (WORKS | LACKS_LOAD, Wait.FEED),
        (AHEAD | LACKS_LOAD, Wait.FEED),
        (LACKS_LOAD | WEIGHTS_QUEUED, Wait.LOAD_RIGHT),
        (LACKS_LOAD | GROUPS_QUEUED, Wait.LOAD_LEFT),
        (LACKS_STORE | WEIGHTS_QUEUED, Wait.STORE),
        (LACKS_BOTH | GROUPS_QUEUED, Wait.LOAD_LEFT),
        (LACKS_NOTHING, Wait.FEED),
        (SYNC_HELD | WEIGHTS_QUEUED, Wait.DRAIN),
        (STORE_HELD | WEIGHTS_QUEUED, Wait.STORE),
        (WEIGHTS_QUEUED, Wait.LOAD_RIGHT),
        (GROUPS_QUEUED, Wait.LOAD_LEFT),
        (NOTHING, Wait.FEED),
    ],
)
def test_a_clock_after_a_computation_has_one_cause(clock: Mapping[str, Any], wait: Wait) -> None:
    assert waits([STARTS, clock])[1] is wait


def test_before_the_first_computation_of_a_program_and_after_a_sync_the_array_is_filled() -> None:
    first = [NOTHING, WEIGHTS_QUEUED, LACKS_LOAD, STORE_HELD, AHEAD, STARTS]
    fills = [Wait.FILL] * len(first)
    assert waits([*first, WORKS, SYNC_PASSES, *first]) == [*fills, Wait.FEED, Wait.DRAIN, *fills]


def test_where_no_computation_follows_a_sync_the_program_drains() -> None:
    assert waits([SYNC_PASSES, SYNC_HELD]) == [Wait.FILL, Wait.FILL]
    assert waits([STARTS, SYNC_PASSES, SYNC_HELD])[1:] == [Wait.DRAIN, Wait.DRAIN]


def test_of_several_loads_the_oldest_that_is_not_done_counts() -> None:
    takes_weights = LACKS_LOAD | WEIGHTS_QUEUED | {"load_taken": 1}
    takes_groups = LACKS_LOAD | GROUPS_QUEUED | {"load_taken": 1}
    clocks = [takes_weights, takes_groups, LACKS_LOAD, LACKS_LOAD | {"load_done": 1}, LACKS_LOAD]
    assert waits([STARTS, *clocks])[1:] == [*[Wait.LOAD_RIGHT] * 4, Wait.LOAD_LEFT]
