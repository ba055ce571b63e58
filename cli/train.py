"""``heddle train``: accuracy under an N:M recipe, against dense training of the same seeds, and what both cost."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from heddle.arch.interruptible import terminable
from heddle.arch.run_dir import sha256_of, sha256_of_text
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options.train import TrainOptions
from heddle.cli.output import print_document, print_notes, print_paths, print_tables
from heddle.cli.progress import show_progress
from heddle.cli.train_plan import train_plan
from heddle.reports.runs.record import RunRecord, run_folder
from heddle.training.errors import needs_torch

if TYPE_CHECKING:  # these bring PyTorch, which takes seconds; a slip on the command line is told before
    from heddle.training.settings import TrainSettings
    from heddle.training.trained import Trained


def run(training: TrainOptions) -> int:
    """Train, print and write as the options ask; return FAILED_CHECK when a run could not be finished, else SUCCESS."""
    record = RunRecord()
    plan = train_plan(training)
    needs_torch()
    with terminable():
        from heddle.cli.train_settings import settings_of
        from heddle.training.trained import check_data, default_workers, gathered, train_seeds

        settings = settings_of(training, plan)
        data = check_data(settings, training.data_dir)
        folder = run_folder(training.out, "train")
        if folder is not None:
            from heddle.reports.runs.training_files import check_accuracies

            check_accuracies(folder)
        with show_progress(f"training {settings.model}") as progress:
            workers = training.workers or default_workers(plan.device, training.threads)
            outcomes = train_seeds(settings, training.seeds, folder, training.data_dir, workers, progress)
        trained = gathered(settings, outcomes, data, plan.machine)
        _report(trained, training, folder, record)
    for failure in trained.failures:
        print(f"heddle: {failure.settings.recipe}, seed {failure.settings.seed}: {failure.reason}", file=sys.stderr)
    return FAILED_CHECK if trained.failures else SUCCESS


def _report(trained: Trained, options: TrainOptions, folder: Path | None, record: RunRecord) -> None:
    """Print and write what the options ask for."""
    from heddle.reports.runs.documents.training import TrainingDocument

    if trained.costs is not None:
        print_notes(trained.machine.network.notes)
    document = TrainingDocument.of(trained)
    written: list[Path] = []
    if folder is not None:
        from heddle.reports.runs.training_files import write_training

        written = write_training(trained, document, options.data_dir, folder)
        written.append(record.write(folder, _hashes(trained.settings, options, trained)))
    if options.json:
        print_document(document)
        return
    if trained.comparison is not None:
        from heddle.reports.runs.parts import training_facts
        from heddle.reports.terminal_tables import accuracy_table

        print_tables([accuracy_table(training_facts(document, trained.machine.recipe.name))])
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
