"""Cycles that outlast the step go to the updates that are still under way, the last first."""

from __future__ import annotations

import pytest
from samples import BOARD, SAT, conv, network_of, step_of

from heddle.dataflow.step_items import UpdatePass
from heddle.dataflow.training import StepOptions
from heddle.sim.assemble import ItemCycles, StepCycles, expose_updates
from heddle.sim.estimate import estimate
from heddle.sim.step_table import UPDATE, step_table


def test_exposed_cycles_fill_the_last_updates_up_to_what_each_takes() -> None:
    step = step_of(network_of(conv(name="a"), conv(name="b")), "dense")
    table = step_table(step)
    took = [ItemCycles(0.0, 10.0) if row["kind"] == UPDATE else ItemCycles(5.0, 5.0) for row in table.kinds]
    timing = expose_updates(StepCycles.by_kind(took, table), table, 13.0)
    shown = [timing.found[place] for place in timing.which]
    updates = [entry.cycles for entry, item in zip(shown, step.items, strict=True) if isinstance(item, UpdatePass)]
    assert updates == [3.0, 10.0]
    assert [entry.cycles for entry in shown if entry.busy_cycles == 5.0] == [5.0] * 6
    assert timing.total_cycles == 43.0
    assert [table.kinds[kind]["kind"] for kind in timing.kinds[-2:]] == [UPDATE, UPDATE]


def test_updates_that_are_exposed_alike_are_one_finding() -> None:
    table = step_table(step_of(network_of(*(conv(name=f"c{at}") for at in range(9))), "dense"))
    timing = StepCycles.by_kind([ItemCycles(0.0, 10.0)] * len(table.kinds), table)
    shown = expose_updates(timing, table, 75.0)
    assert len(shown.found) == len(timing.found) + 2
    assert shown.total_cycles == 75.0


def test_nothing_exposed_changes_nothing() -> None:
    table = step_table(step_of(network_of(conv()), "dense"))
    timing = StepCycles.by_item([ItemCycles(1.0, 1.0)] * len(table.items), table)
    shown = expose_updates(timing, table, 0.0)
    assert (shown.found, shown.which.tolist()) == (timing.found, timing.which.tolist())


def test_k_of_a_strided_bp_is_summed_over_its_phases() -> None:
    network = network_of(conv(size=8, channels=(8, 16), kernel=3, stride=2))
    result = estimate(step_of(network, "dense", options=StepOptions(1, passes=("bp",))), SAT, BOARD)
    (entry,) = result.passes
    assert (entry.m, entry.k, entry.n, entry.count) == (16, 9 * 16, 8, 1)
    assert entry.m * entry.k * entry.n == entry.dense_macs


def test_a_step_without_work_for_the_array_uses_none_of_it() -> None:
    result = estimate(step_of(network_of(conv()), "dense", options=StepOptions(1, passes=("update",))), SAT, BOARD)
    assert result.utilisation == 0
    assert result.compute_cycles == 0
    assert result.time_s == pytest.approx(result.cycles / SAT.clock_hz)
