"""What must hold of any run of the engines, whatever the network, the recipe and the machine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, SAT, TINY, conv, machines, network_of, single_product, step_of, steps

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.arch.dram import DDR4_2400
from heddle.arch.machine_timing import PREPARE_CYCLES, TOKEN_CYCLES, first_word_cycles, group_turn_cycles
from heddle.arch.timing import DISPATCH_CYCLES, os_issue_cycles, os_tail_cycles
from heddle.dataflow.network import LinearLayer
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.dataflow.training import StepOptions
from heddle.dataflow.zoo import zoo_network
from heddle.sim.engines.events import ENGINE_NAMES
from heddle.sim.engines.simulate import EngineRun, run_engines, simulate
from heddle.sim.estimate import estimate
from heddle.sim.result import StepResult
from heddle.sim.step_table import step_table

Simulate = Callable[[TrainingStep, Design, Board], StepResult]


def run_with_events(step: TrainingStep, design: Design, capacity: int) -> EngineRun:
    schedule = schedule_step(step, design, BOARD)
    return run_engines(schedule, step_table(schedule.step), design, BOARD, capacity)


@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines())
def test_stalls_and_computation_make_up_every_array_pass(step: TrainingStep, design: Design) -> None:
    for entry in simulate(step, design, BOARD).passes:
        if entry.on_array:
            stalled = sum(entry.stall_cycles.values())
            assert entry.compute_cycles + stalled == pytest.approx(entry.cycles, rel=1e-9, abs=1e-6)
            assert all(cycles >= -1e-9 for cycles in entry.stall_cycles.values())
        else:
            assert entry.stall_cycles == {}


@pytest.mark.compiled
@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines())
def test_no_step_is_faster_than_its_computation_or_its_bytes(step: TrainingStep, design: Design) -> None:
    result = simulate(step, design, BOARD)
    channel_bytes_per_s = min(DDR4_2400.peak_bytes_per_s, design.memory.axi_bits / 8 * design.clock_hz)
    dram_s = result.dram_bytes / (design.memory.channels * channel_bytes_per_s)
    assert result.time_s >= dram_s * (1 - 1e-9)
    assert result.cycles >= result.compute_cycles * (1 - 1e-9)


@pytest.mark.compiled
@settings(max_examples=30, deadline=None)
@given(step=steps(), design=machines())
def test_the_same_input_gives_the_same_result(step: TrainingStep, design: Design) -> None:
    assert simulate(step, design, BOARD) == simulate(step, design, BOARD)


@settings(max_examples=40, deadline=None)
@given(step=steps(), design=machines())
def test_each_engine_does_one_thing_at_a_time(step: TrainingStep, design: Design) -> None:
    run = run_with_events(step, design, 4096)
    computing = run.events[run.events["engine"] == ENGINE_NAMES.index("compute")]
    assert (computing["end"] >= computing["start"]).all()
    assert (computing["start"][1:] >= computing["end"][:-1] - 1e-9).all()
    assert (run.events["end"] <= run.end_cycles + 1e-6).all()


@pytest.mark.compiled
def test_events_are_kept_up_to_the_capacity_and_the_rest_is_counted() -> None:
    step = step_of(zoo_network("mlp"))
    whole, cut = run_with_events(step, TINY, 100_000), run_with_events(step, TINY, 10)
    assert whole.dropped_events == 0
    assert len(cut.events) == 10
    assert cut.dropped_events == len(whole.events) - 10
    assert np.array_equal(cut.events, whole.events[:10])


def test_a_product_of_one_tile_loads_computes_drains_and_stores() -> None:
    # Unlimited memory leaves the machine's own time: preparation, the first left word, dispatch, issue and tail.
    design = override(TINY, {"memory.unlimited": True, "lanes.vector": 4096})
    array = design.array
    result = simulate(single_product(8, 50, 8), design, BOARD, "os")
    issue = os_issue_cycles(50, array.interleave, array.adder_stages)
    tail = os_tail_cycles(array.rows, array.cols, 0, array.interleave, array.adder_stages, array.multiplier_stages, 1)
    assert result.passes[0].compute_cycles == DISPATCH_CYCLES + issue
    # A group a read: the first chunk takes a read for each row of the array and each output along rows.
    (row,) = schedule_step(single_product(8, 50, 8), design, BOARD, "os").rows
    reads = array.rows * row.entry.mapping.interleave_rows
    first_word = first_word_cycles(reads, False, design.sparsity.m, group_turn_cycles(1))
    began = TOKEN_CYCLES + PREPARE_CYCLES + first_word
    assert result.cycles == pytest.approx(began + issue + tail, abs=1)


@pytest.mark.compiled
def test_a_machine_that_starves_waits_for_its_operands() -> None:
    starved = override(SAT, {"memory.channels": 1, "memory.axi_bits": 64})
    step = step_of(network_of(LinearLayer("l", rows=512, in_features=4096, out_features=4096)))
    (entry,) = [entry for entry in simulate(step, starved, BOARD).passes if entry.pass_name == "ff"]
    waiting = entry.stall_cycles["load_left"] + entry.stall_cycles["load_right"]
    assert waiting > 0.5 * entry.cycles


def test_without_pregeneration_a_layer_that_sore_bounds_is_slower() -> None:
    few_lanes = override(SAT, {"lanes.sore": 1})
    network = network_of(LinearLayer("l", rows=64, in_features=2048, out_features=2048))

    def forward_cycles(pregenerate: bool) -> float:
        options = StepOptions(batch=1, pregenerate=pregenerate, passes=("ff",))
        return simulate(step_of(network, options=options), few_lanes, BOARD).cycles

    assert forward_cycles(False) > 1.5 * forward_cycles(True)


def test_updates_of_a_small_batch_outlast_the_step() -> None:
    result = simulate(step_of(zoo_network("mlp"), options=StepOptions(batch=1)), SAT, BOARD)
    exposed = sum(entry.cycles for entry in result.passes if entry.engine == "update")
    assert exposed > 0.2 * result.cycles


@settings(max_examples=30, deadline=None)
@given(step=steps(), design=machines(), level=st.sampled_from((estimate, simulate)))
def test_a_pass_that_cannot_be_mapped_is_left_out_and_named(
    step: TrainingStep, design: Design, level: Simulate
) -> None:
    result = level(step, design, BOARD)
    assert len(result.passes) + len(result.failures) == len(step.items)


def test_a_step_of_nothing_takes_no_time() -> None:
    nothing = step_of(network_of(conv(channels=(8, 8), input_gradient=False)), options=StepOptions(1, passes=("bp",)))
    for level in (estimate, simulate):
        result = level(nothing, TINY, BOARD)
        assert (result.cycles, result.dram_bytes, result.utilisation) == (0, 0, 0)
