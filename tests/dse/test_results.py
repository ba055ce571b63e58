"""What an exploration leaves: frames, samples and files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heddle.dse.grid import Grid
from heddle.dse.measured_accuracy import Accuracies
from heddle.dse.points import COLUMNS, METRICS, Points, concatenate
from heddle.dse.results import SAMPLE_ROWS, ResultColumns, join_samples, sample_of, write_all_points, write_front
from heddle.dse.space import Space, default_space, load_space


def numbered(numbers: np.ndarray) -> Points:
    return Points((0, 0, 0, 0), numbers, numbers / 2, *(numbers for _ in COLUMNS[2:]))


@pytest.fixture
def grid() -> Grid:
    return Grid(load_space("small"))


def test_a_frame_has_the_number_the_design_and_the_results(grid: Grid):
    table = ResultColumns(grid).frame(numbered(np.array([5, 700])))
    assert list(table.columns) == ["point", *grid.columns(np.array([0])), *METRICS]
    assert table["point"].tolist() == [5, 700]
    assert table["time_s"].tolist() == [2.5, 350.0]
    assert table["rows"].tolist() == [8, 16]


def test_objectives_are_taken_in_their_order(grid: Grid):
    values = ResultColumns(grid).costs(numbered(np.array([4, 6])), ("uram", "time"))
    assert values.tolist() == [[4.0, 2.0], [6.0, 3.0]]


def test_accuracy_is_the_last_column_and_its_cost_is_its_negative(space: Space, accuracies: Accuracies):
    columns, points = ResultColumns(Grid(space), accuracies), numbered(np.array([0, Grid(space).points - 1]))
    table = columns.frame(points)
    assert list(table.columns)[-1] == "accuracy"
    assert table["n"].tolist() == [1, 2]
    assert table["accuracy"].tolist() == [94.5, 95.25]
    assert columns.costs(points, ("accuracy", "time"))[:, 0].tolist() == [-94.5, -95.25]


def test_the_sample_of_a_small_space_is_all_of_it(grid: Grid):
    points = numbered(np.arange(grid.points))
    assert join_samples([sample_of(points, grid)]).point.tolist() == points.point.tolist()


def test_the_sample_of_a_large_space_is_thin_even_and_in_order():
    grid = Grid(default_space())
    points = numbered(np.arange(grid.points))
    sample = join_samples([sample_of(points, grid)])
    assert len(sample) == SAMPLE_ROWS
    assert np.all(np.diff(sample.point) > 0)
    for name, column in grid.columns(sample.point).items():
        counts = pd.Series(column).value_counts()
        assert counts.min() > 0.85 * counts.max(), name


def test_the_sample_does_not_depend_on_how_points_are_cut_into_blocks():
    grid = Grid(default_space())
    points = numbered(np.arange(0, grid.points, 7))
    halves = [points.take(np.arange(0, 400_000)), points.take(np.arange(400_000, len(points)))]
    assert concatenate(halves).point.tolist() == points.point.tolist()
    whole = join_samples([sample_of(points, grid)])
    assert join_samples([sample_of(half, grid) for half in halves]).point.tolist() == whole.point.tolist()


def test_all_points_go_to_one_file_even_when_the_first_block_is_empty(tmp_path: Path, grid: Grid):
    blocks = [numbered(np.arange(0)), numbered(np.arange(3)), numbered(np.arange(3, 9))]
    columns = ResultColumns(grid)
    write_all_points(tmp_path / "results.parquet", blocks, columns)
    assert pd.read_parquet(tmp_path / "results.parquet").equals(
        pd.read_parquet(tmp_path / "results.parquet")[list(columns.frame(blocks[1]).columns)]
    )
    assert pd.read_parquet(tmp_path / "results.parquet")["point"].tolist() == list(range(9))


def test_the_front_is_written_as_csv_and_parquet_with_the_same_bytes_every_time(tmp_path: Path, grid: Grid):
    table = ResultColumns(grid).frame(numbered(np.array([5, 700])))
    contents = []
    for _ in range(2):
        write_front(tmp_path, table)
        contents.append([(tmp_path / name).read_bytes() for name in ("pareto.csv", "pareto.parquet")])
    assert contents[0] == contents[1]
    assert pd.read_csv(tmp_path / "pareto.csv")["energy_j"].tolist() == table["energy_j"].tolist()
    assert pd.read_parquet(tmp_path / "pareto.parquet")["rows"].tolist() == table["rows"].tolist()
