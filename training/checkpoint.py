"""Checkpoints: the state of a run at the end of an epoch, from which it goes on to the same end."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from arch.errors import HeddleError
from arch.run_dir import atomic_file
from training.settings import TrainSettings


@dataclass(frozen=True)
class EpochPoint:
    """A point of a training curve: after ``epoch`` epochs and ``steps`` updates. Accuracy is in per cent of the tests.

    ``loss`` is the mean over the epoch's samples; ``skipped_steps`` counts updates that the loss scaling left out.
    """

    epoch: int
    steps: int
    loss: float
    test_accuracy: float
    skipped_steps: int


@dataclass(frozen=True)
class Checkpoint:
    """All that a run goes on from: states of model, optimiser, loss scaling and PyTorch's generator, and the curve."""

    model: dict[str, Any]
    optimizer: dict[str, Any]
    scaler: dict[str, Any]
    random_state: torch.Tensor
    points: tuple[EpochPoint, ...]


def save_checkpoint(path: Path, settings: TrainSettings, checkpoint: Checkpoint) -> None:
    """Write ``checkpoint`` to ``path``, whole or not at all."""
    content = {
        "settings": settings.digest,
        "model": checkpoint.model,
        "optimizer": checkpoint.optimizer,
        "scaler": checkpoint.scaler,
        "random_state": checkpoint.random_state,
        "points": [list(vars(point).values()) for point in checkpoint.points],
    }
    with atomic_file(path) as temporary:
        torch.save(content, temporary)


def load_checkpoint(path: Path, settings: TrainSettings) -> Checkpoint | None:
    """Return the checkpoint at ``path``, None where there is none.

    Raises HeddleError for a file that is no checkpoint, or that is of a run with other settings. Nothing in the file
    is run: only tensors and plain values are read.
    """
    if not path.exists():
        return None
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
        if content["settings"] != settings.digest:
            raise HeddleError(
                f"{path}: is the checkpoint of a run with other settings; give another --out, or remove it"
            )
        return Checkpoint(
            model=content["model"],
            optimizer=content["optimizer"],
            scaler=content["scaler"],
            random_state=content["random_state"],
            points=tuple(EpochPoint(*values) for values in content["points"]),
        )
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, ValueError, pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0][:120] or type(error).__name__
        raise HeddleError(
            f"{path}: cannot be read as a checkpoint ({reason}); remove it to start the run anew"
        ) from None
