"""BERT-base, uncased (Devlin et al. 2018): embeddings, 12 encoder layers and the pooler.

It is the encoder alone, without the heads for pre-training, with the names of Hugging Face's BertModel.
"""

from __future__ import annotations

from heddle.arch.errors import HeddleError
from heddle.dataflow.assemble import assemble_network, first_data_fed
from heddle.dataflow.network import Layer, LinearLayer, Network, VectorLayer
from heddle.dataflow.zoo.transformer import EncoderShape

_WIDTH = 768
_LAYERS = 12
_HEADS = 12
_FEEDFORWARD = 3072
_VOCABULARY = 30522
_POSITIONS = 512
_TOKEN_TYPES = 2


def build_bert_base(sequence_length: int = 128) -> Network:
    """BERT-base on ``sequence_length`` tokens, 512 at most."""
    if sequence_length > _POSITIONS:
        raise HeddleError(f"bert-base: sequence length {sequence_length} is over the {_POSITIONS} it has positions for")
    encoder = EncoderShape(sequence_length, _WIDTH, _HEADS, _FEEDFORWARD)
    layers: list[Layer] = [*_embeddings(encoder)]
    for index in range(_LAYERS):
        layers += _encoder_layer(encoder, f"encoder.layer.{index}")
    layers.append(LinearLayer("pooler.dense", 1, _WIDTH, _WIDTH, bias=True))
    layers.append(VectorLayer("pooler.activation", "smooth_activation", _WIDTH, _WIDTH))
    return assemble_network("bert-base", "zoo", layers, first_data_fed(layers))


def _embeddings(encoder: EncoderShape) -> tuple[VectorLayer, ...]:
    return (
        _table(encoder, "word", _VOCABULARY),
        _table(encoder, "token_type", _TOKEN_TYPES),
        encoder.residual("embeddings.add_token_type"),
        _table(encoder, "position", _POSITIONS),
        encoder.residual("embeddings.add_position"),
        encoder.layernorm("embeddings.LayerNorm"),
    )


def _table(encoder: EncoderShape, kind: str, entries: int) -> VectorLayer:
    """An embedding: one row of the table is read for every token."""
    size = encoder.elements
    return VectorLayer(f"embeddings.{kind}_embeddings", "embedding", size, size, parameters=entries * _WIDTH)


def _encoder_layer(encoder: EncoderShape, name: str) -> tuple[Layer, ...]:
    """One post-norm encoder layer."""
    attention = f"{name}.attention"
    return (
        encoder.linear(f"{attention}.self.query", _WIDTH, _WIDTH),
        encoder.linear(f"{attention}.self.key", _WIDTH, _WIDTH),
        encoder.linear(f"{attention}.self.value", _WIDTH, _WIDTH),
        *encoder.attention(f"{attention}.self"),
        encoder.linear(f"{attention}.output.dense", _WIDTH, _WIDTH),
        encoder.residual(f"{attention}.output.add"),
        encoder.layernorm(f"{attention}.output.LayerNorm"),
        encoder.linear(f"{name}.intermediate.dense", _WIDTH, _FEEDFORWARD),
        encoder.activation(f"{name}.intermediate.act"),
        encoder.linear(f"{name}.output.dense", _FEEDFORWARD, _WIDTH),
        encoder.residual(f"{name}.output.add"),
        encoder.layernorm(f"{name}.output.LayerNorm"),
    )
