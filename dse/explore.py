"""Exploration: every point of a space evaluated, the exact Pareto front of those that fit, and how to go on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.dse.evaluate import Evaluator
from heddle.dse.grid import Grid
from heddle.dse.kernels import compile_kernels
from heddle.dse.pareto import compile_pareto, pareto_rows
from heddle.dse.parts import Parts, open_parts
from heddle.dse.points import SKIP_REASONS, Points, concatenate
from heddle.dse.request import ExploreRequest
from heddle.dse.results import (
    ResultColumns,
    join_samples,
    sample_of,
    write_all_points,
    write_front,
    write_run_provenance,
)
from heddle.dse.workers.threads import Threads
from heddle.dse.workers.work import BlocksInterruptedError, Workers

__all__ = ["Exploration", "ExploreRequest", "Interrupted", "explore"]

Progress = Callable[[int, int], None]


class Interrupted(HeddleError):  # noqa: N818 - no error of the run, and named so in the public API
    """The user stopped an exploration; the text says what is kept."""


@dataclass(frozen=True)
class Exploration:
    """What was found.

    ``points`` fit the board and were evaluated; ``skipped`` counts the others by reason. ``seconds`` are wall time
    without compilation. ``front`` has one row for each design of the Pareto front: ``point`` (its number in the
    space), the design's parts, ``time_s``, ``energy_j``, the resources and, where the request has accuracies,
    ``accuracy`` in per cent; sorted by the objectives in their order, the best first. ``sample`` has the same columns
    for at most 20,000 of all points, spread evenly, in the points' order. ``resumed_points`` of the points came from
    an earlier, interrupted run.
    """

    request: ExploreRequest
    points: int
    skipped: Mapping[str, int]
    seconds: float
    front: pd.DataFrame
    sample: pd.DataFrame
    resumed_points: int

    @property
    def points_per_second(self) -> float:
        """Points evaluated in this run over its wall time."""
        return (self.points - self.resumed_points) / self.seconds

    def design(self, row: int) -> Design:
        """Return the design of a row of the front."""
        return Grid(self.request.space).design(int(self.front["point"].iloc[row]), self.request.board.name)


@dataclass(frozen=True)
class _Summary:
    """What stays in memory of a finished block."""

    front: Points
    sample: Points
    points: int
    skipped: tuple[int, ...]
    resumed: bool


@dataclass(frozen=True)
class _Blocks:
    """Finishes blocks: takes them from the parts of an earlier run, or evaluates and stores them."""

    evaluator: Evaluator
    columns: ResultColumns
    objectives: tuple[str, ...]
    parts: Parts | None

    def finish(self, block: int) -> _Summary:
        """Return the summary of a block."""
        span = self.evaluator.grid.span_of(block)
        stored = self.parts.read(block, span) if self.parts else None
        points = self.evaluator.block(block) if stored is None else stored
        if self.parts and stored is None:
            self.parts.write(block, points)
        front = points.take(pareto_rows(self.columns.costs(points, self.objectives)))
        sample = sample_of(points, self.evaluator.grid)
        return _Summary(front, sample, len(points), points.skipped, stored is not None)


def explore(
    request: ExploreRequest,
    *,
    out: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Exploration:
    """Evaluate every point of the request's space and return the exact Pareto front.

    ``out`` is a folder for the results; finished blocks stay in its ``parts/``, so that the same call goes on
    after an interruption. ``workers`` threads share the blocks, by default one a core; their number changes no
    result. ``progress`` is told the points done and all points of the grid after each block.

    Where no point can run on the board the front is empty, and ``skipped`` says why. Raises HeddleError when
    ``out`` cannot be used or holds another request's parts, and Interrupted, a HeddleError, after Ctrl-C.

    >>> space = heddle.load_space("small")
    >>> request = heddle.ExploreRequest(network, 4, heddle.recipe_named("bdwp"), board, space)
    >>> found = heddle.explore(request)
    >>> found.design(0).array.rows in space.rows
    True
    """
    grid = Grid(request.space)
    parts = open_parts(out, request.identity()) if out else None
    columns = ResultColumns(grid, request.accuracies)
    blocks = _Blocks(Evaluator(request, grid), columns, request.objectives, parts)
    compile_kernels()
    compile_pareto()
    started, start_s = datetime.now(UTC), time.perf_counter()
    summaries = _finish_all(blocks, grid, Threads(_checked_workers(workers)), progress)
    front = _joined_front(summaries, request.objectives, columns)
    if parts:
        spans = map(grid.span_of, range(grid.blocks))
        write_all_points(parts.folder / "results.parquet", parts.read_all(spans), columns)
        write_front(parts.folder, front)
    exploration = Exploration(
        request=request,
        points=sum(summary.points for summary in summaries),
        skipped=_total_skipped(summaries),
        seconds=time.perf_counter() - start_s,
        front=front,
        sample=columns.frame(join_samples([summary.sample for summary in summaries])),
        resumed_points=sum(summary.points for summary in summaries if summary.resumed),
    )
    if parts:
        write_run_provenance(parts.folder, request, started, exploration.seconds)
    return exploration


def _checked_workers(workers: int | None) -> int:
    if workers is None:
        return os.cpu_count() or 1
    if workers < 1:
        raise HeddleError(f"workers: must be at least 1, got {workers}")
    return workers


def _finish_all(blocks: _Blocks, grid: Grid, workers: Workers, progress: Progress | None) -> list[_Summary]:
    """Return the summaries of all blocks in their order, whoever finished them when."""
    done_points = 0

    def tell(block: int) -> None:
        nonlocal done_points
        done_points += grid.points_of(block)
        if progress:
            progress(done_points, grid.points)

    try:
        return workers.finish_all(blocks.finish, grid.blocks, tell)
    except BlocksInterruptedError as interrupted:
        raise _interrupted(interrupted.finished, grid.blocks, blocks.parts) from None


def _interrupted(finished: int, blocks: int, parts: Parts | None) -> Interrupted:
    kept = (
        f"the finished ones are kept in {parts.folder}: run again with the same folder to go on"
        if parts
        else "nothing is kept, as no folder for results was given"
    )
    return Interrupted(f"interrupted after {finished} of {blocks} blocks; {kept}")


def _total_skipped(summaries: list[_Summary]) -> dict[str, int]:
    counts = zip(*(summary.skipped for summary in summaries), strict=True)
    return {reason: sum(count) for reason, count in zip(SKIP_REASONS, counts, strict=True)}


def _joined_front(summaries: list[_Summary], objectives: tuple[str, ...], columns: ResultColumns) -> pd.DataFrame:
    """Return the front of the blocks' fronts, sorted by the objectives, then by the points' order."""
    candidates = concatenate([summary.front for summary in summaries])
    values = columns.costs(candidates, objectives)
    rows = pareto_rows(values)
    order = np.lexsort((candidates.point[rows], *values[rows].T[::-1]))
    return columns.frame(candidates.take(rows[order]))
