"""``heddle train``: its JSON document, its files, bad input in one line, and runs that are cut off."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import training.errors
import training.run
from cli.main import main
from cli.train_options import DATA_SETS, MODELS
from training.data.registry import data_names
from training.models.registry import model_names

# Every epoch goes through the kernel that prunes; the kernel has its own tests without the compiler.
pytestmark = pytest.mark.compiled

Capture = pytest.CaptureFixture[str]

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["--model", "mlp", "--seeds", "2", "--epochs", "2", "--train-samples", "100", "--workers", "1"]
KEYS = {"accuracy_mean", "accuracy_std", "dense_accuracy_mean", "mac_fraction"}


def train(capsys: Capture, *options: str, code: int = 0) -> Any:
    assert main(["train", "--json", *QUICK, *options]) == code
    return json.loads(capsys.readouterr().out)


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from numbers(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    """All files below ``folder`` but the record of the command itself, and what a kill left half written."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "provenance.json" and not path.name.startswith(".")
    }


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
        "from dataclasses import replace\nfrom training.recipes.bdwp import BDWP\nMINE = replace(BDWP, name='mine')\n"
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


BAD_INPUT = {
    "an unknown model": (
        ["--model", "mpl"],
        "--model: unknown model 'mpl'; did you mean 'mlp'? (valid: mlp, resnet9-small, resnet9, resnet18, vgg19, "
        "vit-tiny, vit-small)",
    ),
    "unknown data": (
        ["--data", "digitz"],
        "--data: unknown data set 'digitz'; did you mean 'digits'? (valid: digits, cifar10, cifar100, imagefolder)",
    ),
    "an unknown arithmetic": (
        ["--arithmetic", "machin"],
        "--arithmetic: unknown arithmetic 'machin'; did you mean 'machine'? (valid: float, machine)",
    ),
    "an unknown optimizer": (
        ["--optimizer", "adamw"],
        "--optimizer: unknown optimizer 'adamw'; did you mean 'adam'? (valid: sgd, adam)",
    ),
    "an unknown device": (
        ["--device", "gpu"],
        "--device: unknown device 'gpu'; did you mean 'cpu'? (valid: cpu, cuda)",
    ),
    "an unknown design": (
        ["--design", "tinny"],
        "unknown preset 'tinny'; did you mean 'tiny'? (valid: ideal-32x32, sat-vcu1525, small, tiny)",
    ),
    "a sparsity that is no N:M": (["--sparsity", "2/8"], "sparsity '2/8' is not of the form N:M, as in 2:8"),
    "an unsupported M": (
        ["--sparsity", "2:5"],
        "sparsity 2:5: M = 5 is not supported; M is one of 2, 4, 8, 16, 32",
    ),
    "data that lie nowhere": (
        ["--data", "cifar10"],
        "cifar10: it is read from files: give their folder with --data-dir; download cifar-10-python.tar.gz and unpack "
        "it so that DIR/cifar-10-batches-py/data_batch_1 exists",
    ),
    "more samples than there are": (
        ["--train-samples", "1797"],
        "digits: train_samples is 1797 (valid: 1 to 1796)",
    ),
    "an image size for digits": (
        ["--image-size", "16"],
        "--image-size is for --data imagefolder; the images of digits have one size",
    ),
    "a rule for ratios that there is not": (
        ["--ratios", "erc"],
        "--ratios: unknown rule 'erc'; did you mean 'erk'? (valid: uniform, erk)",
    ),
    "a pattern that no layer has": (
        ["--keep-dense", "fc2,fx*"],
        "unknown layer pattern 'fx*' (valid: fc1, fc2, fc3)",
    ),
    "a model that the images are too small for": (
        ["--model", "vgg19"],
        "vgg19: the image is too small: 8 x 8 (valid: at least 32 x 32)",
    ),
    "a batch that batch norm cannot take": (
        ["--batch", "1"],
        "mlp: its batch norm needs at least 2 samples a step; raise --batch or --train-samples",
    ),
    "a recipe file that is not there": (["--recipe", "/nowhere/r.py"], "/nowhere/r.py: there is no such recipe file"),
    "no seeds": (["--seeds", "0"], "--seeds: 0 is out of range (valid: 1 to 1,000)"),
    "no epochs": (["--epochs", "0"], "--epochs: 0 is out of range (valid: 1 to 65,536)"),
    "a learning rate that is no number": (
        ["--learning-rate", "nan"],
        "--learning-rate: nan is no number (valid: 1e-09 to 1,000)",
    ),
    "a momentum beyond its range": (["--momentum", "1"], "--momentum: 1 is out of range (valid: 0 to 0.9999)"),
    "a mistyped option": (
        ["--sedes", "3"],
        "train: unknown option '--sedes'; did you mean '--seeds'? (heddle train --help lists the options)",
    ),
    "an empty data folder": (["--data-dir", ""], "--data-dir: is empty; give the path of a folder"),
}


@pytest.mark.parametrize(("options", "message"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_one_line_and_nothing_is_written(
    options: list[str], message: str, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "out"
    assert main(["train", *QUICK, "--out", str(out), *options]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"heddle: error: {message}\n")
    assert not out.exists()


def test_an_unknown_recipe_is_told_with_the_nearest(capsys: Capture) -> None:
    assert main(["train", *QUICK, "--recipe", "bdpw"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(
        "heddle: error: unknown training recipe 'bdpw'; did you mean 'bdwp'? (valid: dense, sr-ste,"
    )
    assert error.count("\n") == 1


def test_a_design_that_does_not_fit_its_board_is_refused(tmp_path: Path, capsys: Capture) -> None:
    design = tmp_path / "huge.toml"
    text = (ROOT / "arch" / "presets" / "sat-vcu1525.toml").read_text()
    design.write_text(text.replace("rows = 32", "rows = 256").replace("cols = 32", "cols = 256"))
    assert main(["train", *QUICK, "--design", str(design)]) == 2
    assert "does not fit board 'vcu1525': it needs " in capsys.readouterr().err


def test_out_must_be_no_file_and_no_folder_of_another_verb(tmp_path: Path, capsys: Capture) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert main(["train", *QUICK, "--out", str(taken)]) == 2
    assert capsys.readouterr().err.startswith(f"heddle: error: {taken}: is a file; a run needs a folder")
    (tmp_path / "totals.json").write_text("{}")
    assert main(["train", *QUICK, "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"heddle: error: {tmp_path}: holds the results of 'heddle simulate' (totals.json); give another folder\n"
    )


@pytest.mark.parametrize("content", [b"recipe,accuracy\nbdwp,1\n", b"\xff\xfe", b"", b'model,"'])
def test_a_foreign_table_of_accuracies_is_refused_before_training(
    content: bytes, tmp_path: Path, capsys: Capture
) -> None:
    accuracies = tmp_path / "accuracy.csv"
    accuracies.write_bytes(content)
    assert main(["train", *QUICK, "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"heddle: error: {accuracies}: ")
    assert error.endswith("move it away\n")
    assert not (tmp_path / "runs").exists()
    assert accuracies.read_bytes() == content


def test_the_names_told_without_pytorch_are_those_of_models_and_data() -> None:
    assert model_names() == MODELS
    assert data_names() == DATA_SETS


def test_without_pytorch_training_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from arch.errors import HeddleError

    monkeypatch.setattr(training.errors, "find_spec", lambda name: None)
    message = r"^training needs PyTorch, which is not installed: pip install 'heddle-npu\[train\]'$"
    with pytest.raises(HeddleError, match=message):
        training.errors.needs_torch()


WITHOUT_TORCH = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "torch" else real(name, package)
sys.modules["torch"] = None  # importing it raises ImportError
from cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def run_without_torch(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_TORCH, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_only_training_needs_pytorch() -> None:
    asked = run_without_torch("train", "--model", "mlp")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr == (
        "heddle: error: training needs PyTorch, which is not installed: pip install 'heddle-npu[train]'\n"
    )
    assert run_without_torch("simulate", "--workload", "mlp", "--json").returncode == 0
    assert "--recipe" in run_without_torch("train", "--help").stdout


def test_a_slip_is_told_before_pytorch_is_loaded() -> None:
    program = (
        "import sys\nfrom cli.main import main\ncode = main(sys.argv[1:])\n"
        "sys.exit(code if 'torch' not in sys.modules else 99)"
    )
    for arguments in (["--help"], ["train", "--help"]):
        assert (
            subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, cwd=ROOT).returncode == 0
        )
    slip = subprocess.run([sys.executable, "-c", program, "train", "--model", "mpl"], capture_output=True, cwd=ROOT)
    assert slip.returncode == 2


def test_a_seed_that_fails_is_told_and_the_others_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    real = training.run._Trainer._check

    def check(trainer: Any, loss_sum: float, epoch: int) -> None:
        settings = trainer.settings
        real(trainer, math.nan if settings.seed == 1 and settings.recipe == "bdwp" else loss_sum, epoch)

    monkeypatch.setattr(training.run._Trainer, "_check", check)
    assert main(["train", "--json", *QUICK, "--seeds", "3", "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    (failure,) = document["failures"]
    assert (failure["recipe"], failure["seed"]) == ("bdwp", 1)
    assert "the loss is no longer finite in epoch 1" in failure["reason"]
    assert printed.err == f"heddle: bdwp, seed 1: {failure['reason']}\n"
    assert document["seeds"] == [0, 2]
    assert all(math.isfinite(document[key]) for key in KEYS)
    assert [row["seeds"] for row in table(tmp_path / "accuracy.csv")] == ["2", "2"]


def test_when_every_seed_fails_there_is_no_accuracy(tmp_path: Path, capsys: Capture) -> None:
    wild = ["--learning-rate", "1000", "--weight-decay", "1000", "--epochs", "8", "--out", str(tmp_path)]
    document = train(capsys, *wild, code=1)
    assert document["accuracy_mean"] is None
    assert len(document["failures"]) == 4
    assert (tmp_path / "train.json").exists()
    assert not (tmp_path / "accuracy.csv").exists()


def test_a_damaged_checkpoint_is_named_with_the_remedy(tmp_path: Path, capsys: Capture) -> None:
    options = ["--seeds", "1", "--recipe", "dense", "--out", str(tmp_path)]
    train(capsys, *options)
    (checkpoint,) = tmp_path.glob("runs/*/checkpoint.pt")
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    assert main(["train", "--json", *QUICK, *options]) == 1
    assert capsys.readouterr().err == (
        f"heddle: dense, seed 0: {checkpoint}: is damaged or cut short; remove it to start the run anew\n"
    )


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def descendants(pid: int) -> list[int]:
    children = [int(word) for path in Path(f"/proc/{pid}/task").glob("*/children") for word in path.read_text().split()]
    return [*children, *(below for child in children for below in descendants(child))]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def epochs_written(folder: Path) -> set[tuple[str, int]]:
    return {(str(path), path.stat().st_mtime_ns) for path in folder.glob("runs/*/checkpoint.pt")}


def start_in_a_terminal(*arguments: str) -> subprocess.Popen[str]:
    """Start ``heddle`` with a process group of its own, output piped; SIGINT as it is in a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_a_command_cut_off_by_any_signal_ends_as_if_undisturbed(tmp_path: Path, capsys: Capture) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    options = ["--model", "mlp", "--recipe", "transposable", "--train-samples", "200", "--epochs", "40", "--seeds", "2"]
    command = ["train", *options, "--json"]
    for number, workers in ((signal.SIGKILL, "2"), (signal.SIGTERM, "1"), (signal.SIGINT, "2")):
        before = epochs_written(broken)
        process = start_in_a_terminal(*command, "--workers", workers, "--out", str(broken))
        wait_until(lambda before=before: len(epochs_written(broken) - before) > 0)
        family = descendants(process.pid)
        if number == signal.SIGINT:  # a terminal's Ctrl-C goes to all processes of the command
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        printed, complaint = process.communicate(timeout=60)
        wait_until(lambda family=family: not any(map(is_alive, family)))
        if number == signal.SIGKILL:
            assert process.returncode == -signal.SIGKILL
        else:
            assert (process.returncode, printed, complaint) == (130, "", "heddle: error: interrupted\n")
    assert not (broken / "train.json").exists()
    assert main([*command, "--workers", "1", "--out", str(broken)]) == 0
    resumed = capsys.readouterr().out
    assert main([*command, "--workers", "1", "--out", str(whole)]) == 0
    assert capsys.readouterr().out == resumed
    assert contents(broken) == contents(whole)


def test_the_number_of_workers_changes_no_byte(tmp_path: Path, capsys: Capture) -> None:
    for workers in ("1", "3"):
        train(capsys, "--workers", workers, "--recipe", "bdwp-wu-sampled", "--out", str(tmp_path / workers))
    assert contents(tmp_path / "1") == contents(tmp_path / "3")
