"""One training run: from settings to a trained model and its curve, through checkpoints."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from heddle.arch.errors import HeddleError
from heddle.training.checkpoint import Checkpoint, EpochPoint, load_checkpoint, save_checkpoint
from heddle.training.data.registry import load_data
from heddle.training.data.samples import DataSet, Samples
from heddle.training.loss_scale import LossScale, under_loss_scale
from heddle.training.measured import Operand
from heddle.training.models.registry import build_model
from heddle.training.policy import Policy, layer_choices
from heddle.training.processes import Progress
from heddle.training.ratios import layer_sparsities
from heddle.training.recipe_file import resolve_recipe
from heddle.training.settings import TrainSettings
from heddle.training.sparsifying import FLOAT, sparsified_layers, sparsify

CHECKPOINT_NAME = "checkpoint.pt"
_TEST_BATCH = 512
_FIRST_LOSS_SCALE = 2.0**15
_SCALE_GROWTH_STEPS = 1000


@dataclass(frozen=True)
class RunResult:
    """A finished run: its settings, and a point of its curve for each epoch.

    ``wu_operands`` are the layers that chose the operand of WU by measuring, and what they chose.
    """

    settings: TrainSettings
    points: tuple[EpochPoint, ...]
    wu_operands: tuple[tuple[str, Operand], ...] = ()

    @property
    def accuracy(self) -> float:
        """Test accuracy after the last epoch, per cent."""
        return self.points[-1].test_accuracy


def train(
    settings: TrainSettings, data_folder: Path | None, folder: Path | None, progress: Progress
) -> tuple[RunResult, nn.Module]:
    """Train as ``settings`` say; return the result and the model.

    ``folder`` takes a checkpoint after every epoch, and one that is there already is gone on from: the run then ends
    with the same bits as without the interruption. ``progress`` is told epochs done and all. Raises HeddleError for
    settings that cannot be used and for a loss that is no number any more.
    """
    torch.set_num_threads(settings.threads)
    trainer = _Trainer(settings, data_folder)
    path = None if folder is None else folder / CHECKPOINT_NAME
    points = trainer.restore(path) if path is not None else ()
    for epoch in range(len(points), settings.epochs):
        progress(epoch, settings.epochs)
        points = (*points, trainer.epoch(epoch))
        if path is not None:
            save_checkpoint(path, settings, trainer.checkpoint(points))
    progress(settings.epochs, settings.epochs)
    return RunResult(settings, points, _measured_operands(trainer.model)), trainer.model


def _measured_operands(model: nn.Module) -> tuple[tuple[str, Operand], ...]:
    measured = ((name, layer.pruner.measured) for name, layer in sparsified_layers(model))
    return tuple((name, each.chosen) for name, each in measured if each is not None and each.chosen is not None)


class _Trainer:
    """A model in training: its data, optimiser and loss scaling."""

    def __init__(self, settings: TrainSettings, data_folder: Path | None) -> None:
        self.settings = settings
        self.data = data_of(settings, data_folder)
        self.steps_per_epoch = steps_per_epoch(len(self.data.train), settings.batch)
        self.device = torch.device(settings.device)
        self.loss_scale = LossScale()
        self.model = sparse_model(settings, self.data, self.total_steps, self.loss_scale).to(self.device)
        self.optimizer = _optimizer(settings, self.model)
        scaled = settings.arithmetic != FLOAT
        self.scaler = torch.amp.GradScaler(
            self.device.type, _FIRST_LOSS_SCALE, growth_interval=_SCALE_GROWTH_STEPS, enabled=scaled
        )

    @property
    def total_steps(self) -> int:
        return self.settings.epochs * self.steps_per_epoch

    def epoch(self, epoch: int) -> EpochPoint:
        """Train one epoch and test; its order of samples depends on seed and epoch alone."""
        self.model.train()
        order_seed, augment_seed = np.random.SeedSequence((self.settings.seed, epoch)).spawn(2)
        order = np.random.default_rng(order_seed).permutation(len(self.data.train))
        augment = np.random.default_rng(augment_seed)
        loss_sum, skipped = 0.0, 0
        for place, indices in enumerate(_batches(order, self.settings.batch)):
            images, labels = self.data.train.batch(indices, augment)
            loss, applied = self._step(epoch * self.steps_per_epoch + place, images, labels)
            loss_sum += loss * len(indices)
            skipped += not applied
        self._check(loss_sum, epoch)
        for _, layer in sparsified_layers(self.model):
            layer.pruner.note_update(layer.weight)  # so that what is tested is what the checkpoint holds
        accuracy = test_accuracy(self.model, self.data.test, self.device)
        steps = (epoch + 1) * self.steps_per_epoch
        return EpochPoint(epoch + 1, steps, loss_sum / len(self.data.train), accuracy, skipped)

    def _step(self, step: int, images: Tensor, labels: Tensor) -> tuple[float, bool]:
        """One update; the loss, and whether it was applied: loss scaling skips those whose gradients overflow."""
        rate = self.settings.learning_rate * 0.5 * (1 + math.cos(math.pi * step / self.total_steps))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = nn.functional.cross_entropy(self.model(images.to(self.device)), labels.to(self.device))
        self.optimizer.zero_grad(set_to_none=True)
        scale = self.loss_scale.value = self.scaler.get_scale()
        torch.autograd.backward(self.scaler.scale(loss))
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return float(loss.detach()), self.scaler.get_scale() >= scale

    def _check(self, loss_sum: float, epoch: int) -> None:
        if not math.isfinite(loss_sum):
            settings = self.settings
            raise HeddleError(
                f"{settings.name}: the loss is no longer finite in epoch {epoch + 1}; lower the learning rate "
                f"(now {settings.learning_rate:g})"
            )

    def checkpoint(self, points: tuple[EpochPoint, ...]) -> Checkpoint:
        """Return the state after the last of ``points``."""
        return Checkpoint(
            self.model.state_dict(),
            self.optimizer.state_dict(),
            self.scaler.state_dict(),
            torch.cuda.get_rng_state(self.device) if self._on_cuda else torch.get_rng_state(),
            points,
        )

    def restore(self, path: Path) -> tuple[EpochPoint, ...]:
        """Go on from the checkpoint at ``path``; return its points, none where there is no such file."""
        checkpoint = load_checkpoint(path, self.settings)
        if checkpoint is None:
            return ()
        try:
            self.model.load_state_dict(checkpoint.model)
            self.optimizer.load_state_dict(checkpoint.optimizer)
            self.scaler.load_state_dict(checkpoint.scaler)
        except (RuntimeError, KeyError, TypeError, ValueError) as error:
            raise HeddleError(f"{path}: does not fit the model: {str(error)[:120]}; remove it to start anew") from None
        if self._on_cuda:
            torch.cuda.set_rng_state(checkpoint.random_state, self.device)
        else:
            torch.set_rng_state(checkpoint.random_state)
        return checkpoint.points

    @property
    def _on_cuda(self) -> bool:
        return self.device.type == "cuda"


def trained_model(settings: TrainSettings, data_folder: Path | None, folder: Path) -> nn.Module:
    """Return the model of a run from its checkpoint in ``folder``. Raises HeddleError where there is none."""
    trainer = _Trainer(settings, data_folder)
    if not trainer.restore(folder / CHECKPOINT_NAME):
        raise HeddleError(f"{folder}: has no checkpoint")
    return trainer.model


def check_settings(settings: TrainSettings, data: DataSet) -> None:
    """Raise HeddleError for settings that no run on ``data`` could begin with; costs a model and no training."""
    model = sparse_model(settings, data, 1, LossScale()).train()
    smallest = min(len(indices) for indices in _batches(np.arange(len(data.train)), settings.batch))
    if smallest == 1:
        try:
            model(torch.zeros(1, *data.shape))
        except ValueError:  # of a batch norm over one number a channel
            raise HeddleError(
                f"{settings.model}: its batch norm needs at least 2 samples a step; raise --batch or --train-samples"
            ) from None


def steps_per_epoch(samples: int, batch: int) -> int:
    """Return the updates of an epoch: a last batch of one sample joins the one before it."""
    return sum(1 for _ in _batches(np.arange(samples), batch))


def sparse_model(settings: TrainSettings, data: DataSet, steps: int, loss_scale: LossScale) -> nn.Module:
    """Return the model of ``settings``, its weights drawn by the seed, ready to train by the recipe for ``steps``.

    ``loss_scale`` is to hold the factor of the loss at every backward pass.
    """
    torch.manual_seed(settings.seed)
    model = build_model(settings.model, data.shape, data.classes)
    recipe, policy = resolve_recipe(settings.recipe), Policy(dense=settings.dense)
    choices = layer_choices(model, recipe, settings.sparsity, policy)
    return sparsify(
        model,
        under_loss_scale(recipe, loss_scale),
        layer_sparsities(settings.ratios, model, choices),
        policy=policy,
        steps=steps,
        arithmetic=settings.arithmetic,
        seed=settings.seed,
    )


def test_accuracy(model: nn.Module, samples: Samples, device: torch.device) -> float:
    """Return the share of ``samples`` that ``model`` classifies rightly, per cent."""
    model.eval()
    right = 0
    with torch.no_grad():
        for indices in _batches(np.arange(len(samples)), _TEST_BATCH):
            images, labels = samples.batch(indices)
            right += int((model(images.to(device)).argmax(1).cpu() == labels).sum())
    return 100 * right / len(samples)


def data_of(settings: TrainSettings, folder: Path | None) -> DataSet:
    """Return the data set of ``settings``, its files in ``folder``; the seed draws its split."""
    return load_data(
        settings.data,
        folder,
        seed=settings.seed,
        train_samples=settings.train_samples,
        image_size=settings.image_size,
    )


def _optimizer(settings: TrainSettings, model: nn.Module) -> torch.optim.Optimizer:
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.optimizer == "adam":
        return torch.optim.Adam(model.parameters(), lr=rate, weight_decay=decay)
    return torch.optim.SGD(model.parameters(), lr=rate, momentum=settings.momentum, weight_decay=decay)


def _batches(order: npt.NDArray[np.int64], size: int) -> Iterator[npt.NDArray[np.int64]]:
    """``order`` in runs of ``size``; a last run of one sample joins the one before: batch norm has no use for one."""
    starts = list(range(0, len(order), size))
    if len(starts) > 1 and len(order) - starts[-1] == 1:
        starts.pop()
    for place, start in enumerate(starts):
        yield order[start : starts[place + 1]] if place + 1 < len(starts) else order[start:]
