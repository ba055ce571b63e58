"""Spans of a step: every instruction's time in them once, none over another, the passes from start to end."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from samples import BOARD, TINY, machines, step_of, steps

from heddle.arch.design import Design
from heddle.dataflow.scheduler import Schedule, schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.dataflow.zoo import zoo_network
from heddle.sim.engines.events import ENGINE_NAMES
from heddle.sim.engines.simulate import run_engines, simulate_schedule
from heddle.sim.spans import OUTLASTING, PASS_TRACK, TRACKS, Span, has_engine_tracks, step_spans
from heddle.sim.step_table import step_table


def mlp_schedule() -> Schedule:
    return schedule_step(step_of(zoo_network("mlp"), "bdwp", "2:4"), TINY, BOARD)


def by_track(spans: tuple[Span, ...]) -> dict[str, list[Span]]:
    tracks: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        tracks[span.track].append(span)
    return tracks


def naive_busy_cycles(schedule: Schedule, design: Design) -> dict[str, float]:
    """What each engine works, instruction by instruction."""
    run = run_engines(schedule, step_table(schedule.step), design, BOARD, event_capacity=100_000)
    assert run.dropped_events == 0
    busy, free = dict.fromkeys(ENGINE_NAMES, 0.0), dict.fromkeys(ENGINE_NAMES, 0.0)
    for event in run.events:
        name, end = ENGINE_NAMES[event["engine"]], float(event["end"])
        start = max(float(event["start"]), free[name])
        if end > start:
            busy[name] += end - start
            free[name] = end
    return busy


def test_every_engine_that_works_in_a_step_has_a_track_behind_that_of_the_passes() -> None:
    assert list(by_track(step_spans(mlp_schedule(), TINY, BOARD))) == list(TRACKS)


@settings(max_examples=25)
@given(machines(), steps())
def test_spans_on_a_track_do_not_overlap_and_stay_within_the_step(design: Design, step: TrainingStep) -> None:
    schedule = schedule_step(step, design, BOARD)
    end_s = run_engines(schedule, step_table(schedule.step), design, BOARD).end_cycles / design.clock_hz
    for spans in by_track(step_spans(schedule, design, BOARD)).values():
        assert all(0 <= span.busy_s <= span.end_s - span.start_s for span in spans)
        assert all(first.end_s <= second.start_s for first, second in pairwise(spans))
        assert spans[-1].end_s <= end_s * (1 + 1e-12)


@settings(max_examples=25)
@given(machines(), steps())
def test_the_passes_follow_one_another_from_the_start_to_the_end_of_the_step(
    design: Design, step: TrainingStep
) -> None:
    schedule = schedule_step(step, design, BOARD)
    passes = by_track(step_spans(schedule, design, BOARD))[PASS_TRACK]
    cycles = run_engines(schedule, step_table(schedule.step), design, BOARD).end_cycles
    ends_s = [0.0, *(span.end_s for span in passes)]
    assert [span.start_s for span in passes] == ends_s[:-1]
    assert ends_s[-1] * design.clock_hz == pytest.approx(cycles, rel=1e-12)


@settings(max_examples=15)
@given(machines(), steps())
def test_an_engine_is_busy_for_as_long_as_its_instructions_take(design: Design, step: TrainingStep) -> None:
    schedule = schedule_step(step, design, BOARD)
    naive, tracks = naive_busy_cycles(schedule, design), by_track(step_spans(schedule, design, BOARD))
    for name, cycles in naive.items():
        busy_s = sum(span.busy_s for span in tracks.get(name, []))
        assert busy_s * design.clock_hz == pytest.approx(cycles, rel=1e-9, abs=1e-6)


def test_the_last_pass_of_a_network_ends_when_the_step_does() -> None:
    schedule = mlp_schedule()
    passes = by_track(step_spans(schedule, TINY, BOARD))[PASS_TRACK]
    assert passes[-1].end_s == pytest.approx(simulate_schedule(schedule, TINY, BOARD).time_s, rel=1e-12)


def test_a_pass_has_one_span_on_a_track() -> None:
    names = [(span.track, span.layer, span.pass_name) for span in step_spans(mlp_schedule(), TINY, BOARD)]
    assert len(names) == len(set(names))


def test_updates_that_outlast_the_passes_have_a_name_of_their_own() -> None:
    last = by_track(step_spans(mlp_schedule(), TINY, BOARD))[PASS_TRACK][-1]
    assert (last.layer, last.pass_name) == (OUTLASTING, "update")


def test_with_more_instructions_than_there_is_room_for_only_the_passes_are_shown() -> None:
    schedule = mlp_schedule()
    whole, cut = step_spans(schedule, TINY, BOARD), step_spans(schedule, TINY, BOARD, max_events=10)
    assert has_engine_tracks(whole)
    assert not has_engine_tracks(cut)
    assert cut == tuple(span for span in whole if span.track == PASS_TRACK)


def test_a_step_without_passes_has_no_span() -> None:
    schedule = schedule_step(TrainingStep("nothing", 1, "dense", "2:8", ()), TINY, BOARD)
    assert step_spans(schedule, TINY, BOARD) == ()
