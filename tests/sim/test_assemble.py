"""Cycles that outlast the step go to the updates that are still under way, the last first."""

from __future__ import annotations

import pytest
from samples import BOARD, SAT, conv, network_of, step_of

from heddle.dataflow.step_items import UpdatePass
from heddle.dataflow.training import StepOptions
from heddle.sim.assemble import ItemCycles, expose_updates
from heddle.sim.estimate import estimate
from heddle.sim.step_table import UPDATE, step_table


def test_exposed_cycles_fill_the_last_updates_up_to_what_each_takes() -> None:
    step = step_of(network_of(conv(name="a"), conv(name="b")), "dense")
    table = step_table(step)
    timing = [ItemCycles(0.0, 10.0) if row["kind"] == UPDATE else ItemCycles(5.0, 5.0) for row in table.items]
    shown = expose_updates(timing, table, 13.0)
    updates = [entry.cycles for entry, item in zip(shown, step.items, strict=True) if isinstance(item, UpdatePass)]
    assert updates == [3.0, 10.0]
    assert [entry.cycles for entry in shown if entry.busy_cycles == 5.0] == [5.0] * 6


def test_nothing_exposed_changes_nothing() -> None:
    table = step_table(step_of(network_of(conv()), "dense"))
    timing = [ItemCycles(1.0, 1.0)] * len(table.items)
    assert expose_updates(timing, table, 0.0) == timing


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
