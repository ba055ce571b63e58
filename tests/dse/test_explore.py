"""An exploration: its front is brute force's, whoever evaluates it, and it goes on after an interruption."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heddle.arch.errors import HeddleError
from heddle.arch.resources import resources
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.training import StepOptions, training_step
from heddle.dse import explore as explore_module
from heddle.dse.explore import ExploreRequest, Interrupted, explore
from heddle.dse.grid import Grid
from heddle.dse.measured_accuracy import Accuracies
from heddle.dse.objectives import OBJECTIVE_COLUMNS, OBJECTIVES
from heddle.sim.estimate import estimate

pytestmark = pytest.mark.compiled  # parts, fronts and files, over kernels that have tests of their own

METRICS = ["time_s", "energy_j", "lut", "ff", "dsp", "bram36", "uram"]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several blocks even in a tiny space."""
    monkeypatch.setattr(explore_module, "Grid", lambda space: Grid(space, block_points=100))


def brute_force(found: pd.DataFrame, objectives: tuple[str, ...]) -> list[int]:
    """Point numbers of the front by its definition, from a table of all points."""
    values = found[[OBJECTIVE_COLUMNS[name] for name in objectives]].to_numpy(float)
    front = []
    for i, row in enumerate(values):
        beaten = ((values <= row).all(axis=1) & (values < row).any(axis=1)).any()
        repeated = (values[:i] == row).all(axis=1).any()
        if not beaten and not repeated:
            front.append(int(found["point"].iloc[i]))
    return front


def files_of(folder: Path) -> dict[str, bytes]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "provenance.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.mark.parametrize("objectives", [("time", "energy", "lut"), ("energy",), ("uram", "time"), OBJECTIVES])
def test_the_front_is_that_of_brute_force(request_: ExploreRequest, tmp_path: Path, objectives: tuple[str, ...]):
    found = explore(replace(request_, objectives=objectives), out=tmp_path, workers=1)
    everything = pd.read_parquet(tmp_path / "results.parquet")
    assert len(everything) == found.points
    assert sorted(found.front["point"]) == brute_force(everything, objectives)


@pytest.mark.parametrize(
    "objectives",
    [("accuracy", "time"), ("time", "energy", "lut", "accuracy"), ("accuracy",), (*OBJECTIVES, "accuracy")],
)
def test_the_front_with_accuracy_is_that_of_brute_force(
    request_: ExploreRequest, accuracies: Accuracies, tmp_path: Path, objectives: tuple[str, ...]
):
    request = replace(request_, objectives=objectives, accuracies=accuracies)
    found = explore(request, out=tmp_path, workers=2)
    everything = pd.read_parquet(tmp_path / "results.parquet")
    of_sparsity = {(sparsity.n, sparsity.m): percent for sparsity, percent in accuracies.percent.items()}
    expected = [of_sparsity[pair] for pair in zip(everything["n"], everything["m"], strict=True)]
    assert everything["accuracy"].tolist() == expected
    assert set(expected) == {94.5, 95.25}
    errors = everything.assign(accuracy=-everything["accuracy"])
    assert sorted(found.front["point"]) == brute_force(errors, objectives)


def test_the_most_accurate_designs_are_first_where_accuracy_is_the_first_objective(
    request_: ExploreRequest, accuracies: Accuracies
):
    front = explore(replace(request_, objectives=("accuracy", "time"), accuracies=accuracies), workers=1).front
    assert front["accuracy"].is_monotonic_decreasing
    assert front["accuracy"].iloc[0] == 95.25
    assert front["m"].tolist() == [4] * len(front)
    assert front["n"].iloc[0] == 2


def test_accuracies_that_are_no_objective_are_a_column_and_change_no_front(
    request_: ExploreRequest, accuracies: Accuracies
):
    plain = explore(request_, workers=1)
    told = explore(replace(request_, accuracies=accuracies), workers=1)
    assert told.front.drop(columns="accuracy").equals(plain.front)
    assert told.sample.drop(columns="accuracy").equals(plain.sample)


def test_other_accuracies_take_the_same_parts(request_: ExploreRequest, accuracies: Accuracies, tmp_path: Path):
    first = explore(request_, out=tmp_path, workers=1)
    parts = {name: content for name, content in files_of(tmp_path).items() if name.startswith("parts")}
    request = replace(request_, objectives=("lut", "accuracy"), accuracies=accuracies)
    told = explore(request, out=tmp_path, workers=1)
    assert told.resumed_points == first.points
    turned = Accuracies({parse_sparsity("1:4"): 95.25, parse_sparsity("2:4"): 94.5}, "another")
    again = explore(replace(request, accuracies=turned), out=tmp_path, workers=1)
    assert again.resumed_points == first.points
    assert not again.front.equals(told.front)
    assert {name: files_of(tmp_path)[name] for name in parts} == parts
    record = json.loads((tmp_path / "provenance.json").read_text())
    assert record["inputs"].keys() == request_.identity().keys() | {"accuracy"}


def test_the_number_of_workers_changes_nothing_with_accuracies_either(
    request_: ExploreRequest, accuracies: Accuracies, tmp_path: Path
):
    request = replace(request_, objectives=("time", "accuracy"), accuracies=accuracies)
    for workers in (1, 3):
        explore(request, out=tmp_path / str(workers), workers=workers)
    assert files_of(tmp_path / "1") == files_of(tmp_path / "3")


def test_the_front_is_sorted_by_its_objectives_in_their_order(request_: ExploreRequest):
    front = explore(replace(request_, objectives=("lut", "time", "energy")), workers=1).front
    order = front.sort_values(["lut", "time_s", "energy_j", "point"], kind="stable")
    assert order.index.tolist() == list(range(len(front)))


def test_a_row_of_the_front_is_the_estimate_of_its_design(request_: ExploreRequest):
    found = explore(request_, workers=1)
    for row in range(len(found.front)):
        design, metrics = found.design(row), found.front.iloc[row]
        step = training_step(request_.network, request_.recipe, design.sparsity, StepOptions(request_.batch))
        result = estimate(step, design, request_.board)
        assert metrics["time_s"] == pytest.approx(result.time_s, rel=1e-9)
        assert metrics["energy_j"] == pytest.approx(result.energy_j, rel=1e-9)
        assert metrics["lut"] == resources(design, request_.board).lut
        assert (metrics["rows"], metrics["clock_hz"]) == (design.array.rows, design.clock_hz)


def test_evaluated_and_skipped_points_add_up_to_the_space(request_: ExploreRequest):
    found = explore(request_, workers=1)
    assert found.points + sum(found.skipped.values()) == request_.space.points
    assert len(found.sample) == found.points
    assert found.points_per_second == pytest.approx(found.points / found.seconds)


def test_the_number_of_workers_changes_nothing(request_: ExploreRequest, tmp_path: Path):
    one = explore(request_, out=tmp_path / "one", workers=1)
    three = explore(request_, out=tmp_path / "three", workers=3)
    assert one.front.equals(three.front)
    assert one.sample.equals(three.sample)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "three")


def test_without_a_folder_nothing_is_written(request_: ExploreRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    explore(request_, workers=1)
    assert list(place.iterdir()) == []


def test_progress_ends_at_all_points(request_: ExploreRequest):
    seen: list[tuple[int, int]] = []
    explore(request_, workers=1, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (request_.space.points, request_.space.points)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def interrupted_after(blocks: int, request: ExploreRequest, out: Path | None) -> Interrupted:
    calls = []

    def stop(done: int, total: int) -> None:
        calls.append(done)
        if len(calls) == blocks:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        explore(request, out=out, workers=1, progress=stop)
    return caught.value


def test_an_interrupted_exploration_goes_on_to_the_same_result(request_: ExploreRequest, tmp_path: Path):
    message = str(interrupted_after(2, request_, tmp_path / "cut"))
    assert "the finished ones are kept in" in message
    assert not (tmp_path / "cut" / "results.parquet").exists()
    kept = len(list((tmp_path / "cut" / "parts").iterdir()))
    assert message.startswith(f"interrupted after {kept} of ")
    resumed = explore(request_, out=tmp_path / "cut", workers=2)
    whole = explore(request_, out=tmp_path / "whole", workers=2)
    assert 0 < resumed.resumed_points <= whole.points
    assert whole.resumed_points == 0
    assert resumed.front.equals(whole.front)
    assert resumed.sample.equals(whole.sample)
    assert resumed.skipped == whole.skipped
    assert files_of(tmp_path / "cut") == files_of(tmp_path / "whole")


def test_an_interruption_without_a_folder_says_that_nothing_is_kept(request_: ExploreRequest):
    assert str(interrupted_after(1, request_, None)).endswith("nothing is kept, as no folder for results was given")


def test_a_finished_exploration_is_read_back(request_: ExploreRequest, tmp_path: Path):
    first = explore(request_, out=tmp_path, workers=1)
    again = explore(request_, out=tmp_path, workers=1)
    assert again.resumed_points == first.points
    assert again.points_per_second == 0.0
    assert again.front.equals(first.front)


def test_other_objectives_take_the_same_parts(request_: ExploreRequest, tmp_path: Path):
    first = explore(request_, out=tmp_path, workers=1)
    other = explore(replace(request_, objectives=("dsp",)), out=tmp_path, workers=1)
    assert other.resumed_points == first.points
    assert len(other.front) == 1


def test_a_damaged_part_stops_the_run_and_can_be_computed_anew(request_: ExploreRequest, tmp_path: Path):
    first = explore(request_, out=tmp_path, workers=1)
    part = tmp_path / "parts" / "block-00001.parquet"
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(HeddleError, match=r"block-00001.parquet: is not a whole part .*delete it and run again"):
        explore(request_, out=tmp_path, workers=1)
    part.unlink()
    assert explore(request_, out=tmp_path, workers=1).front.equals(first.front)


def test_one_blocks_part_under_anothers_name_stops_the_run(request_: ExploreRequest, tmp_path: Path):
    explore(request_, out=tmp_path, workers=1)
    parts = tmp_path / "parts"
    (parts / "block-00001.parquet").write_bytes((parts / "block-00000.parquet").read_bytes())
    with pytest.raises(HeddleError, match=r"block-00001.parquet: is not a whole part \(it holds another block\)"):
        explore(request_, out=tmp_path, workers=1)


def test_provenance_that_cannot_be_written_is_named(request_: ExploreRequest, tmp_path: Path):
    (tmp_path / "provenance.json").mkdir()
    with pytest.raises(HeddleError, match=r"provenance.json: cannot write the file: "):
        explore(request_, out=tmp_path, workers=1)


def test_another_request_in_the_same_folder_is_refused(request_: ExploreRequest, tmp_path: Path):
    explore(request_, out=tmp_path, workers=1)
    with pytest.raises(HeddleError, match=r"differs in batch \(8 there, 16 here\); give another folder"):
        explore(replace(request_, batch=16), out=tmp_path, workers=1)


def test_provenance_names_the_hashes_of_the_request(request_: ExploreRequest, tmp_path: Path):
    explore(request_, out=tmp_path, workers=1)
    record = json.loads((tmp_path / "provenance.json").read_text())
    assert record["inputs"] == dict(sorted(request_.identity().items()))
    assert record["version"]
    assert record["seconds"] > 0


def test_a_space_without_a_design_that_fits_has_an_empty_front(request_: ExploreRequest, tmp_path: Path):
    space = request_.space.model_copy(update={"rows": (512,), "cols": (8,)})
    found = explore(replace(request_, space=space), out=tmp_path, workers=1)
    assert (found.points, len(found.front), len(found.sample)) == (0, 0, 0)
    assert found.skipped["does not fit the board"] > 0
    assert pd.read_csv(tmp_path / "pareto.csv").columns.tolist()[-7:] == METRICS
    assert len(pd.read_parquet(tmp_path / "results.parquet")) == 0


def test_fewer_workers_than_one_are_refused(request_: ExploreRequest):
    with pytest.raises(HeddleError, match=r"^workers: must be at least 1, got 0$"):
        explore(request_, workers=0)


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(request_: ExploreRequest, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HeddleError, match=r"file/run: cannot make the run folder: not a directory$"):
        explore(request_, out=tmp_path / "file" / "run", workers=1)


def test_numbers_of_the_front_are_plain_numbers(request_: ExploreRequest):
    front = explore(request_, workers=1).front
    kinds = {name: np.dtype(front[name].dtype).kind for name in METRICS}
    assert kinds == {"time_s": "f", "energy_j": "f", **dict.fromkeys(METRICS[2:], "i")}
