"""Many runs: the same outcomes for any number of workers, and one that fails loses none of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from heddle.arch.errors import HeddleError
from heddle.training import runs as runs_module
from heddle.training.run import CHECKPOINT_NAME, RunResult
from heddle.training.runs import RunFailure, checkpoint_folder, train_all
from heddle.training.settings import TrainSettings

BASE = TrainSettings(model="mlp", data="digits", recipe="bdwp", epochs=2, train_samples=100)
JOBS = [
    BASE.model_copy(update={"seed": seed, "recipe": recipe, "arithmetic": arithmetic})
    for seed in range(2)
    for recipe, arithmetic in (("bdwp", "float"), ("transposable", "float"), ("bdwp-wu-sampled", "fp16"))
]
WILD = BASE.model_copy(update={"learning_rate": 1000.0, "weight_decay": 1000.0, "epochs": 8})


def silent(done: int, total: int) -> None:
    return


def test_the_number_of_workers_changes_no_bit(tmp_path: Path) -> None:
    outcomes = {}
    for workers in (1, 2, 3):
        folder = tmp_path / str(workers)
        outcomes[workers] = train_all(JOBS, folder, None, workers, silent)
        for job in JOBS:
            own, first = (checkpoint_folder(each, job) / CHECKPOINT_NAME for each in (folder, tmp_path / "1"))
            assert own.read_bytes() == first.read_bytes()
    assert outcomes[1] == outcomes[2] == outcomes[3]
    assert [outcome.settings for outcome in outcomes[1]] == JOBS
    assert all(isinstance(outcome, RunResult) for outcome in outcomes[1])


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_rises_to_the_epochs_of_all(workers: int) -> None:
    told: list[tuple[int, int]] = []
    train_all([BASE, WILD], None, None, workers, lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert {total for _, total in told} == {10}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_fails_does_not_lose_the_others(workers: int) -> None:
    failed, fine = train_all([WILD, BASE], None, None, workers, silent)
    assert isinstance(fine, RunResult)
    assert isinstance(failed, RunFailure)
    assert failed.settings == WILD
    assert "the loss is no longer finite in epoch" in failed.reason


def test_a_checkpoint_that_is_no_checkpoint_fails_its_run_alone(tmp_path: Path) -> None:
    other = BASE.model_copy(update={"seed": 1})
    damaged = checkpoint_folder(tmp_path, BASE) / CHECKPOINT_NAME
    damaged.parent.mkdir(parents=True)
    damaged.write_text("not one")
    failed, fine = train_all([BASE, other], tmp_path, None, 1, silent)
    assert isinstance(fine, RunResult)
    reason = f"{damaged}: is no checkpoint of this tool; remove it to start the run anew"
    assert failed == RunFailure(BASE, reason)
    assert damaged.read_text() == "not one"


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError()])
def test_too_little_memory_is_one_line(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(runs_module, "train", train)
    assert train_all([BASE], None, None, 1, silent) == [
        RunFailure(BASE, "out of memory on cpu; lower --batch, or --workers")
    ]


def test_a_bug_is_not_taken_for_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(runs_module, "train", train)
    with pytest.raises(ZeroDivisionError):
        train_all([BASE], None, None, 1, silent)


def test_a_folder_that_cannot_be_made_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    (outcome,) = train_all([BASE], tmp_path, None, 1, silent)
    assert isinstance(outcome, RunFailure)
    assert "cannot make the run folder" in outcome.reason


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    train_all([BASE], None, None, 1, silent)
    assert not list(tmp_path.iterdir())


def test_an_unknown_name_is_the_reason_of_a_failure() -> None:
    (outcome,) = train_all([BASE.model_copy(update={"recipe": "bdpw"})], None, None, 1, silent)
    assert isinstance(outcome, RunFailure)
    with pytest.raises(HeddleError, match=r"unknown training recipe 'bdpw'; did you mean 'bdwp'\?"):
        raise HeddleError(outcome.reason)
