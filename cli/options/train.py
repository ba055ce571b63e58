"""The options of ``heddle train``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.arch.design_io import preset_names
from heddle.arch.errors import HeddleError
from heddle.cli.options.values import (
    MACHINE,
    MOST_WORKERS,
    NETWORK,
    OUTPUT,
    TRAINING,
    JsonFlag,
    OptimizerWord,
    among,
    check_range,
    listed,
    one_of_words,
    out_path,
    path_of,
)
from heddle.dataflow.choices import OPTIMIZERS
from heddle.dataflow.network_choice import LARGEST_BATCH, LARGEST_SIZE
from heddle.training.catalogue import (
    ARITHMETICS,
    DATA_SETS,
    DEVICES,
    IMAGE_FOLDER,
    MODELS,
    RATIO_RULES,
    TRAINING_RECIPES,
)

MOST_SEEDS = 1000


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What ``train`` takes."""

    model: Annotated[
        str,
        typer.Option(autocompletion=among(MODELS), help=f"{listed(MODELS)}.", rich_help_panel=NETWORK),
    ]
    data: Annotated[
        str,
        typer.Option(autocompletion=among(DATA_SETS), help=f"{listed(DATA_SETS)}.", rich_help_panel=NETWORK),
    ] = next(iter(DATA_SETS))
    data_dir: Annotated[
        Path | None,
        typer.Option(
            parser=path_of("--data-dir", "folder"),
            metavar="DIR",
            help="Folder of the data set.",
            rich_help_panel=NETWORK,
        ),
    ] = None
    image_size: Annotated[
        int | None, typer.Option(help=f"Image side in pixels ({IMAGE_FOLDER}).", rich_help_panel=NETWORK)
    ] = None
    train_samples: Annotated[
        int | None, typer.Option(help="Train on only this many samples.", rich_help_panel=NETWORK)
    ] = None
    recipe: Annotated[
        str,
        typer.Option(
            autocompletion=among(TRAINING_RECIPES),
            help=f"A training recipe ({', '.join(TRAINING_RECIPES)}), or the path of a file that defines one: .toml is "
            "data; .py is a program, and is run: give only what you trust.",
            rich_help_panel=TRAINING,
        ),
    ] = "bdwp"
    sparsity: Annotated[
        str, typer.Option(metavar="N:M", help="Keep N of every M, as in 2:8.", rich_help_panel=TRAINING)
    ] = "2:8"
    ratios: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(RATIO_RULES),
            autocompletion=among(RATIO_RULES),
            help="The same N:M for all layers, or more kept in narrow and less in wide ones (Erdős-Rényi kernel).",
            rich_help_panel=TRAINING,
        ),
    ] = RATIO_RULES[0]
    keep_dense: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME",
            help="Layers that stay dense besides the first convolution and the classifier; * and ? are wildcards.",
            rich_help_panel=TRAINING,
        ),
    ] = None
    seeds: Annotated[
        int, typer.Option(help="Number of runs, with the seeds 0, 1, 2, ...", rich_help_panel=TRAINING)
    ] = 3
    epochs: Annotated[int, typer.Option(help="Passes over the training samples.", rich_help_panel=TRAINING)] = 30
    batch: Annotated[int, typer.Option(help="Samples a training step.", rich_help_panel=TRAINING)] = 64
    optimizer: OptimizerWord = OPTIMIZERS[0]
    learning_rate: Annotated[
        float, typer.Option(help="Learning rate at the start; it falls along half a cosine.", rich_help_panel=TRAINING)
    ] = 0.05
    momentum: Annotated[float, typer.Option(help="Momentum of SGD.", rich_help_panel=TRAINING)] = 0.9
    weight_decay: Annotated[float, typer.Option(help="Weight decay of all parameters.", rich_help_panel=TRAINING)] = (
        5e-4
    )
    arithmetic: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(ARITHMETICS),
            autocompletion=among(ARITHMETICS),
            help="PyTorch's, or the accelerator's: 16-bit operands, FP32 sums in the array's order.",
            rich_help_panel=MACHINE,
        ),
    ] = ARITHMETICS[0]
    design: Annotated[
        str | None,
        typer.Option(
            autocompletion=among(preset_names()),
            help="Simulate time and energy on this design: a preset or a path to its .toml.",
            rich_help_panel=MACHINE,
        ),
    ] = None
    device: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(DEVICES),
            autocompletion=among(DEVICES),
            help="Device to train on.",
            rich_help_panel=OUTPUT,
        ),
    ] = DEVICES[0]
    workers: Annotated[
        int | None,
        typer.Option(
            help="Runs side by side; by default as many as the CPU's threads allow, one on a GPU.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    threads: Annotated[
        int, typer.Option(help="Threads of a run; another number may round differently.", rich_help_panel=OUTPUT)
    ] = 1
    out: Annotated[
        Path | None,
        typer.Option(
            parser=out_path,
            metavar="DIR",
            help="Write results, curves, plots, weights and checkpoints; continue what is there.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    json: JsonFlag = False

    def __post_init__(self) -> None:
        check_range("--image-size", self.image_size, 1, LARGEST_SIZE)
        check_range("--train-samples", self.train_samples, 1)
        check_range("--seeds", self.seeds, 1, MOST_SEEDS)
        check_range("--epochs", self.epochs, 1, LARGEST_SIZE)
        check_range("--batch", self.batch, 1, LARGEST_BATCH)
        _check_number("--learning-rate", self.learning_rate, 1e-9, 1000)
        _check_number("--momentum", self.momentum, 0, 0.9999)
        _check_number("--weight-decay", self.weight_decay, 0, 1000)
        check_range("--workers", self.workers, 1, MOST_WORKERS)
        check_range("--threads", self.threads, 1, MOST_WORKERS)


def _check_number(option: str, value: float, low: float, high: float) -> None:
    if math.isnan(value):
        raise HeddleError(f"{option}: nan is no number (valid: {low:,} to {high:,})")
    check_range(option, value, low, high)
