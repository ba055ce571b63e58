"""Steps run without their transfers give what they give with them, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, SAT, SMALL, TINY, machines, network_of, single_product, step_of, steps

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.dataflow.kernel_rows import product_rows
from heddle.dataflow.network import LinearLayer, MatmulLayer
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.dataflow.training import StepOptions
from heddle.sim.engines.array_pass import run_product
from heddle.sim.engines.pipe import begin_pass
from heddle.sim.engines.product_state import Job, engines_of, product_state
from heddle.sim.engines.simulate import run_engines
from heddle.sim.stalls import STALL_CAUSES
from heddle.sim.step_table import step_table

#: A log with room for every event makes every transfer: events have the times of all of them.
ALL_EVENTS = 400_000


def assert_same_with_every_transfer(step: TrainingStep, design: Design) -> None:
    schedule = schedule_step(step, design, BOARD)
    table = step_table(schedule.step)
    quick = run_engines(schedule, table, design, BOARD)
    whole = run_engines(schedule, table, design, BOARD, ALL_EVENTS)
    assert whole.dropped_events == 0
    assert quick.dropped_events == len(whole.events)
    assert np.array_equal(quick.items, whole.items)
    assert quick.end_cycles == whole.end_cycles


@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines())
def test_small_steps_are_the_same_with_every_transfer(step: TrainingStep, design: Design) -> None:
    assert_same_with_every_transfer(step, design)


@st.composite
def many_tiles(draw: st.DrawFn) -> tuple[TrainingStep, Design]:
    """Products of many tiles, updates between them, on machines whose memory is anything from ample to starved."""
    size = st.sampled_from((30, 64, 100, 256, 500))
    layers = (
        LinearLayer("a", rows=draw(size), in_features=draw(size), out_features=draw(size)),
        LinearLayer("b", rows=draw(size), in_features=draw(size), out_features=draw(size)),
        MatmulLayer("c", draw(size), 64, 32, draw(st.sampled_from((1, 6)))),
    )
    kib = st.sampled_from((4096, 9000, 16384, 65536))
    changes = {
        "clock_hz": draw(st.sampled_from((200e6, 233e6, 312.5e6))),
        "memory.channels": draw(st.sampled_from((1, 2, 3, 4))),
        "memory.axi_bits": draw(st.sampled_from((64, 512))),
        "memory.unlimited": draw(st.sampled_from((False, False, False, True))),
        "lanes.vector": draw(st.sampled_from((3, 16, 64))),
        "lanes.sore": draw(st.sampled_from((1, 8))),
        "buffers.activation_bytes": draw(kib),
        "buffers.weight_bytes": draw(kib),
        "buffers.output_bytes": draw(kib),
    }
    options = StepOptions(batch=draw(st.integers(1, 2)), pregenerate=draw(st.booleans()))
    recipe = draw(st.sampled_from(("dense", "bdwp", "bdwp-wu", "sr-ste")))
    design = override(draw(st.sampled_from((TINY, SMALL))), changes)
    return step_of(network_of(*layers), recipe, options=options), design


@pytest.mark.compiled
@settings(max_examples=60, deadline=None)
@given(case=many_tiles())
def test_steps_of_many_tiles_are_the_same_with_every_transfer(case: tuple[TrainingStep, Design]) -> None:
    assert_same_with_every_transfer(*case)


@pytest.mark.parametrize("sizes", [(256, 2048, 64), (512, 64, 512)])
def test_a_product_that_the_array_bounds_makes_few_transfers(sizes: tuple[int, int, int]) -> None:
    design = override(SMALL, {"buffers.activation_bytes": 8192, "buffers.weight_bytes": 8192})
    (entry,) = schedule_step(single_product(*sizes), design, BOARD).by_product.values()
    row, turns = product_rows([entry.product])[0], []
    for capacity in (0, ALL_EVENTS):
        engines = engines_of(design, BOARD, event_capacity=capacity)
        state = product_state()
        begin_pass(state.pipe, state.halves, 0.0)
        run_product(engines, Job(row, entry.row, np.zeros(len(STALL_CAUSES)), 0), state)
        turns.append(int(engines.dram.channel["turnarounds"]))
    assert turns[0] < turns[1] / 2


@pytest.mark.compiled
def test_updates_behind_a_product_have_all_its_transfers_beside_them() -> None:
    layers = [LinearLayer(f"l{i}", rows=256, in_features=1024, out_features=512) for i in range(3)]
    assert_same_with_every_transfer(step_of(network_of(*layers), "dense"), override(SAT, {"memory.axi_bits": 64}))
