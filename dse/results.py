"""What an exploration leaves to be read: data frames, and the files of its run folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from heddle.arch.provenance import write_provenance
from heddle.arch.run_dir import atomic_file, write_atomically
from heddle.dse.grid import Grid
from heddle.dse.measured_accuracy import Accuracies
from heddle.dse.objectives import ACCURACY, OBJECTIVE_COLUMNS
from heddle.dse.points import METRICS, Points, concatenate
from heddle.dse.request import ExploreRequest, accuracies_digest

#: Most rows of the sample of all points that an exploration keeps for plots.
SAMPLE_ROWS = 20_000
_HASH_BITS = 64


@dataclass(frozen=True)
class ResultColumns:
    """What is said of evaluated points of ``grid``; ``accuracies``, where there are any, add a column."""

    grid: Grid
    accuracies: Accuracies | None = None

    def costs(self, points: Points, objectives: Iterable[str]) -> npt.NDArray[np.float64]:
        """Return what is minimised, [points, objectives]: counts below 2^53 stay exact, accuracy is negated."""
        return np.stack([self._cost(points, name) for name in objectives], axis=1)

    def frame(self, points: Points) -> pd.DataFrame:
        """Return points as a data frame: number in the grid, the design's parts, the results, the accuracy."""
        return pd.DataFrame(self.of(points))

    def of(self, points: Points) -> dict[str, npt.NDArray[np.generic]]:
        """Return the same as columns by name."""
        results = points.columns()
        design = self.grid.columns(points.point)
        columns = {"point": results["point"], **design, **{name: results[name] for name in METRICS}}
        if self.accuracies is not None:
            columns[OBJECTIVE_COLUMNS[ACCURACY]] = self._accuracy(points, self.accuracies)
        return columns

    def _cost(self, points: Points, objective: str) -> npt.NDArray[np.float64]:
        if objective == ACCURACY and self.accuracies is not None:
            return -self._accuracy(points, self.accuracies)
        values: npt.NDArray[np.float64] = getattr(points, OBJECTIVE_COLUMNS[objective]).astype(np.float64)
        return values

    def _accuracy(self, points: Points, accuracies: Accuracies) -> npt.NDArray[np.float64]:
        by_position = np.array([accuracies.percent[sparsity] for sparsity in self.grid.space.sparsities], np.float64)
        return by_position[self.grid.sparsity_positions(points.point)]


def sample_of(points: Points, grid: Grid) -> Points:
    """Return a block's share of the sample: points whose hash is low, whatever the axes' order.

    A hash, because every k-th point would see only some values of the axes.
    """
    if grid.points <= SAMPLE_ROWS:
        return points.take(np.arange(len(points)))
    # Twice the share, as about half of a space does not fit; what is too much is cut at the end.
    limit = np.uint64(min((2 * SAMPLE_ROWS << _HASH_BITS) // grid.points, (1 << _HASH_BITS) - 1))
    return points.take(_hash(points.point) < limit)


def join_samples(samples: list[Points]) -> Points:
    """Return the sample of a whole space: the lowest hashes, at most ``SAMPLE_ROWS``, in the points' order."""
    joined = concatenate(samples)
    lowest = np.argsort(_hash(joined.point), kind="stable")[:SAMPLE_ROWS]
    return joined.take(np.sort(lowest))


def _hash(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """SplitMix64 (Steele, Lea and Flood 2014): spreads consecutive numbers over 64 bits."""
    mixed = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def write_all_points(path: Path, blocks: Iterable[Points], columns: ResultColumns) -> None:
    """Write every point to a Parquet file, block by block, so that they need not be in memory together."""
    writer: pq.ParquetWriter | None = None
    with atomic_file(path) as temporary:
        try:
            for points in blocks:
                table = _arrow_table(columns.of(points))
                writer = writer or pq.ParquetWriter(temporary, table.schema)
                writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()


def _arrow_table(columns: Mapping[str, npt.NDArray[np.generic]]) -> pa.Table:
    """A table whose types do not depend on the rows: there may be none."""
    kinds = {"O": pa.string(), "f": pa.float64(), "i": pa.int64()}
    schema = pa.schema([(name, kinds[column.dtype.kind]) for name, column in columns.items()])
    return pa.table(list(columns.values()), schema=schema)


def write_front(folder: Path, front: pd.DataFrame) -> None:
    """Write the front as ``pareto.csv`` and ``pareto.parquet``."""
    write_atomically(folder / "pareto.csv", front.to_csv(index=False, lineterminator="\n").encode())
    table = _arrow_table({name: front[name].to_numpy() for name in front.columns})
    with atomic_file(folder / "pareto.parquet") as temporary:
        pq.write_table(table, temporary)


def write_run_provenance(folder: Path, request: ExploreRequest, started: datetime, seconds: float) -> None:
    """Write ``provenance.json``: version, command line, hashes of the request's parts, time."""
    accuracy = {} if request.accuracies is None else {ACCURACY: accuracies_digest(request.accuracies)}
    write_provenance(
        folder,
        inputs=request.identity() | accuracy,
        started=started,
        seconds=seconds,
    )
