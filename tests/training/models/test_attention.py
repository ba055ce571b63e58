"""Self-attention against PyTorch's own."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention

from heddle.training.matmul import Matmul
from heddle.training.models.attention import SelfAttention


@settings(max_examples=20)
@given(heads=st.integers(1, 4), head_width=st.integers(1, 5), tokens=st.integers(1, 6), batch=st.integers(1, 3))
def test_it_equals_pytorchs_fused_attention(heads: int, head_width: int, tokens: int, batch: int) -> None:
    torch.manual_seed(0)
    width = heads * head_width
    attention = SelfAttention(width, heads)
    x = torch.randn(batch, tokens, width)
    parts = [part.unflatten(-1, (heads, head_width)).transpose(1, 2) for part in attention.qkv(x).split(width, dim=-1)]
    fused = scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2)
    torch.testing.assert_close(attention(x), attention.proj(fused))


def test_its_products_are_two_modules_of_their_own() -> None:
    attention = SelfAttention(8, 2)
    assert type(attention.qk) is type(attention.pv) is Matmul
    assert attention.qk is not attention.pv


def test_the_width_divides_by_the_heads() -> None:
    with pytest.raises(ValueError, match="width 10 does not divide by 4 heads"):
        SelfAttention(10, 4)
