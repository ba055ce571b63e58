"""From the options of ``heddle train`` to the settings of its runs; this brings PyTorch."""

from __future__ import annotations

from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import sha256_of
from heddle.cli.options.train import TrainOptions
from heddle.cli.train_plan import TrainPlan
from heddle.training.recipe_file import is_recipe_file, resolve_recipe
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
