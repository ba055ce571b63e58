"""Both levels of the simulator on the same schedule: what must be equal, what must be close, what must add up."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from samples import BOARD, IDEAL, SAT, SMALL, TINY, machines, single_product, step_of, steps

from heddle.arch.design import Design
from heddle.arch.timing import DISPATCH_CYCLES
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.dataflow.training import StepOptions
from heddle.dataflow.zoo import zoo_names, zoo_network
from heddle.sim.engines.simulate import simulate, simulate_schedule
from heddle.sim.estimate import estimate, estimate_schedule
from heddle.sim.result import StepResult

LEVELS = {"estimate": estimate, "engines": simulate}


def both_levels(step: TrainingStep, design: Design) -> tuple[StepResult, StepResult]:
    schedule = schedule_step(step, design, BOARD)
    return estimate_schedule(schedule, design, BOARD), simulate_schedule(schedule, design, BOARD)


def zoo_levels(design: Design, network: str, recipe: str, sparsity: str) -> tuple[StepResult, StepResult]:
    return both_levels(step_of(zoo_network(network), recipe, sparsity, StepOptions(batch=16)), design)


@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines())
def test_macs_and_dram_bytes_are_equal_at_both_levels(step: TrainingStep, design: Design) -> None:
    closed, run = both_levels(step, design)
    assert [(p.layer, p.pass_name, p.macs, p.dense_macs, p.dram_bytes) for p in closed.passes] == [
        (p.layer, p.pass_name, p.macs, p.dense_macs, p.dram_bytes) for p in run.passes
    ]


@pytest.mark.compiled
@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines())
def test_passes_add_up_to_the_step_and_nothing_exceeds_the_array(step: TrainingStep, design: Design) -> None:
    for result in both_levels(step, design):
        assert sum(entry.cycles for entry in result.passes) == pytest.approx(result.cycles)
        assert 0 <= result.utilisation <= 1
        assert all(0 <= entry.utilisation <= 1 for entry in result.passes)
        assert all(entry.cycles >= 0 and entry.busy_cycles >= 0 for entry in result.passes)


@pytest.mark.compiled
@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines())
def test_energy_is_the_sum_of_its_parts_and_of_its_passes(step: TrainingStep, design: Design) -> None:
    for result in both_levels(step, design):
        assert all(joules >= 0 for joules in result.energy_by_part_j.values())
        assert result.energy_j == pytest.approx(sum(result.energy_by_part_j.values()))
        assert result.energy_j == pytest.approx(sum(entry.energy_j for entry in result.passes))


@pytest.mark.compiled
@settings(max_examples=40, deadline=None)
@given(step=steps(), design=machines())
def test_only_the_energy_that_flows_with_time_differs_between_the_levels(step: TrainingStep, design: Design) -> None:
    closed, run = (dict(result.energy_by_part_j) for result in both_levels(step, design))
    for parts in (closed, run):
        parts.pop("idle", None)
    assert closed == pytest.approx(run)


@pytest.mark.compiled
@pytest.mark.parametrize("network", zoo_names())
def test_the_estimate_is_within_five_percent_of_the_engines_on_every_network(network: str) -> None:
    closed, run = zoo_levels(SAT, network, "bdwp", "2:8")
    assert closed.cycles == pytest.approx(run.cycles, rel=0.05)


@pytest.mark.compiled
@pytest.mark.parametrize(("recipe", "sparsity"), [("dense", "2:8"), ("bdwp", "2:4"), ("bdwp-wu", "2:8")])
@pytest.mark.parametrize("design", [SAT, SMALL, TINY], ids=lambda design: design.name)
@pytest.mark.parametrize("network", ["mlp", "resnet9"])
def test_the_estimate_is_within_five_percent_of_the_engines_on_every_machine(
    network: str, design: Design, recipe: str, sparsity: str
) -> None:
    closed, run = zoo_levels(design, network, recipe, sparsity)
    assert closed.cycles == pytest.approx(run.cycles, rel=0.05)


# The textbook's compute cycles of an M x K by K x N product on R x C, as SCALE-Sim counts them.
def textbook_os(m: int, k: int, n: int, rows: int, cols: int) -> int:
    return -(-m // rows) * -(-n // cols) * (k + rows + cols - 2) - 1


def textbook_ws(m: int, k: int, n: int, rows: int, cols: int) -> int:
    return -(-k // rows) * -(-n // cols) * (m + 2 * rows + cols - 2) - 1


TEXTBOOK = {"os": textbook_os, "ws": textbook_ws}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dataflow", ["os", "ws"])
@settings(max_examples=30, deadline=None)
@given(m=st.integers(33, 2000), k=st.integers(33, 2000), n=st.integers(33, 2000))
@example(m=33, k=33, n=33)
@example(m=2000, k=33, n=33)
@example(m=33, k=33, n=2000)
@example(m=676, k=1152, n=128)
def test_the_ideal_machine_takes_the_textbooks_cycles(level: str, dataflow: str, m: int, k: int, n: int) -> None:
    result = LEVELS[level](single_product(m, k, n), IDEAL, BOARD, dataflow)  # type: ignore[arg-type]
    expected = TEXTBOOK[dataflow](m, k, n, 32, 32)
    # The published counts name the last cycle, counted from 0; the clock that takes the instruction is not in them.
    assert result.compute_cycles == expected + 1 + DISPATCH_CYCLES
    assert result.cycles == pytest.approx(expected, rel=0.01)
