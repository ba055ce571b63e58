"""A point of an exploration is the estimate of its design: the same functions, so the same numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from heddle.arch.clock import clock_is_plausible
from heddle.arch.design import Design
from heddle.arch.fit import fits
from heddle.arch.resource_inputs import ResourceInputs
from heddle.arch.resource_model import resource_table
from heddle.arch.resources import resources
from heddle.dataflow.layer_sparsity import with_layer_sparsities
from heddle.dataflow.network import LinearLayer, Network
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.dse.evaluate import Evaluator
from heddle.dse.grid import Grid
from heddle.dse.points import NOT_ON_BOARD, REPEATED, SKIP_REASONS, TOO_FAST, UNMAPPABLE, Points, concatenate
from heddle.dse.request import ExploreRequest
from heddle.sim.estimate import estimate
from heddle.sim.result import StepResult

RELATIVE = 1e-9


def all_points(request: ExploreRequest, grid: Grid) -> Points:
    evaluator = Evaluator(request, grid)
    return concatenate([evaluator.block(block) for block in range(grid.blocks)])


def estimated(request: ExploreRequest, design: Design) -> StepResult:
    options = StepOptions(request.batch, request.optimizer, request.pregenerate)
    step = training_step(request.network, request.recipe, design.sparsity, options)
    return estimate(step, design, request.board)


def fate(request: ExploreRequest, grid: Grid, design: Design) -> str | None:
    """Why a design has no result, checked one by one with the functions for single designs."""
    array, space = design.array, grid.space
    if array.dataflows == ("ws",) and array.interleave != space.interleave[0]:
        return REPEATED
    table = resource_table(ResourceInputs.of(design, request.board))
    if not fits(table, design.memory.channels, request.board):
        return NOT_ON_BOARD
    if not clock_is_plausible(design.clock_hz, ResourceInputs.of(design, request.board)):
        return TOO_FAST
    return UNMAPPABLE if estimated(request, design).failures else None


def assert_point_is_estimate(points: Points, row: int, request: ExploreRequest, grid: Grid) -> None:
    design = grid.design(int(points.point[row]), request.board.name)
    result, need = estimated(request, design), resources(design, request.board)
    assert points.time_s[row] == pytest.approx(result.time_s, rel=RELATIVE)
    assert points.time_s[row] * design.clock_hz == pytest.approx(result.cycles, rel=RELATIVE)
    assert points.energy_j[row] == pytest.approx(result.energy_j, rel=RELATIVE)
    for name in ("lut", "ff", "dsp", "bram36", "uram"):
        assert getattr(points, name)[row] == getattr(need, name)


@pytest.mark.compiled
def test_every_point_is_either_evaluated_or_skipped_for_the_right_reason(request_: ExploreRequest):
    grid = Grid(request_.space)
    points = all_points(request_, grid)
    evaluated = set(points.point.tolist())
    fates = Counter[str]()
    for point in range(grid.points):
        reason = fate(request_, grid, grid.design(point, "vcu1525"))
        assert (reason is None) == (point in evaluated)
        fates[reason or "evaluated"] += 1
    assert dict(zip(SKIP_REASONS, points.skipped, strict=True)) == {name: fates[name] for name in SKIP_REASONS}
    assert all(fates[name] > 0 for name in (*SKIP_REASONS, "evaluated"))


def test_every_evaluated_point_is_the_estimate_of_its_design(request_: ExploreRequest):
    grid = Grid(request_.space)
    points = all_points(request_, grid)
    for row in range(len(points)):
        assert_point_is_estimate(points, row, request_, grid)


@pytest.mark.compiled
@pytest.mark.parametrize("recipe", ["dense", "sdgp", "bdwp-wu", "bdwp-wu-x"])
def test_points_of_other_recipes_are_estimates_too(request_: ExploreRequest, recipe: str):
    request = replace(request_, recipe=recipe_named(recipe), optimizer="adam")
    grid = Grid(request.space)
    points = all_points(request, grid)
    for row in np.random.default_rng(1).choice(len(points), 8, replace=False):
        assert_point_is_estimate(points, row, request, grid)


@pytest.mark.compiled
def test_points_are_estimates_where_sore_prunes_at_every_load(request_: ExploreRequest):
    space = request_.space.model_copy(update={"sore_lanes": (1, 16)})
    request = replace(request_, pregenerate=False, space=space)
    grid = Grid(space)
    points = all_points(request, grid)
    for row in np.random.default_rng(2).choice(len(points), 16, replace=False):
        assert_point_is_estimate(points, row, request, grid)


@pytest.mark.compiled
def test_points_are_estimates_where_layers_have_their_own_sparsity(request_: ExploreRequest):
    weighted = LinearLayer("a", 8, 32, 32), LinearLayer("b", 8, 32, 32)
    network = Network("ratios", "ratios.csv", weighted, ratios=("1:4", "4:4"))
    request = replace(request_, network=network, layer_sparsity=True)
    grid = Grid(request.space)
    points = all_points(request, grid)
    row = len(points) // 2
    design = grid.design(int(points.point[row]), request.board.name)
    loaded, own = with_layer_sparsities(network, design.sparsity)
    options = StepOptions(request.batch, layer_sparsities=own)
    step = training_step(loaded, request.recipe, design.sparsity, options)
    assert points.time_s[row] == pytest.approx(estimate(step, design, request.board).time_s, rel=RELATIVE)
    assert request.identity() != replace(request, layer_sparsity=False).identity()
    assert any(note.startswith("N:M by layer") for note in request.notes)


def test_a_repeated_point_is_the_machine_of_the_first(request_: ExploreRequest):
    grid = Grid(request_.space)
    points = [grid.design(p, "vcu1525") for p in range(grid.points)]
    ws = [design for design in points if design.array.dataflows == ("ws",)]
    by_rest: dict[object, list[Design]] = {}
    for design in ws:
        array = design.array.model_copy(update={"interleave": 1})
        by_rest.setdefault(design.model_copy(update={"name": "x", "array": array}), []).append(design)
    first, repeated = next(iter(by_rest.values()))
    assert first.array.interleave != repeated.array.interleave
    assert estimated(request_, first).cycles == estimated(request_, repeated).cycles
    assert resources(first, request_.board) == resources(repeated, request_.board)


@pytest.mark.compiled
def test_the_size_of_a_block_changes_no_point(request_: ExploreRequest):
    whole = all_points(request_, Grid(request_.space))
    cut = all_points(request_, Grid(request_.space, block_points=1))
    assert whole.skipped == cut.skipped
    for name, column in whole.columns().items():
        assert np.array_equal(column, getattr(cut, name))
