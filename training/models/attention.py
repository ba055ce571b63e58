"""Multi-head self-attention whose two products of activations are modules of their own."""

from __future__ import annotations

from torch import Tensor, nn

from heddle.training.matmul import Matmul


class SelfAttention(nn.Module):
    """Scaled dot-product attention (Vaswani et al. 2017) of ``heads`` heads over ``width`` features.

    ``qkv`` is one linear layer for queries, keys and values and ``proj`` the one after the heads; ``qk`` and
    ``pv`` are the products. The scores are divided by the square root of a head's width.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} does not divide by {heads} heads")
        self.heads = heads
        self.scale = (width // heads) ** -0.5
        self.qkv = nn.Linear(width, 3 * width)
        self.qk = Matmul()
        self.softmax = nn.Softmax(dim=-1)
        self.pv = Matmul()
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, tokens, width] of ``x``, which has the same shape."""
        batch, tokens, width = x.shape
        per_head = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads)
        queries, keys, values = per_head.permute(2, 0, 3, 1, 4).unbind(0)
        scores = self.qk(queries, keys.transpose(-2, -1)) * self.scale
        mixed = self.pv(self.softmax(scores), values)
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))
