"""``heddle train``: accuracy under an N:M recipe, against dense training of the same seeds, and what both cost."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arch.boards import load_board
from arch.design import Design
from arch.design_io import load_design
from arch.errors import HeddleError
from arch.run_dir import sha256_of, sha256_of_text
from cli.exit_codes import FAILED_CHECK, SUCCESS
from cli.output import print_json, print_notes, print_paths, print_tables
from cli.progress import show_progress
from cli.record import RunRecord, run_folder
from cli.train_options import TrainOptions
from cli.work import one_of, words
from training.data.registry import load_data
from training.data.samples import DataSet
from training.on_machine import MachineRun, TrainingCost, machine_run, training_cost
from training.recipe_file import is_recipe_file, resolve_recipe
from training.run import RunResult, sparse_model, steps_per_epoch
from training.runs import Outcome, RunFailure, train_all
from training.settings import OPTIMIZERS, OptimizerName, TrainSettings
from training.sparsify import FLOAT
from training.summary import Comparison, compared

DEVICES = ("cpu", "cuda")
ARITHMETICS = ("float", "machine")


@dataclass(frozen=True)
class Costs:
    """What recipe and dense training cost on a design, epoch by epoch."""

    design: Design
    recipe: TrainingCost
    dense: TrainingCost


@dataclass(frozen=True)
class Trained:
    """All that a training gives: what ran, how it ended, and what it costs on the machine."""

    settings: TrainSettings
    comparison: Comparison | None
    failures: tuple[RunFailure, ...]
    machine: MachineRun
    costs: Costs | None


def run(training: TrainOptions) -> int:
    """Train, print and write as the options ask; return FAILED_CHECK when a run could not be finished, else SUCCESS."""
    record = RunRecord()
    design = load_design(training.design) if training.design is not None else None
    settings = _settings(training, design)
    data = _checked(settings, training.data_dir)
    folder = run_folder(training.out, "train")
    outcomes = _train(settings, training, folder)
    trained = _result(settings, outcomes, data, design)
    print_notes(trained.machine.network.notes if design is not None else ())
    document = training_json(trained)
    written: list[Path] = []
    if folder is not None:
        from cli.train_files import write_training

        written = write_training(trained, document, training.data_dir, folder)
        written.append(record.write(folder, _hashes(settings, design)))
    if training.json:
        print_json(document)
    else:
        _print_result(trained)
        print_paths(written)
    for failure in trained.failures:
        print(f"heddle: {failure.settings.recipe}, seed {failure.settings.seed}: {failure.reason}", file=sys.stderr)
    return FAILED_CHECK if trained.failures else SUCCESS


def training_json(trained: Trained) -> dict[str, Any]:
    """Return the document of ``heddle train``; accuracies are in per cent, differences in percentage points."""
    settings, comparison = trained.settings, trained.comparison
    return {
        **settings.model_dump(mode="json", exclude={"seed"}),
        "steps": trained.machine.total_steps,
        "seeds": [run.settings.seed for run in comparison.runs] if comparison else [],
        **_accuracy_json(comparison),
        "mac_fraction": trained.machine.mac_fraction,
        "runs": _runs_json(comparison) if comparison else [],
        "failures": [
            {"recipe": each.settings.recipe, "seed": each.settings.seed, "reason": each.reason}
            for each in trained.failures
        ],
        "wu_operands": dict(comparison.runs[0].wu_operands) if comparison else {},
        "machine": _machine_json(trained.costs) if trained.costs else None,
    }


def _accuracy_json(comparison: Comparison | None) -> dict[str, float | None]:
    """Means and spreads; None where no seed has both runs."""
    spreads = {
        "accuracy": comparison and comparison.accuracy,
        "dense_accuracy": comparison and comparison.dense_accuracy,
        "difference": comparison and comparison.difference,
    }
    document: dict[str, float | None] = {}
    for name, spread in spreads.items():
        document[f"{name}_mean"] = spread.mean if spread else None
        document[f"{name}_std"] = spread.std if spread else None
    return document


def _runs_json(comparison: Comparison) -> list[dict[str, Any]]:
    pairs = zip(comparison.runs, comparison.dense, strict=True)
    return [
        {
            "seed": own.settings.seed,
            "accuracy": own.accuracy,
            "dense_accuracy": dense.accuracy,
            "loss": own.points[-1].loss,
            "dense_loss": dense.points[-1].loss,
            "skipped_steps": sum(point.skipped_steps for point in own.points),
        }
        for own, dense in pairs
    ]


def _machine_json(costs: Costs) -> dict[str, Any]:
    return {
        "design": costs.design.name,
        "time_s": costs.recipe.time_s[-1],
        "energy_j": costs.recipe.energy_j[-1],
        "dense_time_s": costs.dense.time_s[-1],
        "dense_energy_j": costs.dense.energy_j[-1],
    }


def _settings(options: TrainOptions, design: Design | None) -> TrainSettings:
    arithmetic = one_of(options.arithmetic, ARITHMETICS, "--arithmetic", "arithmetic")
    operand = design.numbers.operand if design is not None else "fp16"
    optimizer: OptimizerName = one_of(options.optimizer, OPTIMIZERS, "--optimizer", "optimizer")
    return TrainSettings(
        model=options.model,
        data=options.data,
        recipe=options.recipe,
        sparsity=options.sparsity,
        arithmetic=FLOAT if arithmetic == FLOAT else operand,
        dense=tuple(words(options.keep_dense, "--keep-dense")) if options.keep_dense is not None else (),
        seed=0,
        epochs=options.epochs,
        batch=options.batch,
        optimizer=optimizer,
        learning_rate=options.learning_rate,
        momentum=options.momentum,
        weight_decay=options.weight_decay,
        train_samples=options.train_samples,
        image_size=options.image_size,
        device=_device(options.device),
        threads=options.threads,
    )


def _device(name: str) -> str:
    import torch

    device = one_of(name, DEVICES, "--device", "device")
    if device == "cuda" and not torch.cuda.is_available():
        raise HeddleError("--device: PyTorch finds no CUDA device here (valid: cpu)")
    return device


def _checked(settings: TrainSettings, data_folder: Path | None) -> DataSet:
    """Load the data and make the model once, so that what is wrong with them is told before anything is written."""
    data = load_data(
        settings.data,
        data_folder,
        seed=settings.seed,
        train_samples=settings.train_samples,
        image_size=settings.image_size,
    )
    sparse_model(settings, data, steps=1)
    return data


def _train(settings: TrainSettings, options: TrainOptions, folder: Path | None) -> list[Outcome]:
    """Run every seed with the recipe, and dense where that is not the recipe itself."""
    recipes = [settings] if _is_dense(settings) else [settings, settings.as_dense]
    jobs = [each.model_copy(update={"seed": seed}) for seed in range(options.seeds) for each in recipes]
    workers = options.workers or os.cpu_count() or 1
    with show_progress(f"training {settings.model}") as progress:
        return train_all(jobs, folder, options.data_dir, workers, progress)


def _is_dense(settings: TrainSettings) -> bool:
    return resolve_recipe(settings.recipe).is_dense


def _result(settings: TrainSettings, outcomes: list[Outcome], data: DataSet, design: Design | None) -> Trained:
    finished = [outcome for outcome in outcomes if isinstance(outcome, RunResult)]
    failures = tuple(outcome for outcome in outcomes if isinstance(outcome, RunFailure))
    own = [result for result in finished if result.settings.recipe == settings.recipe]
    dense = own if _is_dense(settings) else [r for r in finished if r.settings.recipe == settings.as_dense.recipe]
    per_epoch = steps_per_epoch(len(data.train), settings.batch)
    machine = machine_run(settings, data, per_epoch, own)
    costs = None
    if design is not None:
        board = load_board(design.board)
        as_dense = machine_run(settings.as_dense, data, per_epoch, ())
        costs = Costs(
            design,
            training_cost(machine, settings.epochs, design, board),
            training_cost(as_dense, settings.epochs, design, board),
        )
    return Trained(settings, compared(own, dense), failures, machine, costs)


def _hashes(settings: TrainSettings, design: Design | None) -> dict[str, str]:
    hashes = {"settings": settings.digest}
    if design is not None:
        hashes["design"] = sha256_of_text(design.model_dump_json())
    if is_recipe_file(settings.recipe):
        hashes["recipe"] = sha256_of(Path(settings.recipe))
    return hashes


def _print_result(trained: Trained) -> None:
    from cli.train_files import training_facts
    from reports.tables import accuracy_table

    if trained.comparison is not None:
        print_tables([accuracy_table(training_facts(trained, trained.comparison))])
