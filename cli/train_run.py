"""From the options of ``heddle train`` to the runs of all seeds."""

from __future__ import annotations

from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import sha256_of
from heddle.arch.sparsity import parse_sparsity
from heddle.cli.options.train import TrainOptions
from heddle.cli.progress import Report
from heddle.cli.train_plan import TrainPlan
from heddle.training.data.samples import DataSet
from heddle.training.recipe_file import is_recipe_file, resolve_recipe
from heddle.training.run import check_settings, data_of
from heddle.training.runs import Outcome, train_all
from heddle.training.settings import TrainSettings


def settings_of(options: TrainOptions, plan: TrainPlan) -> TrainSettings:
    """Return the settings of the first seed. Raises HeddleError for an unknown recipe and a device that is not here."""
    if plan.device == "cuda":
        _check_cuda()
    recipe = resolve_recipe(options.recipe)
    own_recipe = Path(options.recipe) if is_recipe_file(options.recipe) else None
    return TrainSettings(
        model=plan.model,
        data=plan.data,
        recipe=options.recipe if own_recipe is not None else recipe.name,
        sparsity=f"{plan.sparsity.n}:{plan.sparsity.m}",
        ratios=plan.ratios,
        arithmetic=plan.arithmetic,
        dense=plan.dense,
        epochs=options.epochs,
        batch=options.batch,
        optimizer=plan.optimizer,
        learning_rate=options.learning_rate,
        momentum=options.momentum,
        weight_decay=options.weight_decay,
        train_samples=options.train_samples,
        image_size=options.image_size,
        device=plan.device,
        threads=options.threads,
        recipe_sha256=sha256_of(own_recipe) if own_recipe is not None else "",
        data_folder=str(options.data_dir.resolve()) if options.data_dir is not None else "",
    )


def _check_cuda() -> None:
    import torch  # not above: where it is missing, importing training tells so in one line

    if not torch.cuda.is_available():
        raise HeddleError("--device: PyTorch finds no CUDA device here (valid: cpu)")


def check_data(settings: TrainSettings, data_folder: Path | None) -> DataSet:
    """Load the data and make the model once, so that what is wrong with them is told before anything is written."""
    data = data_of(settings, data_folder)
    check_settings(settings, data)
    return data


def train_seeds(
    settings: TrainSettings,
    seeds: int,
    folder: Path | None,
    data_folder: Path | None,
    workers: int,
    progress: Report,
) -> list[Outcome]:
    """Run every seed with the recipe, and dense where that is not the recipe itself."""
    recipes = list(dict.fromkeys([runs_as(settings), settings.as_dense]))
    jobs = [each.model_copy(update={"seed": seed}) for seed in range(seeds) for each in recipes]
    return train_all(jobs, folder, data_folder, workers, progress)


def runs_as(settings: TrainSettings) -> TrainSettings:
    """Return ``settings`` as they are run: all that prune nothing are the same dense runs."""
    sparsity = parse_sparsity(settings.sparsity)
    prunes_nothing = resolve_recipe(settings.recipe).is_dense or sparsity.n == sparsity.m
    return settings.as_dense if prunes_nothing else settings
