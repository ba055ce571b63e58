"""One training run: the same end however often it was killed, loss scaling, and settings that cannot be run."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from killed_training import FSYNC, REPLACE, train_until_epoch, train_until_killed
from torch import nn

from heddle.arch.errors import HeddleError
from heddle.arch.sparsity import parse_sparsity
from heddle.training import run as run_module
from heddle.training.checkpoint import Checkpoint, load_checkpoint
from heddle.training.data.registry import load_data
from heddle.training.loss_scale import LossScale
from heddle.training.masks import top_n
from heddle.training.run import CHECKPOINT_NAME, check_settings, sparse_model, steps_per_epoch, train, trained_model
from heddle.training.settings import TrainSettings
from heddle.training.sparsifying import sparsified_layers

BASE = TrainSettings(model="mlp", data="digits", recipe="bdwp", epochs=4, train_samples=100, batch=32)
ON_MACHINE = BASE.model_copy(update={"arithmetic": "fp16"})
RECIPES = {
    "no state": BASE,
    "a held mask and a clock": BASE.model_copy(update={"recipe": "transposable"}),
    "a factor that falls with time": BASE.model_copy(update={"recipe": "mdgf-linear", "optimizer": "adam"}),
    "an operand that is being measured": BASE.model_copy(update={"recipe": "bdwp-wu-measured"}),
    "draws at every step": BASE.model_copy(update={"recipe": "bdwp-wu-sampled"}),
    "a loss scale": ON_MACHINE,
}


def silent(done: int, total: int) -> None:
    return


def state_of(settings: TrainSettings, folder: Path) -> Checkpoint:
    state = load_checkpoint(folder / CHECKPOINT_NAME, settings)
    assert state is not None
    return state


def numbers(value: Any) -> Any:
    """Tensors as bytes, so that states can be compared to the bit."""
    if isinstance(value, torch.Tensor):
        return value.numpy().tobytes()
    if isinstance(value, dict):
        return {key: numbers(inner) for key, inner in value.items()}
    return value


def assert_same_state(settings: TrainSettings, folder: Path, other: Path) -> None:
    one, two = (numbers(vars(state_of(settings, each))) for each in (folder, other))
    assert one == two


@pytest.mark.parametrize("settings", RECIPES.values(), ids=RECIPES)
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bits(settings: TrainSettings, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    undisturbed, _ = train(settings, None, whole, silent)
    train_until_killed(settings, broken, FSYNC, 0)  # while the first checkpoint is written
    assert not (broken / CHECKPOINT_NAME).exists()
    train_until_epoch(settings, broken, 1)
    train_until_killed(settings, broken, REPLACE, 1)  # the third is written, and not yet in its place
    assert len(state_of(settings, broken).points) == 2
    resumed, model = train(settings, None, broken, silent)
    assert resumed == undisturbed
    assert_same_state(settings, whole, broken)
    assert numbers(model.state_dict()) == numbers(state_of(settings, whole).model)


def test_a_finished_run_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = train(BASE, None, tmp_path, silent)
    monkeypatch.setattr(run_module._Trainer, "epoch", None)
    again, model = train(BASE, None, tmp_path, silent)
    assert again == first
    assert numbers(trained_model(BASE, None, tmp_path).state_dict()) == numbers(model.state_dict())


def test_the_same_settings_give_the_same_bits_and_another_seed_others() -> None:
    first, again = train(BASE, None, None, silent), train(BASE, None, None, silent)
    assert first[0] == again[0]
    assert numbers(first[1].state_dict()) == numbers(again[1].state_dict())
    other, _ = train(BASE.model_copy(update={"seed": 1}), None, None, silent)
    assert other.points != first[0].points


def test_progress_is_told_from_nothing_to_all() -> None:
    told: list[tuple[int, int]] = []
    train(BASE, None, None, lambda done, total: told.append((done, total)))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_curve_has_a_point_an_epoch_and_learns() -> None:
    result, _ = train(BASE.model_copy(update={"epochs": 8}), None, None, silent)
    assert [point.epoch for point in result.points] == list(range(1, 9))
    assert [point.steps for point in result.points] == list(range(4, 33, 4))
    assert result.points[-1].loss < result.points[0].loss / 2
    assert result.accuracy > 60


def test_the_learning_rate_falls_along_half_a_cosine(monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    real = torch.optim.SGD.step

    def step(optimizer: torch.optim.SGD, closure: None = None) -> None:
        rates.append(optimizer.param_groups[0]["lr"])
        real(optimizer, closure)

    monkeypatch.setattr(torch.optim.SGD, "step", step)
    train(BASE, None, None, silent)
    assert rates == pytest.approx([0.05 * (1 + math.cos(math.pi * i / 16)) / 2 for i in range(16)])


@pytest.mark.parametrize(
    ("samples", "batch", "steps"), [(100, 32, 4), (97, 32, 3), (98, 32, 4), (20, 64, 1), (1, 8, 1)]
)
def test_a_last_batch_of_one_sample_joins_the_one_before(samples: int, batch: int, steps: int) -> None:
    assert steps_per_epoch(samples, batch) == steps


def test_layers_that_measured_their_operand_are_named() -> None:
    result, model = train(RECIPES["an operand that is being measured"], None, None, silent)
    measured = {name: layer.pruner.measured for name, layer in sparsified_layers(model)}
    assert [name for name, _ in result.wu_operands] == ["fc1", "fc2"]
    for name, operand in result.wu_operands:
        found = measured[name]
        assert found is not None
        assert found.errors[operand] == min(found.errors.values())


def test_updates_whose_gradients_overflow_are_skipped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "_FIRST_LOSS_SCALE", 2.0**40)
    result, model = train(ON_MACHINE, None, None, silent)
    assert sum(point.skipped_steps for point in result.points) > 0
    assert result.points[0].skipped_steps == 4
    assert all(bool(torch.isfinite(tensor).all()) for tensor in model.state_dict().values())


def test_nothing_is_skipped_at_the_usual_scale() -> None:
    result, _ = train(ON_MACHINE, None, None, silent)
    assert [point.skipped_steps for point in result.points] == [0] * 4


def gradients(settings: TrainSettings, scale: float) -> dict[str, torch.Tensor]:
    """The first step's gradients with the loss times ``scale``, divided by it again."""
    data = load_data("digits", train_samples=100)
    loss_scale = LossScale()
    loss_scale.value = scale
    model = sparse_model(settings, data, 16, loss_scale)
    images, labels = data.train.batch(np.arange(32))
    torch.autograd.backward(nn.functional.cross_entropy(model(images), labels) * scale)
    return {name: each.grad / scale for name, each in model.named_parameters() if each.grad is not None}


@pytest.mark.parametrize("recipe", ["dense", "bdwp", "sr-ste", "bi-mask", "bdwp-wu"])
def test_scaling_by_a_power_of_two_changes_no_bit_of_a_gradient_within_range(recipe: str) -> None:
    settings = BASE.model_copy(update={"recipe": recipe, "arithmetic": "bf16"})
    plain, scaled = gradients(settings, 1.0), gradients(settings, 2.0**15)
    assert all(torch.equal(plain[name], scaled[name]) for name in plain)
    half = settings.model_copy(update={"arithmetic": "fp16"})
    # FP16 has few exponents: between these scales nothing of this step is lost at either end.
    low, high = gradients(half, 2.0**13), gradients(half, 2.0**14)
    assert all(torch.equal(low[name], high[name]) for name in low if name.startswith("fc3"))


def test_what_a_recipe_adds_to_the_gradient_is_added_whole_whatever_the_scale() -> None:
    ste, plain = (gradients(ON_MACHINE.model_copy(update={"recipe": name}), 2.0**15) for name in ("sr-ste", "bdwp"))
    model = sparse_model(ON_MACHINE, load_data("digits", train_samples=100), 16, LossScale())
    weight = model.get_parameter("fc2.weight").detach()
    pruned = top_n(weight.half().float(), parse_sparsity("2:8"), 1) == 0  # masks are of the weights as 16-bit numbers
    # Both recipes have the same FF, so the same WU of the last pruned layer.
    added = ste["fc2.weight"] - plain["fc2.weight"]
    torch.testing.assert_close(added, 2e-4 * weight * pruned, rtol=1e-3, atol=1e-7)


def test_a_loss_that_is_no_number_is_one_line() -> None:
    wild = BASE.model_copy(update={"learning_rate": 1000.0, "weight_decay": 1000.0, "recipe": "dense", "epochs": 8})
    with pytest.raises(HeddleError, match=r"^mlp-digits-dense-.*: the loss is no longer finite in epoch \d; lower the"):
        train(wild, None, None, silent)


def test_a_model_without_its_checkpoint_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HeddleError, match=f"^{re.escape(str(tmp_path))}: has no checkpoint$"):
        trained_model(BASE, None, tmp_path)


def test_a_checkpoint_that_does_not_fit_the_model_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(BASE.model_copy(update={"epochs": 1}), None, tmp_path, silent)
    monkeypatch.setattr(run_module, "load_checkpoint", lambda path, settings: state_with_another_model(path))
    with pytest.raises(HeddleError, match=r"checkpoint.pt: does not fit the model: .*; remove it to start anew$"):
        trained_model(BASE, None, tmp_path)


def state_with_another_model(path: Path) -> Checkpoint:
    state = state_of(BASE.model_copy(update={"epochs": 1}), path.parent)
    return Checkpoint({"other": torch.zeros(1)}, state.optimizer, state.scaler, state.random_state, state.points)


def test_batches_of_one_sample_are_told_before_a_run_where_batch_norm_cannot_take_them() -> None:
    data = load_data("digits", train_samples=10)
    with pytest.raises(HeddleError, match=r"^mlp: its batch norm needs at least 2 samples a step; raise --batch or "):
        check_settings(BASE.model_copy(update={"batch": 1}), data)
    check_settings(BASE.model_copy(update={"batch": 3}), data)  # 3, 3, 4


def test_settings_that_cannot_be_run_are_told_before_a_run() -> None:
    data = load_data("digits", train_samples=10)
    with pytest.raises(HeddleError, match=r"^unknown layer pattern 'fx\*' \(valid: fc1, fc2, fc3\)$"):
        check_settings(BASE.model_copy(update={"dense": ("fx*",)}), data)
    with pytest.raises(HeddleError, match=r"^vgg19: the image is too small"):
        check_settings(BASE.model_copy(update={"model": "vgg19"}), data)
