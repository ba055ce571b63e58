"""The trace of a run: what Perfetto gets is the engines' own times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samples import BOARD, TINY, step_of

from heddle.arch.errors import HeddleError
from heddle.dataflow.scheduler import Schedule, schedule_step
from heddle.dataflow.zoo import zoo_network
from heddle.sim.engines.events import ENGINE_NAMES
from heddle.sim.engines.simulate import simulate_schedule
from heddle.sim.timeline import write_trace


def mlp_schedule() -> Schedule:
    return schedule_step(step_of(zoo_network("mlp"), "bdwp", "2:4"), TINY, BOARD)


def slices(path: Path) -> list[dict[str, Any]]:
    return [event for event in json.loads(path.read_text())["traceEvents"] if event["ph"] == "X"]


def test_every_pass_and_every_instruction_is_a_slice_within_the_step(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    schedule = mlp_schedule()
    assert write_trace(path, schedule, TINY, BOARD) == 0
    end_us = simulate_schedule(schedule, TINY, BOARD).time_s * 1e6
    found = slices(path)
    assert {event["tid"] for event in found} <= set(range(1 + len(ENGINE_NAMES)))
    assert all(event["ts"] >= 0 and event["ts"] + event["dur"] <= end_us + 1e-3 for event in found)


def test_passes_follow_one_another_without_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    write_trace(path, mlp_schedule(), TINY, BOARD)
    at = 0.0
    for event in slices(path):
        if event["tid"] == 0:
            assert event["ts"] == pytest.approx(at, abs=1e-3)
            at = event["ts"] + event["dur"]


def test_instructions_beyond_the_limit_are_counted_and_said_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    left_out = write_trace(path, mlp_schedule(), TINY, BOARD, max_events=10)
    assert left_out > 0
    assert json.loads(path.read_text())["otherData"]["instructions_left_out"] == left_out
    assert sum(event["tid"] > 0 for event in slices(path)) == 10


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    for path in paths:
        write_trace(path, mlp_schedule(), TINY, BOARD)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_path_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HeddleError) as refused:
        write_trace(tmp_path / "missing" / "trace.json", mlp_schedule(), TINY, BOARD)
    assert "\n" not in str(refused.value)
    assert "missing" in str(refused.value)
