"""``heddle train``: bad input in one line, and runs that fail."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from train_command import KEYS, QUICK, table, train

from heddle.cli.main import main
from heddle.training import errors as errors_module
from heddle.training import run as run_module

Capture = pytest.CaptureFixture[str]

ROOT = Path(__file__).resolve().parents[2]


BAD_INPUT = {
    "an unknown model": (
        ["--model", "mpl"],
        "--model: unknown model 'mpl'; did you mean 'mlp'? (valid: mlp, cnn-small, resnet9-small, resnet9, resnet18, "
        "vgg19, vit-tiny, vit-small)",
    ),
    "unknown data": (
        ["--data", "digitz"],
        "--data: unknown data set 'digitz'; did you mean 'digits'? "
        "(valid: digits, fashion-mnist, cifar10, cifar100, imagefolder)",
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


@pytest.mark.parametrize(
    "text", [b"", b"[ff\n", b"\xff", b"name = 1\n", b"a." * 20000 + b"b = 1\n", b'nmae = "mine"\n']
)
def test_a_damaged_recipe_table_is_one_line(text: bytes, tmp_path: Path, capsys: Capture) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_bytes(text)
    assert main(["train", *QUICK, "--recipe", str(recipe), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"heddle: error: {recipe}:")
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


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


def test_without_pytorch_training_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from heddle.arch.errors import HeddleError

    monkeypatch.setattr(errors_module, "find_spec", lambda name: None)
    message = r"^training needs PyTorch, which is not installed: pip install 'heddle-npu\[train\]'$"
    with pytest.raises(HeddleError, match=message):
        errors_module.needs_torch()


WITHOUT_TORCH = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "torch" else real(name, package)
sys.modules["torch"] = None  # importing it raises ImportError
from heddle.cli.main import main
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
        "import sys\nfrom heddle.cli.main import main\ncode = main(sys.argv[1:])\n"
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
    real = run_module._Trainer._check

    def check(trainer: Any, loss_sum: float, epoch: int) -> None:
        settings = trainer.settings
        real(trainer, math.nan if settings.seed == 1 and settings.recipe == "bdwp" else loss_sum, epoch)

    monkeypatch.setattr(run_module._Trainer, "_check", check)
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
