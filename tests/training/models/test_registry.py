"""Models by name: what they take, what they give, and what they refuse."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from whole_model import weightless

from heddle.arch.errors import HeddleError
from heddle.training.models import build_model, model_names

SMALLEST = {
    "mlp": 1,
    "cnn-small": 1,
    "resnet9-small": 3,
    "resnet9": 11,
    "resnet18": 1,
    "vgg19": 32,
    "vit-tiny": 2,
    "vit-small": 4,
}


def test_every_model_is_tried_here() -> None:
    assert set(model_names()) == set(SMALLEST)


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_image_is_taken_and_gives_a_logit_a_class(name: str) -> None:
    model = build_model(name, (2, SMALLEST[name], SMALLEST[name]), 7).eval()
    with torch.no_grad():
        assert model(torch.zeros(3, 2, SMALLEST[name], SMALLEST[name])).shape == (3, 7)


@pytest.mark.parametrize("name", ["resnet9-small", "resnet9", "vgg19"])
def test_a_smaller_image_is_refused(name: str) -> None:
    least = SMALLEST[name]
    with pytest.raises(
        HeddleError, match=f"{name}: the image is too small: {least} x {least - 1} .valid: at least {least} x"
    ):
        build_model(name, (3, least, least - 1), 10)


@settings(max_examples=10)
@given(
    name=st.sampled_from(["mlp", "resnet9-small", "resnet9", "resnet18", "vgg19"]),
    height=st.integers(32, 100),
    width=st.integers(32, 100),
    channels=st.integers(1, 4),
    classes=st.integers(1, 20),
)
def test_images_need_not_be_square(name: str, height: int, width: int, channels: int, classes: int) -> None:
    model = weightless(name, (channels, height, width), classes)
    assert model(torch.zeros(2, channels, height, width, device="meta")).shape == (2, classes)


def test_the_seed_of_torch_fixes_the_weights() -> None:
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(
            torch.cat([parameter.flatten() for parameter in build_model("vit-tiny", (1, 8, 8), 10).parameters()])
        )
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("name", model_names())
def test_layers_with_weights_are_of_the_plain_types_that_can_be_made_sparse(name: str) -> None:
    model = weightless(name, (3, 64, 64), 10)
    weighted = [module for module in model.modules() if isinstance(module, nn.Linear | nn.modules.conv._ConvNd)]
    assert {type(module) for module in weighted} <= {nn.Linear, nn.Conv2d}


@pytest.mark.parametrize("name", ["resnet9-small", "vit-tiny", "mlp"])
def test_gradients_reach_every_parameter(name: str) -> None:
    torch.manual_seed(0)
    model = build_model(name, (1, 8, 8), 10)
    model(torch.randn(4, 1, 8, 8)).square().sum().backward()
    assert all(parameter.grad is not None and bool(parameter.grad.any()) for parameter in model.parameters())


def test_an_unknown_model_is_told_with_the_nearest_one() -> None:
    with pytest.raises(
        HeddleError, match=r"unknown model 'resnet-18'; did you mean 'resnet18'\? \(valid: mlp, cnn-small, "
    ):
        build_model("resnet-18", (3, 32, 32), 10)


@pytest.mark.parametrize("shape", [(0, 8, 8), (1, 8), (1, 8, -8)])
def test_a_shape_is_three_positive_sizes(shape: tuple[int, int, int]) -> None:
    with pytest.raises(HeddleError, match=r"mlp: the shape of a sample is \(.*\) \(valid: channels, height, width"):
        build_model("mlp", shape, 10)


def test_there_is_at_least_one_class() -> None:
    with pytest.raises(HeddleError, match=r"mlp: 0 classes \(valid: at least 1\)"):
        build_model("mlp", (1, 8, 8), 0)
