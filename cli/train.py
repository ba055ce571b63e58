"""``heddle train``: accuracy under an N:M recipe, against dense training of the same seeds, and what both cost."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heddle.arch.boards import Board
from heddle.arch.design import Design, SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.arch.interruptible import terminable
from heddle.arch.run_dir import sha256_of, sha256_of_text
from heddle.arch.sparsity import parse_sparsity
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options import MachineOptions
from heddle.cli.output import print_json, print_notes, print_paths, print_tables
from heddle.cli.progress import show_progress
from heddle.cli.train_options import DATA_SETS, IMAGE_FOLDER, TrainOptions
from heddle.cli.work import OPTIMIZERS, load_machine, one_of, words
from heddle.dataflow.model_names import MODELS
from heddle.dataflow.updates import Optimizer
from heddle.reports.runs.record import RunRecord, run_folder

if TYPE_CHECKING:  # these bring PyTorch, which takes seconds; a slip on the command line is told before
    from heddle.cli.trained import Trained
    from heddle.training.ratios import RatioRule
    from heddle.training.settings import TrainSettings

DEVICES = ("cpu", "cuda")
ARITHMETICS = ("float", "machine")
RATIOS: tuple[RatioRule, ...] = ("uniform", "erk")

# Where no design says otherwise.
_OPERAND_FORMAT = "fp16"


@dataclass(frozen=True)
class TrainPlan:
    """The options as checked words and objects; ``machine`` is None where no design is simulated."""

    model: str
    data: str
    optimizer: Optimizer
    arithmetic: str
    device: str
    dense: tuple[str, ...]
    sparsity: SparsityConfig
    ratios: RatioRule
    machine: tuple[Design, Board] | None


def run(training: TrainOptions) -> int:
    """Train, print and write as the options ask; return FAILED_CHECK when a run could not be finished, else SUCCESS."""
    record = RunRecord()
    plan = train_plan(training)
    with terminable():
        from heddle.cli.train_run import check_data, settings_of, train_seeds
        from heddle.cli.trained import gathered

        settings = settings_of(training, plan)
        data = check_data(settings, training.data_dir)
        folder = run_folder(training.out, "train")
        if folder is not None:
            from heddle.cli.train_files import check_accuracies

            check_accuracies(folder)
        with show_progress(f"training {settings.model}") as progress:
            workers = training.workers or default_workers(plan.device, training.threads)
            outcomes = train_seeds(settings, training.seeds, folder, training.data_dir, workers, progress)
        trained = gathered(settings, outcomes, data, plan.machine)
        _report(trained, training, folder, record)
    for failure in trained.failures:
        print(f"heddle: {failure.settings.recipe}, seed {failure.settings.seed}: {failure.reason}", file=sys.stderr)
    return FAILED_CHECK if trained.failures else SUCCESS


def train_plan(options: TrainOptions) -> TrainPlan:
    """Return what the options name; raises HeddleError for all that can be told without PyTorch."""
    data = one_of(options.data, DATA_SETS, "--data", "data set")
    if options.image_size is not None and data != IMAGE_FOLDER:
        raise HeddleError(f"--image-size is for --data {IMAGE_FOLDER}; the images of {data} have one size")
    sparsity = parse_sparsity(options.sparsity)
    arithmetic = one_of(options.arithmetic, ARITHMETICS, "--arithmetic", "arithmetic")
    machine = MachineOptions(design=options.design) if options.design is not None else None
    loaded = load_machine(machine, options.sparsity) if machine is not None else None
    operand = loaded[0].numbers.operand if loaded is not None else _OPERAND_FORMAT
    return TrainPlan(
        model=one_of(options.model, MODELS, "--model", "model"),
        data=data,
        optimizer=one_of(options.optimizer, OPTIMIZERS, "--optimizer", "optimizer"),
        arithmetic=operand if arithmetic == "machine" else arithmetic,
        device=one_of(options.device, DEVICES, "--device", "device"),
        dense=tuple(words(options.keep_dense, "--keep-dense")) if options.keep_dense is not None else (),
        sparsity=sparsity,
        ratios=one_of(options.ratios, RATIOS, "--ratios", "rule"),
        machine=loaded,
    )


def default_workers(device: str, threads: int) -> int:
    """Return how many runs go side by side: those that the CPUs have threads for; on a GPU one."""
    return 1 if device == "cuda" else max(1, (os.cpu_count() or 1) // threads)


def _report(trained: Trained, options: TrainOptions, folder: Path | None, record: RunRecord) -> None:
    """Print and write what the options ask for."""
    from heddle.cli.trained import training_facts, training_json

    if trained.costs is not None:
        print_notes(trained.machine.network.notes)
    document = training_json(trained)
    written: list[Path] = []
    if folder is not None:
        from heddle.cli.train_files import write_training

        written = write_training(trained, document, options.data_dir, folder)
        written.append(record.write(folder, _hashes(trained.settings, options, trained)))
    if options.json:
        print_json(document)
        return
    if trained.comparison is not None:
        from heddle.reports.terminal_tables import accuracy_table

        print_tables([accuracy_table(training_facts(trained, trained.comparison))])
    print_paths(written)


def _hashes(settings: TrainSettings, options: TrainOptions, trained: Trained) -> dict[str, str]:
    """SHA-256 of each input by name."""
    from heddle.training.recipe_file import is_recipe_file

    hashes = {"settings": settings.digest}
    if trained.costs is not None:
        hashes["design"] = sha256_of_text(trained.costs.design.model_dump_json())
    if is_recipe_file(options.recipe):
        hashes["recipe"] = sha256_of(Path(options.recipe))
    return hashes
