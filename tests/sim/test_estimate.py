"""The closed form of a step in which items come again: what each costs by itself, once computed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from naive_step import ungrouped
from samples import BOARD, TINY, conv, layers, machines, network_of, step_of

from heddle.arch.design import Design
from heddle.dataflow.network import Layer
from heddle.sim.estimate import estimate


@settings(max_examples=12, deadline=None)
@given(
    some=st.lists(layers(), min_size=1, max_size=3),
    places=st.lists(st.integers(0, 2), min_size=1, max_size=8),
    recipe=st.sampled_from(("dense", "bdwp", "bdwp-wu-x")),
    design=machines(),
)
def test_items_that_come_again_cost_what_each_costs_alone(
    some: list[Layer], places: list[int], recipe: str, design: Design
) -> None:
    repeated = [replace(some[place % len(some)], name=f"l{at}") for at, place in enumerate(places)]
    step = step_of(network_of(*repeated), recipe)
    found = estimate(step, design, BOARD)
    assert found == estimate(replace(step, items=ungrouped(step.rows)), design, BOARD)
    assert [failure.layer for failure in found.failures] == [
        failure.layer for failure in estimate(replace(step, items=tuple(step.items)), design, BOARD).failures
    ]
    plain = replace(found, passes=tuple(found.passes))
    sums = ("macs", "dense_macs", "dram_bytes", "utilisation", "compute_cycles", "cycles")
    assert [getattr(found, name) for name in sums] == [getattr(plain, name) for name in sums]
    total = 0.0
    for item in found.passes:
        total += item.cycles
    assert found.cycles == total


def test_a_long_step_of_equal_layers_has_few_results() -> None:
    step = step_of(network_of(*(conv(name=f"c{at}") for at in range(3000))))
    result = estimate(step, TINY, BOARD)
    assert len(result.passes) == 12_000
    assert len(result.rows.distinct) <= 6
