"""How architectures made for 224 pixels begin and end on small images."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from whole_model import weightless

from heddle.arch.errors import HeddleError
from heddle.training.models import build_model


def stem_output(name: str, side: int, module: str) -> tuple[int, ...]:
    """Shape behind a module of the model on one image."""
    model = weightless(name, (3, side, side), 10)
    seen: list[tuple[int, ...]] = []
    model.get_submodule(module).register_forward_hook(lambda _module, _inputs, out: seen.append(tuple(out.shape)))
    model(torch.zeros(1, 3, side, side, device="meta"))
    return seen[0]


@pytest.mark.parametrize(("side", "size"), [(32, 32), (64, 64), (65, 17), (224, 56)])
def test_resnet18_keeps_a_small_image_whole_before_the_first_stage(side: int, size: int) -> None:
    assert stem_output("resnet18", side, "layer1.0.bn2") == (1, 64, size, size)


def test_vgg19_has_one_linear_layer_and_normalisation_on_small_images() -> None:
    small, full = weightless("vgg19", (3, 64, 64), 10), weightless("vgg19", (3, 224, 224), 10)
    assert [type(module) for module in small.modules()].count(nn.BatchNorm2d) == 16
    assert [type(module) for module in small.modules()].count(nn.Linear) == 1
    assert [type(module) for module in full.modules()].count(nn.BatchNorm2d) == 0
    assert [type(module) for module in full.modules()].count(nn.Linear) == 3


@pytest.mark.parametrize(
    ("name", "side", "patch"),
    [("vit-small", 32, 4), ("vit-small", 64, 4), ("vit-small", 80, 16), ("vit-tiny", 8, 2), ("vit-tiny", 20, 4)],
)
def test_a_transformers_patch_follows_the_image(name: str, side: int, patch: int) -> None:
    assert stem_output(name, side, "patch_embed") == (1, (side // patch) ** 2, 384 if name == "vit-small" else 64)


def test_both_sides_of_a_transformers_image_are_multiples_of_its_patch() -> None:
    with pytest.raises(
        HeddleError, match=r"vit-small: the image is 32 x 33 \(valid: multiples of 4, the patch's side at"
    ):
        build_model("vit-small", (3, 32, 33), 10)
    with pytest.raises(HeddleError, match=r"vit-tiny: the image is 9 x 8 \(valid: multiples of 2, the patch's side at"):
        build_model("vit-tiny", (3, 9, 8), 10)
