"""The counts that energy is made of: times their coefficients they are the energy, part by part."""

from __future__ import annotations

import pytest
from samples import BOARD, SAT, step_of

from heddle.arch.energy import energy_coefficients
from heddle.arch.resources import resources
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.training import StepOptions
from heddle.dataflow.zoo import zoo_network
from heddle.sim.activity import COUNTED, FF_CYCLES
from heddle.sim.energy import energy_row
from heddle.sim.engines.simulate import simulate_schedule
from heddle.sim.estimate import estimate
from heddle.sim.result import StepResult

pytestmark = pytest.mark.compiled  # counts of acts, over kernels that have tests of their own

STEP = step_of(zoo_network("resnet9"), options=StepOptions(batch=2, pregenerate=False))


@pytest.fixture(scope="module")
def result() -> StepResult:
    return estimate(STEP, SAT, BOARD)


def test_every_count_is_priced_and_every_price_but_idle_watts_has_a_count() -> None:
    assert {*COUNTED.values(), "idle_w"} == set(energy_row(SAT, BOARD).dtype.names)


def test_counts_times_coefficients_and_leakage_over_time_are_the_step_s_energy(result: StepResult) -> None:
    prices = energy_row(SAT, BOARD)[0]
    coefficients = energy_coefficients()
    spent_j = sum(result.activity[name] * float(prices[act]) for name, act in COUNTED.items())
    spent_j += result.activity[FF_CYCLES] * coefficients.ff_cycle_j + coefficients.device_static_w * result.time_s
    assert spent_j == pytest.approx(result.energy_j, rel=1e-9)


def test_each_part_of_one_kind_of_act_is_its_count_times_its_coefficient(result: StepResult) -> None:
    prices = energy_row(SAT, BOARD)[0]
    for part, count in {
        "array": "macs",
        "buffers": "buffer_bytes",
        "links": "link_byte_hops",
        "dram": "dram_bytes",
    }.items():
        assert result.energy_by_part_j[part] == pytest.approx(result.activity[count] * float(prices[COUNTED[count]]))


def test_counts_are_those_of_the_step(result: StepResult) -> None:
    assert result.activity["macs"] == result.macs
    assert result.activity["dram_bytes"] == result.dram_bytes
    assert result.activity["sore_comparisons"] > 0
    assert result.activity["wuve_weights"] == sum(item.m for item in result.passes if item.engine == "update")
    assert result.activity[FF_CYCLES] == pytest.approx(float(resources(SAT, BOARD).ff) * result.cycles)


def test_the_engines_count_the_same_acts_and_only_time_differs(result: StepResult) -> None:
    engines = simulate_schedule(schedule_step(STEP, SAT, BOARD), SAT, BOARD)
    assert {name: engines.activity[name] for name in COUNTED} == {name: result.activity[name] for name in COUNTED}
    assert engines.activity[FF_CYCLES] != result.activity[FF_CYCLES]
