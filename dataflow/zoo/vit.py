"""ViT-Small with 16 x 16 patches (width 384, 12 blocks, 6 heads), as timm builds it and with its names.

It has the shape of DeiT-S (Touvron et al. 2021).
"""

from __future__ import annotations

from heddle.arch.errors import HeddleError
from heddle.dataflow.assemble import assemble_network, first_data_fed
from heddle.dataflow.network import Layer, LinearLayer, Network, VectorLayer
from heddle.dataflow.zoo.image_stack import FeatureMap, ImageStack
from heddle.dataflow.zoo.transformer import EncoderShape

_PATCH = 16
_WIDTH = 384
_BLOCKS = 12
_HEADS = 6


def build_vit_small(image_size: int = 224, classes: int = 1000) -> Network:
    """ViT-Small/16 on an RGB image; ``image_size`` is a multiple of the patch side, 16."""
    if image_size % _PATCH:
        raise HeddleError(f"vit-small: image size {image_size} is not a multiple of the patch side {_PATCH}")
    patches = ImageStack("vit-small", FeatureMap(3, image_size, image_size))
    patches.conv("patch_embed.proj", _WIDTH, _PATCH, stride=_PATCH, padding=0, bias=True)
    encoder = EncoderShape(
        tokens=patches.shape.height * patches.shape.width + 1,  # one class token
        width=_WIDTH,
        heads=_HEADS,
        feedforward=4 * _WIDTH,
    )
    layers: list[Layer] = [*patches.layers, _position_embedding(encoder)]
    for block in range(_BLOCKS):
        layers += _block(encoder, f"blocks.{block}")
    layers.append(encoder.layernorm("norm"))
    layers.append(LinearLayer("head", 1, _WIDTH, classes, bias=True))
    return assemble_network("vit-small", "zoo", layers, first_data_fed(layers))


def _position_embedding(encoder: EncoderShape) -> VectorLayer:
    """The class token is put in front and a learned position is added to every token."""
    learned = encoder.elements + encoder.width
    return VectorLayer("pos_embed", "elementwise", 2 * encoder.elements, encoder.elements, parameters=learned)


def _block(encoder: EncoderShape, name: str) -> tuple[Layer, ...]:
    """One pre-norm encoder block."""
    return (
        encoder.layernorm(f"{name}.norm1"),
        encoder.linear(f"{name}.attn.qkv", _WIDTH, 3 * _WIDTH),
        *encoder.attention(f"{name}.attn"),
        encoder.linear(f"{name}.attn.proj", _WIDTH, _WIDTH),
        encoder.residual(f"{name}.add1"),
        encoder.layernorm(f"{name}.norm2"),
        encoder.linear(f"{name}.mlp.fc1", _WIDTH, encoder.feedforward),
        encoder.activation(f"{name}.mlp.act"),
        encoder.linear(f"{name}.mlp.fc2", encoder.feedforward, _WIDTH),
        encoder.residual(f"{name}.add2"),
    )
