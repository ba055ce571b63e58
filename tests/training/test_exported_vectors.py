"""Vector work that an exported model holds, as layers of its network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from small_models import Computes, network_behind
from torch import Tensor, nn
from torch.nn import functional

from heddle.dataflow.network import VectorLayer
from heddle.training.network_of import network_of


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda _, x: functional.relu(x), VectorLayer("relu", "activation", 60, 60)),
        (lambda _, x: x.relu_(), VectorLayer("relu", "activation", 60, 60)),
        (lambda _, x: functional.gelu(x), VectorLayer("gelu", "smooth_activation", 60, 60)),
        (lambda _, x: x.softmax(-1), VectorLayer("softmax", "softmax", 60, 60)),
        (lambda _, x: functional.layer_norm(x, (6,)), VectorLayer("layer_norm", "layernorm", 60, 60)),
        (lambda _, x: x + x.flip(1), VectorLayer("add", "residual", 120, 60)),
        (lambda model, x: x + model.scale, VectorLayer("add", "elementwise", 60, 60, parameters=6)),
        (lambda _, x: torch.cat((x, x[:, :3]), 1), VectorLayer("cat", "elementwise", 78, 78)),
        (lambda _, x: x.mean(1), VectorLayer("mean", "pool", 60, 6, window=10)),
        (lambda _, x: x.amax(2), VectorLayer("amax", "pool", 60, 10, window=6)),
        (lambda _, x: torch.maximum(x, x.flip(1)), VectorLayer("maximum", "elementwise", 120, 60)),
        (lambda _, x: x.max(dim=1).values, VectorLayer("max", "pool", 60, 6, window=10)),
        (lambda _, x: functional.max_pool1d(x, 2), VectorLayer("max_pool1d", "pool", 60, 30, window=2)),
        (lambda _, x: functional.avg_pool2d(x[:, None], 2), VectorLayer("avg_pool2d", "pool", 60, 15, window=4)),
        (lambda model, x: torch.einsum("bti,i->bti", x, model.scale), VectorLayer("einsum", "elementwise", 60, 60, 6)),
    ],
)
def test_vector_work(function: Callable[[Computes, Tensor], Tensor], expected: VectorLayer) -> None:
    network = network_behind(lambda model, x: model.fc(x).sum() + function(model, x))
    assert expected in network.layers


@pytest.mark.parametrize(
    "function",
    [
        lambda _, x: x.reshape(-1, 60).unflatten(1, (6, 10)).transpose(1, 2),
        lambda _, x: x.chunk(2, dim=1)[0].unbind(1)[0],
        lambda _, x: functional.dropout(x, 0.1),
        lambda _, x: x * 0.5,
        lambda _, x: (x - 1) / 3,
        lambda _, x: x.expand(3, -1, -1, -1).select(0, 1).contiguous().to(torch.float32),
        lambda model, _: (model.scale.exp() + 1).softmax(0),
    ],
)
def test_views_dropout_scaling_by_a_number_and_work_on_no_data_are_free(
    function: Callable[[Computes, Tensor], Tensor],
) -> None:
    network = network_behind(lambda model, x: (function(model, x), model.fc(x)))  # type: ignore[arg-type, return-value]
    assert [layer.name for layer in network.layers] == ["fc"]


def test_a_pooling_onto_the_same_map_is_free_and_onto_another_has_its_window() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d((6, 6)), nn.AdaptiveMaxPool2d((2, 3)))
    assert network_of(model, (3, 6, 6), "model").layers[1:] == (VectorLayer("2", "pool", 144, 24, window=6),)


def test_an_embedding_is_read_by_the_row() -> None:
    def embed(model: Computes, x: Tensor) -> Tensor:
        return functional.embedding(x[..., 0].long(), model.matrix)

    assert network_behind(lambda model, x: embed(model, x) @ model.matrix.T).layers[0] == VectorLayer(
        "embedding", "embedding", 10, 40, parameters=24
    )
