"""The DRAM that a training step needs: tensors kept for the backward pass, gradients, parameters."""

from __future__ import annotations

import pytest

from heddle.dataflow.footprint import capacity_note, step_footprint
from heddle.dataflow.network import LinearLayer, Network, VectorLayer
from heddle.dataflow.zoo import zoo_network

NETWORK = Network(
    "n",
    "test",
    (
        LinearLayer("a", rows=2, in_features=8, out_features=16, bias=True),
        VectorLayer("relu", "activation", 32, 32),
        VectorLayer("norm", "layernorm", 32, 32, parameters=32),
        LinearLayer("b", rows=2, in_features=16, out_features=4),
    ),
)


def test_every_tensor_but_the_fused_ones_is_kept_in_fp16() -> None:
    assert step_footprint(NETWORK, 3, "sgd").activation_bytes == 2 * 3 * (32 + 32 + 8)


def test_the_two_largest_gradients_live_at_once() -> None:
    assert step_footprint(NETWORK, 3, "sgd").gradient_bytes == 2 * 3 * (32 + 32)


@pytest.mark.parametrize(("optimizer", "bytes_each"), [("sgd", 4 * 3 + 4), ("adam", 4 * 4 + 4)])
def test_a_parameter_has_master_gradient_moments_and_two_copies(optimizer: str, bytes_each: int) -> None:
    assert step_footprint(NETWORK, 1, optimizer).parameter_bytes == bytes_each * (8 * 16 + 16 + 32 + 16 * 4)  # type: ignore[arg-type]


def test_a_step_that_fits_says_nothing() -> None:
    assert capacity_note(step_footprint(zoo_network("resnet18"), 512, "sgd"), 4 << 34, 4) is None


def test_a_step_that_does_not_fit_says_what_it_needs_and_what_there_is() -> None:
    footprint = step_footprint(zoo_network("resnet50"), 512, "sgd")
    assert capacity_note(footprint, 1 << 34, 1) == (
        "a step keeps 23.3 GiB in DRAM (activations 21.4, gradients 1.5, parameters 0.4), but the design's 1 channel "
        "has 16.0 GiB: the figures hold for a machine with more memory, or with activations computed again"
    )
