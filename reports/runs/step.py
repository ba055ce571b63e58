"""The training step and the Pareto front of a page, made again from what a run folder keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from heddle.arch.design import Design
from heddle.arch.design_io import to_toml
from heddle.arch.errors import HeddleError
from heddle.arch.interruptible import interruptible
from heddle.dataflow.work import StepWork
from heddle.dse.grid import Grid
from heddle.dse.objectives import OBJECTIVE_COLUMNS
from heddle.dse.points import METRICS
from heddle.reports.review.content import FrontPart, StepPart
from heddle.reports.runs.documents.exploration import ExplorationFacts, SavedExploration
from heddle.reports.runs.folder import Place, rerun_command, work_of
from heddle.reports.runs.work_file import WorkFile
from heddle.sim.spans import step_spans
from heddle.sim.step_run import run_step

if TYPE_CHECKING:
    import pandas as pd

FRONT_NAME = "pareto.parquet"


@dataclass(frozen=True)
class SavedFront:
    """A front as it was found: a row a design (at least one), and what it was found for."""

    work: WorkFile
    exploration: SavedExploration
    front: pd.DataFrame

    def design(self, row: int) -> Design:
        """Return the design of a row."""
        return Grid(self.exploration.space).design(int(self.front["point"].iloc[row]), self.work.board.name)

    def checked_row(self, pick: int | None) -> int:
        """Return the row that ``--pick`` names, 0 without one; raises HeddleError for one that is not there."""
        row = 0 if pick is None else pick
        if not 0 <= row < len(self.front):
            raise HeddleError(f"--pick: {row} is out of range (valid: 0 to {len(self.front) - 1}, rows of the front)")
        return row

    def part(self, picked: int) -> FrontPart:
        """Return the front as the page shows it."""
        toml = tuple(to_toml(self.design(row)) for row in range(len(self.front)))
        work = self.work
        facts = ExplorationFacts.of_saved(
            self.exploration, workload=work.network_name, batch=work.batch, recipe=work.recipe, board=work.board.name
        )
        return FrontPart(facts, self.front, toml, picked)


def read_front(place: Place) -> SavedFront:
    """Return the front of an exploration's folder.

    Raises HeddleError where the exploration has not ended or found nothing, and for a damaged file.
    """
    path = place.folder / FRONT_NAME
    if not path.exists():
        raise HeddleError(f"{path}: no such file: the exploration has not ended; go on with: {rerun_command(place)}")
    work = work_of(place)
    if work.exploration is None:
        raise HeddleError(f"{place.folder}: its work.json is not of 'heddle explore'")
    front = _read_frame(path)
    _check_front(path, front, work.exploration)
    return SavedFront(work, work.exploration, front)


def step_part(work: StepWork) -> StepPart:
    """Return ``work`` as the page shows it: simulated by the engines, with its timeline."""
    run = run_step(work, "engines")
    spans = interruptible(lambda: step_spans(run.schedule, work.design, work.board))
    return StepPart(run.result, run.other_dense, run.schedule, spans)


def _read_frame(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, partitioning=None).to_pandas()
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise HeddleError(f"{path}: is no whole Parquet file: {reason}") from None


def _check_front(path: Path, front: pd.DataFrame, found: SavedExploration) -> None:
    """Refuse a front that is not one of the exploration: its designs must be those that their numbers stand for."""
    grid = Grid(found.space)
    costs = dict.fromkeys((*METRICS, *(OBJECTIVE_COLUMNS.get(name, name) for name in found.objectives)))
    if not {"point", *costs} <= set(front.columns):
        missing = sorted({"point", *costs} - set(front.columns))
        raise HeddleError(f"{path}: lacks the column {missing[0]!r}; it is no front of this exploration")
    if not len(front):
        raise HeddleError(f"{path}: is empty, as no design of the space was feasible")
    points = front["point"].to_numpy()
    if points.dtype.kind != "i" or points.min() < 0 or points.max() >= grid.points:
        raise HeddleError(f"{path}: names points that are not of the space {found.space.name!r}")
    for name, column in grid.columns(points).items():
        if name not in front.columns or not np.array_equal(column, front[name].to_numpy()):
            raise HeddleError(f"{path}: its column {name!r} is not that of its points; it is damaged")
    _check_finite(path, front, tuple(costs))


def _check_finite(path: Path, front: pd.DataFrame, costs: Sequence[str]) -> None:
    for name in costs:
        values = front[name].to_numpy()
        if values.dtype.kind not in "if" or not np.isfinite(values).all():
            raise HeddleError(f"{path}: its column {name!r} holds what is no number; it is damaged")
