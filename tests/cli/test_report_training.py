"""What ``heddle report`` reads of a real training is what the training's own page says."""

from __future__ import annotations

from pathlib import Path

import pytest
from train_command import train

from heddle.arch.design_io import load_design
from heddle.reports.review.index import Index, training_index
from heddle.reports.runs import training_files as train_files_module
from heddle.reports.runs.parts import read_training
from heddle.reports.training_facts import TrainingFacts


@pytest.mark.parametrize("recipe", ["bdwp", "dense"])
def test_the_facts_of_a_training_come_back_from_its_file(
    recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[TrainingFacts] = []

    def keep(facts: TrainingFacts) -> Index:
        shown.append(facts)
        return training_index(facts)

    monkeypatch.setattr(train_files_module, "training_index", keep)
    few = ["--epochs", "1", "--train-samples", "40", "--seeds", "2", "--sparsity", "2:4"]
    train(capsys, *few, "--recipe", recipe, "--design", "tiny", "--out", str(tmp_path))
    facts, design = read_training(tmp_path / "train.json")
    assert [facts] == shown
    assert design == load_design("tiny")
