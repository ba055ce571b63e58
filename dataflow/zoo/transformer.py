"""The parts that transformer encoders share: linear layers on tokens, attention products, vector work."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.dataflow.network import LinearLayer, MatmulLayer, VectorLayer


@dataclass(frozen=True)
class EncoderShape:
    """Sizes of an encoder: tokens a sample, embedding width, attention heads, feed-forward width."""

    tokens: int
    width: int
    heads: int
    feedforward: int

    @property
    def elements(self) -> int:
        """Activations of one sample between two blocks."""
        return self.tokens * self.width

    def linear(self, name: str, in_features: int, out_features: int) -> LinearLayer:
        """A linear layer with bias on every token."""
        return LinearLayer(name, self.tokens, in_features, out_features, bias=True)

    def layernorm(self, name: str) -> VectorLayer:
        """A layer normalisation over the embedding, with scale and shift."""
        return VectorLayer(name, "layernorm", self.elements, self.elements, parameters=2 * self.width)

    def residual(self, name: str) -> VectorLayer:
        """The sum of a branch and its shortcut."""
        return VectorLayer(name, "residual", 2 * self.elements, self.elements)

    def activation(self, name: str) -> VectorLayer:
        """The activation between the two feed-forward layers."""
        size = self.tokens * self.feedforward
        return VectorLayer(name, "smooth_activation", size, size)

    def attention(self, name: str) -> tuple[MatmulLayer, VectorLayer, MatmulLayer]:
        """QK^T, softmax and PV of all heads; the scaling by 1/sqrt(d) is part of the softmax."""
        head_width = self.width // self.heads
        scores = self.heads * self.tokens * self.tokens
        return (
            MatmulLayer(f"{name}.qk", self.tokens, head_width, self.tokens, count=self.heads),
            VectorLayer(f"{name}.softmax", "softmax", scores, scores),
            MatmulLayer(f"{name}.pv", self.tokens, self.tokens, head_width, count=self.heads),
        )
