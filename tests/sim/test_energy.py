"""Energy: what each part's joules are counted from."""

from __future__ import annotations

from itertools import combinations

import pytest
from samples import BOARD, SAT, single_product, step_of

from heddle.arch.design_io import override
from heddle.arch.energy import energy_coefficients
from heddle.arch.resources import resources
from heddle.dataflow.mapping_energy import comparisons, idle_watts
from heddle.dataflow.training import StepOptions
from heddle.dataflow.zoo import zoo_network
from heddle.sim.energy import energy_row
from heddle.sim.estimate import estimate


@pytest.mark.compiled
def test_the_array_spends_a_macs_energy_on_each_mac_executed() -> None:
    for sparsity in ("8:8", "2:8"):
        result = estimate(step_of(zoo_network("resnet9"), sparsity=sparsity), SAT, BOARD)
        assert result.energy_by_part_j["array"] == pytest.approx(result.macs * energy_coefficients().mac_j)


def test_dram_spends_its_energy_on_each_byte_moved() -> None:
    result = estimate(step_of(zoo_network("resnet9")), SAT, BOARD)
    assert result.energy_by_part_j["dram"] == pytest.approx(result.dram_bytes * energy_coefficients().dram_byte_j)


def test_the_idle_share_is_watts_times_the_time_of_the_step() -> None:
    result = estimate(step_of(zoo_network("resnet9")), SAT, BOARD)
    watts = float(energy_row(SAT, BOARD)[0]["idle_w"])
    assert result.energy_by_part_j["idle"] == pytest.approx(watts * result.time_s)


def test_idle_watts_are_leakage_card_and_the_clock_of_every_flip_flop() -> None:
    coefficients = energy_coefficients()
    still = coefficients.device_static_w
    assert idle_watts(0, 200e6) == pytest.approx(still)
    assert idle_watts(1e5, 200e6) - still == pytest.approx(coefficients.ff_cycle_j * 1e5 * 200e6)
    assert energy_row(SAT, BOARD)[0]["idle_w"] == pytest.approx(idle_watts(float(resources(SAT, BOARD).ff), 200e6))


def test_operands_travel_over_the_array_and_results_through_the_output_buffer() -> None:
    # One OS tile, interleaved over columns alone: each left element is read once, each weight once.
    design = override(SAT, {"array.interleave_axes": "cols", "memory.unlimited": True})
    m, k, n = 32, 128, 256
    result = estimate(single_product(m, k, n), design, BOARD, "os")
    coefficients = energy_coefficients()
    hops = 2 * m * k * 32 + 2 * k * n * 32
    assert result.energy_by_part_j["links"] == pytest.approx(hops * coefficients.link_byte_hop_j)
    touched = 2 * m * k + 2 * k * n + 4 * m * n + result.dram_bytes
    assert result.energy_by_part_j["buffers"] == pytest.approx(touched * coefficients.bram_byte_j)


@pytest.mark.compiled
def test_pruning_saves_energy_in_the_array_and_on_the_way_to_it() -> None:
    dense, sparse = (
        estimate(step_of(zoo_network("resnet18"), recipe, "2:8", StepOptions(batch=16)), SAT, BOARD)
        for recipe in ("dense", "bdwp")
    )
    assert sparse.energy_by_part_j["array"] < 0.6 * dense.energy_by_part_j["array"]
    assert sparse.energy_j < dense.energy_j


def test_pruning_compares_each_pair_of_a_group_once() -> None:
    for group_m in (2, 8, 32):
        pairs = list(combinations(range(group_m), 2))
        assert comparisons(3 * group_m, group_m) == 3 * len(pairs)


@pytest.mark.compiled
def test_sore_spends_energy_only_where_something_is_pruned() -> None:
    def spent(pregenerate: bool) -> tuple[float, float]:
        options = StepOptions(batch=1, pregenerate=pregenerate)
        parts = estimate(step_of(zoo_network("resnet9"), options=options), SAT, BOARD).energy_by_part_j
        return parts["sore"], parts["wuve"]

    ahead, on_load = spent(True), spent(False)
    assert ahead[0] == 0
    assert on_load[0] > 0
    assert ahead[1] > on_load[1]
