"""Checkpoints: the state of a run at the end of an epoch, from which it goes on to the same end.

A file begins with one line: a name, the digest of the run's settings, and the SHA-256 of all that follows, which
is what ``torch.save`` writes. PyTorch itself does not notice a changed byte.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import atomic_file
from heddle.training.settings import TrainSettings

_NAME = "heddle-checkpoint-1"
_REMEDY = "remove it to start the run anew"


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
    """Write ``checkpoint`` to ``path``, whole or not at all; raises HeddleError where it cannot be written."""
    content = io.BytesIO()
    torch.save(
        {
            "model": checkpoint.model,
            "optimizer": checkpoint.optimizer,
            "scaler": checkpoint.scaler,
            "random_state": checkpoint.random_state,
            "points": [list(vars(point).values()) for point in checkpoint.points],
        },
        content,
    )
    payload = content.getbuffer()
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        file.write(f"{_NAME} {settings.digest} {hashlib.sha256(payload).hexdigest()}\n".encode())
        file.write(payload)
        file.flush()
        os.fsync(file.fileno())


def load_checkpoint(path: Path, settings: TrainSettings) -> Checkpoint | None:
    """Return the checkpoint at ``path``, None where there is none.

    Raises HeddleError for a file that is no checkpoint, that is damaged, or that is of a run with other settings.
    Nothing in the file is run: only tensors and plain values are read.
    """
    payload = _checked_payload(path, settings)
    if payload is None:
        return None
    try:
        content = torch.load(io.BytesIO(payload), weights_only=True, map_location="cpu")
        return Checkpoint(
            model=content["model"],
            optimizer=content["optimizer"],
            scaler=content["scaler"],
            random_state=content["random_state"],
            points=tuple(EpochPoint(*values) for values in content["points"]),
        )
    except (RuntimeError, EOFError, KeyError, TypeError, ValueError, pickle.UnpicklingError) as error:
        raise HeddleError(
            f"{path}: cannot be read as a checkpoint ({type(error).__name__}: {str(error)[:80]}); {_REMEDY}"
        ) from None


def _checked_payload(path: Path, settings: TrainSettings) -> bytes | None:
    try:
        header, _, payload = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HeddleError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    words = header.decode("ascii", "replace").split(" ")
    if len(words) != 3 or words[0] != _NAME:
        raise HeddleError(f"{path}: is no checkpoint of this tool; {_REMEDY}")
    if words[2] != hashlib.sha256(payload).hexdigest():
        raise HeddleError(f"{path}: is damaged or cut short; {_REMEDY}")
    if words[1] != settings.digest:
        raise HeddleError(f"{path}: is the checkpoint of a run with other settings; give another --out, or remove it")
    return payload
