"""``heddle train``: its JSON document and its files."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from train_command import KEYS, QUICK, numbers, table, train

from heddle.cli.main import main

Capture = pytest.CaptureFixture[str]

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "options",
    [
        ["--recipe", "bdwp", "--sparsity", "2:8"],
        ["--recipe", "dense"],
        ["--recipe", "asp", "--arithmetic", "machine", "--optimizer", "adam"],
        ["--recipe", "sdgf-stepwise", "--design", "tiny"],
        ["--recipe", "bdwp-wu-measured", "--epochs", "5", "--seeds", "1"],
    ],
    ids=" ".join,
)
def test_the_document_has_the_promised_keys_and_finite_numbers(options: list[str], capsys: Capture) -> None:
    document = train(capsys, *options)
    assert document.keys() >= KEYS | {"runs", "seeds", "failures", "difference_mean", "difference_std", "machine"}
    assert all(isinstance(document[key], float) for key in KEYS)
    assert all(math.isfinite(number) for number in numbers(document))
    assert 0 <= document["accuracy_mean"] <= 100
    assert 0 < document["mac_fraction"] <= 1
    assert document["failures"] == []


def test_means_and_differences_are_those_of_the_runs(capsys: Capture) -> None:
    document = train(capsys, "--recipe", "sr-ste")
    own, dense = ([run[key] for run in document["runs"]] for key in ("accuracy", "dense_accuracy"))
    assert document["seeds"] == [0, 1]
    assert document["accuracy_mean"] == pytest.approx(sum(own) / 2)
    assert document["accuracy_std"] == pytest.approx(abs(own[0] - own[1]) / math.sqrt(2))
    assert document["difference_mean"] == pytest.approx((sum(own) - sum(dense)) / 2)
    assert document["steps"] == 4


@pytest.mark.parametrize("options", [["--recipe", "dense"], ["--recipe", "bdwp", "--sparsity", "8:8"]])
def test_what_prunes_nothing_is_the_dense_run(options: list[str], capsys: Capture) -> None:
    dense = train(capsys, "--recipe", "bdwp")
    document = train(capsys, *options)
    assert document["mac_fraction"] == 1.0
    assert document["difference_mean"] == document["difference_std"] == 0.0
    assert document["accuracy_mean"] == document["dense_accuracy_mean"] == dense["dense_accuracy_mean"]


def test_the_machines_arithmetic_takes_the_operands_of_the_design(tmp_path: Path, capsys: Capture) -> None:
    assert train(capsys, "--seeds", "1", "--arithmetic", "machine")["arithmetic"] == "fp16"
    design = tmp_path / "mine.toml"
    text = (ROOT / "arch" / "presets" / "tiny.toml").read_text()
    design.write_text(text.replace('operand = "fp16"', 'operand = "bf16"'))
    document = train(capsys, "--seeds", "1", "--arithmetic", "machine", "--design", str(design))
    assert document["arithmetic"] == "bf16"
    assert document["runs"][0]["skipped_steps"] == 0


def test_a_design_is_simulated_with_groups_of_the_runs_m(capsys: Capture) -> None:
    machine = train(capsys, "--seeds", "1", "--sparsity", "2:8", "--design", "tiny")["machine"]  # tiny is 2:4
    assert machine.keys() == {
        "design", "design_sparsity", "time_s", "energy_j", "dense_time_s", "dense_energy_j"
    }  # fmt: skip
    assert (machine["design"], machine["design_sparsity"]) == ("tiny", "2:8")
    assert machine["time_s"] < machine["dense_time_s"]


def test_without_out_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    train(capsys, "--seeds", "1")
    assert not list(tmp_path.iterdir())


def test_without_json_a_person_reads_a_table(capsys: Capture) -> None:
    assert main(["train", *QUICK, "--seeds", "1", "--recipe", "bdwp"]) == 0
    shown = capsys.readouterr().out
    assert "mlp on digits, bdwp 2:8, 1 seed of 2 epochs, float arithmetic" in shown
    assert "test accuracy" in shown


def test_out_writes_results_curves_plots_a_page_and_weights(tmp_path: Path, capsys: Capture) -> None:
    document = train(capsys, "--design", "tiny", "--out", str(tmp_path))
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "train.json", "accuracy.csv", "curves.csv", "weights.safetensors", "index.html", "provenance.json", "runs",
        "training.svg", "training.png", "time-to-accuracy.svg", "time-to-accuracy.png",
        "energy-to-accuracy.svg", "energy-to-accuracy.png",
    }  # fmt: skip
    assert json.loads((tmp_path / "train.json").read_text()) == document
    curves = table(tmp_path / "curves.csv")
    assert [(row["recipe"], row["seed"], row["epoch"]) for row in curves] == [
        (recipe, seed, epoch) for recipe in ("bdwp", "dense") for seed in "01" for epoch in "12"
    ]
    assert [float(row["test_accuracy"]) for row in curves if row["epoch"] == "2"] == [
        run[key] for key in ("accuracy", "dense_accuracy") for run in document["runs"]
    ]
    assert json.loads((tmp_path / "provenance.json").read_text())["inputs"].keys() == {"settings", "design"}
    assert len(list((tmp_path / "runs").glob("*/checkpoint.pt"))) == 4


def test_dense_training_alone_has_one_curve_and_one_row(tmp_path: Path, capsys: Capture) -> None:
    train(capsys, "--recipe", "dense", "--out", str(tmp_path))
    assert [row["seed"] for row in table(tmp_path / "curves.csv")] == ["0", "0", "1", "1"]
    (row,) = table(tmp_path / "accuracy.csv")
    assert (row["recipe"], row["sparsity"], row["mac_fraction"]) == ("dense", "", "1.0")


def test_rows_of_other_recipes_and_ratios_are_kept_and_own_ones_replaced(tmp_path: Path, capsys: Capture) -> None:
    out = ["--out", str(tmp_path), "--seeds", "1"]
    train(capsys, *out, "--sparsity", "2:8")
    train(capsys, *out, "--sparsity", "2:4")
    train(capsys, *out, "--recipe", "sr-ste")
    keys = [("bdwp", "2:4"), ("bdwp", "2:8"), ("dense", ""), ("sr-ste", "2:8")]
    before = table(tmp_path / "accuracy.csv")
    assert [(row["recipe"], row["sparsity"]) for row in before] == keys
    more = train(capsys, "--out", str(tmp_path), "--sparsity", "2:8", "--seeds", "2")
    after = table(tmp_path / "accuracy.csv")
    assert [(row["recipe"], row["sparsity"]) for row in after] == keys
    assert (after[0], after[3]) == (before[0], before[3])
    assert [row["seeds"] for row in after] == ["1", "2", "2", "1"]
    assert float(after[1]["accuracy_mean"]) == more["accuracy_mean"]
    assert float(after[2]["accuracy_mean"]) == more["dense_accuracy_mean"]


def test_rows_of_another_training_stand_apart_with_a_dense_row_of_their_own(tmp_path: Path, capsys: Capture) -> None:
    out = ["--out", str(tmp_path), "--seeds", "1"]
    train(capsys, *out)
    train(capsys, *out, "--epochs", "3")
    rows = table(tmp_path / "accuracy.csv")
    assert sorted((row["recipe"], row["epochs"]) for row in rows) == [
        ("bdwp", "2"), ("bdwp", "3"), ("dense", "2"), ("dense", "3"),
    ]  # fmt: skip
    assert len({row["training"] for row in rows}) == 2
    request = ["--workload", "mlp", "--batch", "16", "--space", "small", "--recipe", "bdwp", "--sparsity", "2:8"]
    assert main(["explore", *request, "--accuracy", str(tmp_path / "accuracy.csv")]) == 2
    assert "several rows give the accuracy of bdwp 2:8" in capsys.readouterr().err


def test_plots_of_an_earlier_design_go_when_there_is_none(tmp_path: Path, capsys: Capture) -> None:
    out = ["--out", str(tmp_path), "--seeds", "1"]
    train(capsys, *out, "--design", "tiny")
    train(capsys, *out)
    assert {path.name for path in tmp_path.glob("*.svg")} == {"training.svg"}


def test_explore_takes_the_accuracies_that_were_trained(tmp_path: Path, capsys: Capture) -> None:
    trained = {
        sparsity: train(capsys, "--seeds", "1", "--sparsity", sparsity, "--out", str(tmp_path))["accuracy_mean"]
        for sparsity in ("2:8", "2:4")
    }
    request = ["--workload", "mlp", "--batch", "16", "--space", "small", "--recipe", "bdwp", "--sparsity", "2:8,2:4"]
    accuracies = ["--accuracy", str(tmp_path / "accuracy.csv")]
    assert main(["explore", "--json", *request, *accuracies]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["accuracy_source"].startswith("mlp on digits")
    found = {
        f"{each['design']['sparsity']['n']}:{each['design']['sparsity']['m']}": each["accuracy"]
        for each in document["pareto"]
    }
    assert found
    assert all(trained[sparsity] == accuracy for sparsity, accuracy in found.items())


@pytest.mark.rtl
def test_the_weights_run_on_the_rtl(tmp_path: Path, capsys: Capture) -> None:
    train(capsys, "--seeds", "1", "--sparsity", "2:4", "--out", str(tmp_path))
    weights = str(tmp_path / "weights.safetensors")
    options = ["--design", "tiny", "--weights", weights, "--layer", "fc2", "--dataflow", "os", "--json"]
    assert main(["verify", *options]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["passed"]
    assert {case["name"].split("-")[1] for case in document["cases"]} == {"ff", "bp"}
    assert all("-2:4-" in case["name"] and case["bit_exact"] for case in document["cases"])


def test_a_users_recipe_is_trained_and_named_and_another_text_is_another_run(tmp_path: Path, capsys: Capture) -> None:
    recipe = tmp_path / "mine.py"
    text = (
        "from dataclasses import replace\n"
        "from heddle.training.recipes.bdwp import BDWP\n"
        "MINE = replace(BDWP, name='mine')\n"
    )
    recipe.write_text(text)
    out = tmp_path / "out"
    options = ["--seeds", "1", "--recipe", str(recipe), "--out", str(out)]
    mine = train(capsys, *options)
    assert mine["accuracy_mean"] == train(capsys, "--seeds", "1", "--recipe", "bdwp")["accuracy_mean"]
    assert [row["recipe"] for row in table(out / "accuracy.csv")] == ["dense", "mine"]
    recipe.write_text(text.replace("BDWP", "SR_STE").replace("bdwp", "sr_ste"))
    other = train(capsys, *options)
    assert other["accuracy_mean"] == train(capsys, "--seeds", "1", "--recipe", "sr-ste")["accuracy_mean"]
    assert len(list((out / "runs").iterdir())) == 3  # both, and dense once


def test_a_recipe_of_values_trains_as_the_built_in_one(tmp_path: Path, capsys: Capture) -> None:
    example = Path(__file__).resolve().parents[2] / "docs" / "examples" / "sampled.toml"
    options = ["--seeds", "1", "--out", str(tmp_path)]
    ours = train(capsys, *options, "--recipe", str(example))
    assert ours["accuracy_mean"] == train(capsys, *options, "--recipe", "bdwp-wu-sampled")["accuracy_mean"]
    assert [row["recipe"] for row in table(tmp_path / "accuracy.csv")] == ["bdwp-wu-sampled", "dense", "sampled"]
