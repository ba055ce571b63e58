"""Why no computation begins: one cause a clock, from what queues and dispatch hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from stream_bench import simulate

from heddle.hls.control.compute_waits import WAITS, ComputeWaits, Wait
from heddle.sim.stalls import STALL_CAUSES

#: What is first in the queue of computations.
LACKS_LOAD = {"first": {"valid": 1, "lacks_load": 1}}
LACKS_STORE = {"first": {"valid": 1, "lacks_store": 1}}
BEGINS = {"first": {"valid": 1, "begins": 1}}
LACKS_NOTHING = {"first": {"valid": 1}}
SYNC_HELD = {"held": {"end": 1}}
STORE_HELD = {"held": {"store": 1}}
WEIGHTS_QUEUED = {"load_queued": 1, "load_queued_weight": 1}
GROUPS_QUEUED = {"load_queued": 1}
NOTHING: dict[str, Any] = {}


def waits(clocks: list[Mapping[str, Any]]) -> list[Wait]:
    """What is said in each clock, after one in which a computation has begun."""
    component, seen = ComputeWaits(2), []

    async def bench(ctx: Any) -> None:
        for clock in clocks:
            for name in ("first", "held", "load_queued", "load_queued_weight", "load_taken", "load_done", "sync"):
                value = clock.get(name, {} if name in ("first", "held") else 0)
                port = getattr(component, name)
                if isinstance(value, dict):
                    value = {field: value.get(field, 0) for field, _ in port.shape()}
                ctx.set(port, value)
            seen.append(ctx.get(component.wait))
            await ctx.tick()

    simulate(component, bench)
    return seen


def test_the_causes_are_those_of_a_simulated_step_and_the_feeders() -> None:
    assert set(WAITS) == {*STALL_CAUSES, "feed"}


@pytest.mark.parametrize(
    ("clock", "wait"),
    [
        (NOTHING, Wait.FILL),
        (LACKS_LOAD | WEIGHTS_QUEUED, Wait.LOAD_RIGHT),
        (LACKS_LOAD | GROUPS_QUEUED, Wait.LOAD_LEFT),
        (LACKS_STORE | WEIGHTS_QUEUED, Wait.STORE),
        (LACKS_NOTHING, Wait.DRAIN),
        (BEGINS, Wait.FEED),
        (SYNC_HELD | WEIGHTS_QUEUED, Wait.DRAIN),
        (STORE_HELD | WEIGHTS_QUEUED, Wait.STORE),
        (WEIGHTS_QUEUED, Wait.LOAD_RIGHT),
        (GROUPS_QUEUED, Wait.LOAD_LEFT),
    ],
)
def test_a_clock_after_a_computation_has_one_cause(clock: Mapping[str, Any], wait: Wait) -> None:
    assert waits([BEGINS, clock]) == [Wait.FEED, wait]


def test_before_the_first_computation_of_a_program_and_after_a_sync_the_array_is_filled() -> None:
    first = [WEIGHTS_QUEUED, LACKS_LOAD, STORE_HELD]
    assert waits([*first, BEGINS, SYNC_HELD | {"sync": 1}, *first]) == [
        *[Wait.FILL] * 3,
        Wait.FEED,
        Wait.DRAIN,
        *[Wait.FILL] * 3,
    ]


def test_of_several_loads_the_oldest_that_is_not_done_counts() -> None:
    takes_weights = LACKS_LOAD | WEIGHTS_QUEUED | {"load_taken": 1}
    takes_groups = LACKS_LOAD | GROUPS_QUEUED | {"load_taken": 1}
    assert waits([BEGINS, takes_weights, takes_groups, LACKS_LOAD, LACKS_LOAD | {"load_done": 1}, LACKS_LOAD]) == [
        Wait.FEED,
        Wait.LOAD_RIGHT,
        Wait.LOAD_RIGHT,
        Wait.LOAD_RIGHT,
        Wait.LOAD_RIGHT,
        Wait.LOAD_LEFT,
    ]
