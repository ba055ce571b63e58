"""Vision transformers (Dosovitskiy et al. 2020), laid out as timm does and with its names.

``vit-small`` has the shape of DeiT-S (Touvron et al. 2021): width 384, 12 blocks, 6 heads; patches of 16
pixels, or of 4 where neither side of the image is over 64. ``vit-tiny`` is for quick runs and is none of the
published ones: width 64, 4 blocks, 4 heads; patches of 16, 4, or 2 where neither side is over 16.

There is no dropout. As in timm, linear weights and position embeddings are drawn from a normal distribution
with deviation 0.02, the class token with
deviation 1e-6, biases are zero, and the patch embedding keeps PyTorch's default.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from heddle.arch.errors import HeddleError
from heddle.training.models.attention import SelfAttention
from heddle.training.models.image import ImageShape

_DEVIATION = 0.02
_CLASS_TOKEN_DEVIATION = 1e-6
_NORM_EPSILON = 1e-6  # timm's
_FEEDFORWARD_EXPANSION = 4
_PATCH = 16
_SMALL_IMAGE_PATCH = 4
_TINY_IMAGE_PATCH = 2
_LARGEST_TINY_SIDE = 16


@dataclass(frozen=True)
class VitShape:
    """Sizes of a vision transformer; ``patch`` is a patch's side in pixels."""

    patch: int
    width: int
    blocks: int
    heads: int


class PatchEmbedding(nn.Module):
    """Image to tokens: a convolution ``proj`` whose kernel and stride are the patch."""

    def __init__(self, channels: int, patch: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, patch, stride=patch)

    def forward(self, x: Tensor) -> Tensor:
        """Return tokens [B, patches, width] of images [B, C, H, W], patches row by row."""
        return self.proj(x).flatten(2).transpose(1, 2)


class FeedForward(nn.Module):
    """``fc1``, GELU ``act``, ``fc2``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, _FEEDFORWARD_EXPANSION * width)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(_FEEDFORWARD_EXPANSION * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, tokens, width] of ``x``, which has the same shape."""
        return self.fc2(self.act(self.fc1(x)))


class Block(nn.Module):
    """A pre-norm encoder block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=_NORM_EPSILON)
        self.attn = SelfAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=_NORM_EPSILON)
        self.mlp = FeedForward(width)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, tokens, width] of ``x``, which has the same shape."""
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    """Patch embedding, class token, position embedding, blocks, ``norm``, classifier ``head`` on the class token."""

    def __init__(self, image: ImageShape, shape: VitShape, classes: int) -> None:
        super().__init__()
        patches = (image.height // shape.patch) * (image.width // shape.patch)
        self.patch_embed = PatchEmbedding(image.channels, shape.patch, shape.width)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, shape.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, patches + 1, shape.width))
        self.blocks = nn.Sequential(*(Block(shape.width, shape.heads) for _ in range(shape.blocks)))
        self.norm = nn.LayerNorm(shape.width, eps=_NORM_EPSILON)
        self.head = nn.Linear(shape.width, classes)
        self._initialise()

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [B, classes] of images [B, C, H, W]."""
        tokens = self.patch_embed(x)
        class_token = self.cls_token.expand(tokens.shape[0], -1, -1)
        tokens = torch.cat((class_token, tokens), dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(tokens))[:, 0])

    def _initialise(self) -> None:
        nn.init.normal_(self.cls_token, std=_CLASS_TOKEN_DEVIATION)
        nn.init.trunc_normal_(self.pos_embed, std=_DEVIATION)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=_DEVIATION)
                nn.init.zeros_(module.bias)


def build_vit_small(image: ImageShape, classes: int) -> nn.Module:
    """Return ViT-Small; both sides of the image are multiples of the patch."""
    patch = _SMALL_IMAGE_PATCH if image.is_small else _PATCH
    return _build("vit-small", image, VitShape(patch, width=384, blocks=12, heads=6), classes)


def build_vit_tiny(image: ImageShape, classes: int) -> nn.Module:
    """Return the transformer for quick runs; both sides of the image are multiples of the patch."""
    patch = _SMALL_IMAGE_PATCH if image.is_small else _PATCH
    if max(image.height, image.width) <= _LARGEST_TINY_SIDE:
        patch = _TINY_IMAGE_PATCH
    return _build("vit-tiny", image, VitShape(patch, width=64, blocks=4, heads=4), classes)


def _build(name: str, image: ImageShape, shape: VitShape, classes: int) -> nn.Module:
    if image.height % shape.patch or image.width % shape.patch:
        raise HeddleError(
            f"{name}: the image is {image.height} x {image.width} "
            f"(valid: multiples of {shape.patch}, the patch's side at this size)"
        )
    return VisionTransformer(image, shape, classes)
