"""One product on the engines, tile by tile, against its naive twin on a machine whose memory takes no time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from naive_engines import NaivePass
from samples import BOARD, machines, steps

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.step_items import ProductPass, TrainingStep
from heddle.sim.engines.simulate import run_engines
from heddle.sim.step_table import step_table


@settings(max_examples=80, deadline=None)
@given(step=steps(), design=machines())
def test_products_end_when_the_recurrence_over_their_tiles_does(step: TrainingStep, design: Design) -> None:
    products_only = replace(step, items=tuple(item for item in step.items if isinstance(item, ProductPass)))
    # Scheduled for the machine's own buffers, so that reductions are cut and tiles are many.
    schedule = schedule_step(products_only, design, BOARD)
    unlimited = override(design, {"memory.unlimited": True})
    run = run_engines(schedule, step_table(schedule.step), unlimited, BOARD)
    now = 0.0
    for item, found in zip(schedule.step.items, run.items, strict=True):
        assert isinstance(item, ProductPass)
        naive = NaivePass(unlimited, now)
        for entry in schedule.of(item):
            naive.run(entry.product, entry.mapping)
        now = naive.lanes_free
        assert found["end"] == pytest.approx(now, rel=1e-9)
        assert found["compute_cycles"] == naive.busy
