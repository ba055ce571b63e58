"""Settings of a training run: what makes two runs the same one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from heddle.training.settings import TrainSettings

BASE = TrainSettings(model="mlp", data="digits", recipe="bdwp")
OTHER_VALUES: dict[str, Any] = {
    "model": "resnet9",
    "data": "cifar10",
    "recipe": "sr-ste",
    "ratios": "erk",
    "sparsity": "1:8",
    "arithmetic": "fp16",
    "dense": ("fc2",),
    "seed": 1,
    "epochs": 31,
    "batch": 65,
    "optimizer": "adam",
    "learning_rate": 0.06,
    "momentum": 0.8,
    "weight_decay": 0.0,
    "train_samples": 300,
    "image_size": 64,
    "device": "cuda",
    "threads": 2,
    "recipe_sha256": "ab",
    "data_folder": "/data",
}


def test_the_table_of_other_values_names_every_setting() -> None:
    assert OTHER_VALUES.keys() == TrainSettings.model_fields.keys()


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_another_value_of_any_setting_is_another_run(name: str) -> None:
    other = BASE.model_copy(update={name: OTHER_VALUES[name]})
    assert other.digest != BASE.digest
    assert other.name != BASE.name


def test_equal_settings_are_the_same_run() -> None:
    assert TrainSettings(recipe="bdwp", data="digits", model="mlp").digest == BASE.digest


def test_the_name_of_a_run_reads_as_what_it_is_and_is_one_folder() -> None:
    assert re.fullmatch(r"mlp-digits-bdwp-2of8-seed0-[0-9a-f]{10}", BASE.name)
    own = BASE.model_copy(update={"recipe": "/home/me/mine.py"})
    assert re.fullmatch(r"mlp-digits-mine\.py-2of8-seed0-[0-9a-f]{10}", own.name)


def test_the_dense_run_to_compare_with_is_one_for_all_recipes_and_ratios() -> None:
    others = ({"recipe": "sr-ste"}, {"sparsity": "1:16"}, {"dense": ("fc2",)}, {"recipe_sha256": "ab"})
    assert {BASE.model_copy(update=each).as_dense for each in others} == {BASE.as_dense}
    assert re.fullmatch(r"mlp-digits-dense-seed0-[0-9a-f]{10}", BASE.as_dense.name)


@pytest.mark.parametrize(
    "name", [name for name in OTHER_VALUES if name not in {"recipe", "sparsity", "ratios", "dense", "recipe_sha256"}]
)
def test_the_dense_run_shares_all_other_settings(name: str) -> None:
    other = BASE.model_copy(update={name: OTHER_VALUES[name]})
    assert getattr(other.as_dense, name) == OTHER_VALUES[name]


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"batch": 0}, {"learning_rate": 0}, {"momentum": 1}, {"optimizer": "adamw"}, {"y": 1}],
)
def test_values_out_of_range_and_unknown_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrainSettings.model_validate({"model": "mlp", "data": "digits", **wrong})
