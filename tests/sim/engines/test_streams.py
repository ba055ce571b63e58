"""Streams: vector passes in the foreground, updates in what DRAM time the others leave."""

from __future__ import annotations

import numpy as np
import pytest
from samples import BOARD, SAT, network_of, step_of

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.dataflow.network import LinearLayer, Network, VectorLayer
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.training import StepOptions
from heddle.sim.engines.events import ENGINE_NAMES
from heddle.sim.engines.simulate import EngineRun, run_engines, simulate
from heddle.sim.estimate import estimate
from heddle.sim.step_table import step_table

UPDATE_EVENT = ENGINE_NAMES.index("update")


def run_of(network: Network, design: Design, options: StepOptions) -> EngineRun:
    schedule = schedule_step(step_of(network, "dense", options=options), design, BOARD)
    return run_engines(schedule, step_table(schedule.step), design, BOARD, 10_000)


@pytest.mark.parametrize("op", ["batchnorm", "residual", "pool", "softmax", "activation"])
@pytest.mark.parametrize("elements", [1000, 100_000, 5_000_000])
def test_a_stream_takes_what_its_slowest_part_does(op: str, elements: int) -> None:
    step = step_of(network_of(VectorLayer("v", op, elements, elements)))  # type: ignore[arg-type]
    closed, run = (level(step, SAT, BOARD) for level in (estimate, simulate))
    assert run.dram_bytes == closed.dram_bytes
    # Filling and emptying the window of chunks costs a few chunks' time, which a short stream shows.
    chunk_cycles = 3 * (65536 / 4 / 51.2 + 65536 / 2 / SAT.lanes.vector)
    assert run.cycles == pytest.approx(closed.cycles, rel=0.05, abs=chunk_cycles)


def test_a_stream_without_enough_lanes_takes_its_lanes_time() -> None:
    design = override(SAT, {"lanes.vector": 1})
    step = step_of(network_of(VectorLayer("v", "batchnorm", 500_000, 500_000)), options=StepOptions(1, passes=("ff",)))
    assert simulate(step, design, BOARD).cycles == pytest.approx(500_000, rel=0.1)


def test_updates_run_in_the_order_of_the_program() -> None:
    layers = [LinearLayer(f"l{i}", rows=4, in_features=256, out_features=256) for i in range(4)]
    run = run_of(network_of(*layers), SAT, StepOptions(batch=1))
    updates = run.events[run.events["engine"] == UPDATE_EVENT]
    assert len(updates) == 4
    assert (np.diff(updates["item"]) > 0).all()
    assert (np.diff(updates["end"]) >= 0).all()


def test_an_update_does_not_begin_before_its_weight_gradient_is_there() -> None:
    layers = [LinearLayer(f"l{i}", rows=64, in_features=256, out_features=256) for i in range(3)]
    run = run_of(network_of(*layers), SAT, StepOptions(batch=1))
    ends = run.items["end"]
    for update in run.events[run.events["engine"] == UPDATE_EVENT]:
        assert update["start"] >= ends[update["item"] - 1]


def test_updates_behind_busy_arrays_add_little() -> None:
    network = network_of(*[LinearLayer(f"l{i}", rows=4096, in_features=512, out_features=512) for i in range(4)])
    without, with_updates = (
        simulate(step_of(network, "dense", options=StepOptions(1, passes=passes)), SAT, BOARD).cycles
        for passes in (("ff", "bp", "wu"), ("ff", "bp", "wu", "update"))
    )
    alone = simulate(step_of(network, "dense", options=StepOptions(1, passes=("update",))), SAT, BOARD).cycles
    assert without <= with_updates
    assert with_updates - without < 0.5 * alone
