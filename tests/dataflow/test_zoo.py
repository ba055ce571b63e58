"""The zoo against published parameter counts and multiply-adds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.errors import HeddleError
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer, Network, VectorLayer
from heddle.dataflow.zoo import zoo_names, zoo_network

# Published parameters and multiply-adds (in units of 1e9), and how many of the latter's digits are published.
# resnet18, resnet50, vgg19, mobilenetv2: the tables of torchvision's documentation (num_params and "GFLOPS", which
# counts multiply-adds). vit-small: timm's model has DeiT-S's shape, whose model card gives 22.1 M and 4.6 GMACs,
# attention products included (without them 4.25, which newer timm cards round to 4.3).
PUBLISHED = {
    "resnet18": (11_689_512, 1.81),
    "resnet50": (25_557_032, 4.09),
    "vgg19": (143_667_240, 19.63),
    "mobilenetv2": (3_504_872, 0.30),
    "vit-small": (22_050_664, 4.6),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_the_published_number(name: str) -> None:
    assert zoo_network(name).parameters == PUBLISHED[name][0]


@pytest.mark.parametrize("name", PUBLISHED)
def test_multiply_adds_are_within_one_percent_of_the_published_figure(name: str) -> None:
    assert zoo_network(name).macs / 1e9 == pytest.approx(PUBLISHED[name][1], rel=0.01)


def test_bert_base_has_the_parameters_of_hugging_faces_bert_model() -> None:
    # sum(p.nelement() for p in model.parameters()) of bert-base-uncased: google-research/bert, issue 1225.
    assert zoo_network("bert-base").parameters == 109_482_240


def test_a_bert_layer_at_128_tokens_costs_the_published_1_86_gflop() -> None:
    # H. Mohammadzadeh, "Details of the BERT Model": about 1.86e9 FLOPs a block, two to a multiply-add.
    network = zoo_network("bert-base")
    block = sum(layer.macs for layer in network.layers if layer.name.startswith("encoder.layer.0."))
    assert 2 * block / 1e9 == pytest.approx(1.86, rel=0.01)
    assert network.macs == 12 * block + 768 * 768


def test_the_mlp_is_784_512_512_10() -> None:
    network = zoo_network("mlp")
    assert [(layer.in_features, layer.out_features) for layer in _linears(network)] == [
        (784, 512),
        (512, 512),
        (512, 10),
    ]
    assert network.macs == 784 * 512 + 512 * 512 + 512 * 10
    assert network.parameters == network.macs + 512 + 512 + 10


def test_resnet9_has_the_stated_convolutions() -> None:
    network = zoo_network("resnet9")
    convolutions = [layer for layer in network.layers if isinstance(layer, ConvLayer)]
    assert [(c.in_channels, c.out_channels, c.kernel_height, c.out_height) for c in convolutions] == [
        (3, 128, 3, 32),
        (128, 256, 5, 16),
        (256, 256, 3, 16),
        (256, 256, 3, 16),
        (256, 512, 3, 16),
        (512, 512, 3, 8),
        (512, 512, 3, 8),
        (512, 256, 3, 6),
    ]
    assert [(layer.in_features, layer.out_features, layer.bias) for layer in _linears(network)] == [(256, 10, False)]


@pytest.mark.parametrize(
    ("name", "speedup"), [("resnet9", 2.00), ("vgg19", 1.99), ("resnet18", 1.91), ("resnet50", 1.96)]
)
def test_bdwp_2_8_by_multiply_adds_alone_has_the_known_ideal_speedup(name: str, speedup: float) -> None:
    assert round(_ideal_bdwp_speedup(zoo_network(name), n=2, m=8), 2) == speedup


@pytest.mark.parametrize("name", zoo_names())
def test_layer_names_are_unique_and_shapes_positive(name: str) -> None:
    network = zoo_network(name)
    names = [layer.name for layer in network.layers]
    assert len(set(names)) == len(names)
    assert all(_sizes(layer) and min(_sizes(layer)) > 0 for layer in network.layers)


@pytest.mark.parametrize("name", zoo_names())
def test_the_same_name_builds_the_same_network(name: str) -> None:
    assert zoo_network(name) == zoo_network(name)


@pytest.mark.parametrize(
    ("name", "first", "dense"),
    [
        ("mlp", "fc1", ["fc3"]),
        ("resnet9", "conv1.conv", ["conv1.conv", "fc"]),
        ("resnet18", "conv1", ["conv1", "fc"]),
        ("resnet50", "conv1", ["conv1", "fc"]),
        ("vgg19", "features.0", ["features.0", "classifier.6"]),
        ("mobilenetv2", "features.0.0", ["features.0.0", "classifier.1"]),
        ("vit-small", "patch_embed.proj", ["patch_embed.proj", "head"]),
    ],
)
def test_only_the_first_layer_has_no_input_gradient_and_the_ends_stay_dense(
    name: str, first: str, dense: list[str]
) -> None:
    network = zoo_network(name)
    assert [layer.name for layer in network.weighted_layers if not layer.input_gradient] == [first]
    assert [layer.name for layer in network.weighted_layers if layer.keep_dense] == dense


def test_every_layer_of_bert_has_an_input_gradient_because_the_embeddings_learn() -> None:
    network = zoo_network("bert-base")
    assert all(layer.input_gradient for layer in network.weighted_layers)
    assert [layer.name for layer in network.weighted_layers if layer.keep_dense] == ["pooler.dense"]


def test_torchvision_users_find_their_layer_names() -> None:
    names = {layer.name for layer in zoo_network("resnet50").layers}
    assert {"conv1", "bn1", "layer1.0.conv1", "layer1.0.downsample.0", "layer4.2.bn3", "fc"} <= names
    names = {layer.name for layer in zoo_network("mobilenetv2").layers}
    assert {"features.1.conv.0.0", "features.2.conv.1.0", "features.2.conv.2", "features.18.0"} <= names


def test_hugging_face_users_find_their_layer_names() -> None:
    names = {layer.name for layer in zoo_network("bert-base").layers}
    assert {"encoder.layer.11.attention.self.query", "encoder.layer.0.output.LayerNorm", "pooler.dense"} <= names


def test_attention_products_have_one_count_a_head() -> None:
    products = [layer for layer in zoo_network("vit-small").layers if isinstance(layer, MatmulLayer)]
    assert [(p.m, p.k, p.n, p.count) for p in products[:2]] == [(197, 64, 197, 6), (197, 197, 64, 6)]
    assert len(products) == 24


def test_the_work_beside_the_products_is_all_there() -> None:
    layers = [layer for layer in zoo_network("resnet18").layers if isinstance(layer, VectorLayer)]
    kinds = [layer.op for layer in layers]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "activation": 17,
        "batchnorm": 20,
        "pool": 2,
        "residual": 8,
    }


def test_mobilenets_depthwise_convolutions_are_depthwise() -> None:
    layers = [layer for layer in zoo_network("mobilenetv2").layers if isinstance(layer, ConvLayer)]
    assert sum(layer.is_depthwise for layer in layers) == 17


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["resnet9", "resnet18", "mobilenetv2"]), st.integers(32, 300), st.integers(1, 2000))
def test_image_side_and_classes_change_sizes_but_not_convolution_weights(
    name: str, image_size: int, classes: int
) -> None:
    network, default = zoo_network(name, image_size=image_size, classes=classes), zoo_network(name)
    kernels = [layer.weights for layer in network.layers if isinstance(layer, ConvLayer)]
    assert kernels == [layer.weights for layer in default.layers if isinstance(layer, ConvLayer)]
    assert _linears(network)[-1].out_features == classes


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 512))
def test_bert_linear_work_grows_with_the_sequence_and_attention_with_its_square(tokens: int) -> None:
    network = zoo_network("bert-base", sequence_length=tokens)
    attention = sum(layer.macs for layer in network.layers if isinstance(layer, MatmulLayer))
    assert attention == 12 * 2 * tokens**2 * 768
    assert network.parameters == 109_482_240


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(HeddleError, match=r"^unknown network 'resnet-18'; did you mean 'resnet18'\? \(valid: mlp, "):
        zoo_network("resnet-18")


def test_a_size_that_does_not_belong_is_refused() -> None:
    with pytest.raises(HeddleError, match=r"^bert-base: it has no image_size \(valid: sequence_length\)$"):
        zoo_network("bert-base", image_size=224)
    with pytest.raises(HeddleError, match=r"^resnet18: it has no sequence_length \(valid: image_size, classes\)$"):
        zoo_network("resnet18", sequence_length=128)


def test_sizes_that_cannot_work_are_refused() -> None:
    with pytest.raises(HeddleError, match=r"^resnet18: image_size is 0 \(valid: 1 to 65536\)$"):
        zoo_network("resnet18", image_size=0)
    with pytest.raises(HeddleError, match=r"^vit-small: image size 100 is not a multiple of the patch side 16$"):
        zoo_network("vit-small", image_size=100)
    with pytest.raises(HeddleError, match=r"^bert-base: sequence length 513 is over the 512 it has positions for$"):
        zoo_network("bert-base", sequence_length=513)
    with pytest.raises(
        HeddleError, match=r"^vgg19: the image is too small: features.27 sees 1 x 1 and needs at least 2 x 2$"
    ):
        zoo_network("vgg19", image_size=8)


def _linears(network: Network) -> list[LinearLayer]:
    return [layer for layer in network.layers if isinstance(layer, LinearLayer)]


def _sizes(layer: ConvLayer | LinearLayer | MatmulLayer | VectorLayer) -> list[int]:
    if isinstance(layer, VectorLayer):
        return [layer.in_elements, layer.out_elements, layer.window]
    return [layer.macs]


def _ideal_bdwp_speedup(network: Network, *, n: int, m: int) -> float:
    """Dense over BDWP multiply-adds of a training step: FF and BP keep n of m, WU is dense."""
    dense = sparse = 0.0
    for layer in network.weighted_layers:
        passes = 2 if layer.input_gradient else 1
        channels = (
            (layer.in_channels, layer.out_channels)
            if isinstance(layer, ConvLayer)
            else (layer.in_features, layer.out_features)
        )
        prunable = not layer.keep_dense and not any(size % m for size in channels)
        dense += layer.macs * (1 + passes)
        sparse += layer.macs * (1 + passes * (n / m if prunable else 1))
    return dense / sparse
