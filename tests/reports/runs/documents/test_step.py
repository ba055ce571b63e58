"""The simulate document: what is said when a speed-up means nothing."""

from __future__ import annotations

import json
from dataclasses import replace

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.json_file import json_text
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.scheduler import Failure
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.zoo import zoo_network
from heddle.reports.energy_source import MODEL_SOURCE
from heddle.reports.runs.documents.step import PassEntry, speedup_over_dense, step_text
from heddle.sim.estimate import estimate
from heddle.sim.result import StepResult


def result(recipe: str) -> StepResult:
    design = load_design("tiny")
    step = training_step(zoo_network("mlp"), recipe_named(recipe), design.sparsity, StepOptions(batch=4))
    return estimate(step, design, load_board(design.board))


def test_the_speedup_is_dense_cycles_over_these() -> None:
    sparse, dense = result("bdwp"), result("dense")
    assert speedup_over_dense(sparse, dense) == dense.cycles / sparse.cycles


def test_there_is_no_speedup_where_the_two_ran_different_passes() -> None:
    sparse = replace(result("bdwp"), failures=(Failure("fc1", "ff", "too large"),))
    assert speedup_over_dense(sparse, result("dense")) is None


def test_there_is_no_speedup_of_nothing() -> None:
    nothing = replace(result("dense"), cycles=0.0, passes=())
    assert speedup_over_dense(nothing, nothing) is None


def test_notes_of_the_importer_are_kept() -> None:
    dense = result("dense")
    assert json.loads("".join(step_text(dense, dense, ("assumed this",), MODEL_SOURCE)))["notes"] == ["assumed this"]


def test_the_text_of_a_step_is_that_of_every_pass_by_itself() -> None:
    for step in (result("bdwp"), replace(result("dense"), passes=())):
        text = "".join(step_text(step, step, ("a", "b"), MODEL_SOURCE))
        passes = [PassEntry.of(item).model_dump(mode="json", by_alias=True) for item in step.passes]
        assert json_text(json.loads(text) | {"passes": passes}) == text
