"""Attention as PyTorch users write it, small, and its exports: for the tests of the ONNX reader.

``python tests/support/torch_models.py`` writes the files of ``tests/dataflow/onnx_reader/exports`` again, with their
weights left out; it needs the package onnxscript, as the exporter does that it uses.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import onnx
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from heddle.training import densify, sparsify

EXPORTS = Path(__file__).parent.parent / "dataflow" / "onnx_reader" / "exports"
TOKENS, WIDTH, HEADS, HIDDEN = 6, 32, 4, 64


class ScaledDotProduct(nn.Module):
    """Causal attention with its three projections."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (self._heads(project(x)) for project in (self.q, self.k, self.v))
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return y.transpose(1, 2).reshape(x.shape)

    @staticmethod
    def _heads(x: Tensor) -> Tensor:
        return x.view(x.shape[0], x.shape[1], HEADS, WIDTH // HEADS).transpose(1, 2)


class SelfAttention(nn.Module):
    """``nn.MultiheadAttention`` of a sequence with itself."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.attention(x, x, x, need_weights=False)[0]
        return y


class EncoderLayer(nn.Module):
    """``nn.TransformerEncoderLayer`` inside a module: PyTorch fails to trace it by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x)
        return y


class Vit(nn.Module):
    """Patches, a class token that is expanded over the batch, positions, one encoder layer, a head."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, 8, 8)
        self.token = nn.Parameter(torch.rand(1, 1, WIDTH))
        self.positions = nn.Parameter(torch.rand(1, 17, WIDTH))
        self.encoder = nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, batch_first=True)
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(tokens.shape[0], -1, -1), tokens], 1) + self.positions
        y: Tensor = self.head(self.encoder(tokens)[:, 0])
        return y


class MaskedText(nn.Module):
    """Embeddings, positions by arange, a causal mask by tril, a padding mask as Hugging Face extends it."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(50, WIDTH), nn.Embedding(64, WIDTH)
        self.q, self.head = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        batch, tokens = ids.shape
        x = self.words(ids) + self.positions(torch.arange(tokens).unsqueeze(0))
        q = self.q(x).view(batch, tokens, HEADS, WIDTH // HEADS).transpose(1, 2)
        least = torch.finfo(x.dtype).min
        padding = (1.0 - mask[:, None, None, :].to(x.dtype)) * least
        causal = torch.tril(torch.ones(tokens, tokens, dtype=torch.bool))
        scores = q @ q.transpose(-1, -2) / (q.shape[-1] ** 0.5)
        scores = torch.where(causal, scores, torch.tensor(least)) + padding
        y = (scores.softmax(-1) @ q).transpose(1, 2).contiguous().view(batch, tokens, WIDTH)
        logits: Tensor = self.head(y[:, 0])
        return logits


class Reshapes(nn.Module):
    """Maps cut, shuffled and folded in every way that moves elements alone, between layers that are pruned."""

    def __init__(self) -> None:
        super().__init__()
        self.folded = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.Unflatten(1, (32, -1, 2)))
        self.grown = nn.Sequential(nn.Conv2d(16, 32, 1), nn.PixelShuffle(2), nn.PixelUnshuffle(2))
        self.mixed = nn.Conv2d(48, 16, 3, padding=1)
        self.head = nn.Sequential(nn.Flatten(1), nn.Linear(64, 16))

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.folded(x).chunk(2, 1)
        maps = torch.cat([first, self.grown(second)], 1)
        shuffled = maps.view(-1, 2, 24, *maps.shape[2:]).transpose(1, 2).flatten(1, 2)
        logits: Tensor = self.head(self.mixed(shuffled))
        return logits


def _densified_reshapes() -> nn.Module:
    """What trained sparse, in PyTorch's own classes again."""
    return densify(sparsify(Reshapes(), "bdwp", "2:8"))


def _sequence(batch: int) -> tuple[Tensor, ...]:
    return (torch.zeros(batch, TOKENS, WIDTH),)


def _image(batch: int) -> tuple[Tensor, ...]:
    return (torch.zeros(batch, 3, 32, 32),)


def _text(batch: int) -> tuple[Tensor, ...]:
    return torch.zeros(batch, TOKENS, dtype=torch.long), torch.ones(batch, TOKENS, dtype=torch.long)


def _map(batch: int) -> tuple[Tensor, ...]:
    return (torch.zeros(batch, 1, 8, 8),)


MODELS: dict[str, tuple[Callable[[], nn.Module], Callable[[int], tuple[Tensor, ...]]]] = {
    "scaled_dot_product": (ScaledDotProduct, _sequence),
    "multihead": (SelfAttention, _sequence),
    "encoder_layer": (EncoderLayer, _sequence),
    "vit": (Vit, _image),
    "masked_text": (MaskedText, _text),
    "densified_reshapes": (_densified_reshapes, _map),
}


def export_by_tracing(name: str, path: Path, *, open_batch: bool) -> None:
    """Export a model with PyTorch's TorchScript exporter, as it trains: PyTorch fuses an encoder's evaluation."""
    build, make_inputs = MODELS[name]
    inputs = make_inputs(2 if open_batch else 1)
    names = [f"x{position}" for position in range(len(inputs))]
    axes = {name: {0: "batch"} for name in names} if open_batch else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            build().train(),
            inputs,
            path,
            dynamo=False,
            input_names=names,
            dynamic_axes=axes,
            training=torch.onnx.TrainingMode.TRAINING,
            do_constant_folding=False,
        )


def export_by_dynamo(name: str, path: Path, *, open_batch: bool) -> None:
    """Export a model with PyTorch's newer exporter, and leave out what no test reads: weights and stack traces."""
    build, make_inputs = MODELS[name]
    inputs = make_inputs(2 if open_batch else 1)
    batch = torch.export.Dim("batch")
    shapes = tuple({0: batch} for _ in inputs) if open_batch else None
    program = torch.onnx.export(build().eval(), inputs, dynamo=True, dynamic_shapes=shapes, verbose=False)
    assert program is not None
    model = program.model_proto
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.raw_data) > 4:
            tensor.ClearField("raw_data")
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer):
        del part.metadata_props[:]
    del model.graph.value_info[:]
    path.write_bytes(model.SerializeToString())


if __name__ == "__main__":
    for each in MODELS:
        for kind in ("open", "fixed"):
            export_by_dynamo(each, EXPORTS / f"{each}_{kind}.onnx", open_batch=kind == "open")
