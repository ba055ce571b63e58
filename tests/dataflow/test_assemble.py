"""The rules that all builders and importers share: names and training flags."""

from __future__ import annotations

from heddle.dataflow.assemble import assemble_network, first_data_fed
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, VectorLayer, WeightedLayer


def _conv(name: str, out: int = 4) -> ConvLayer:
    return ConvLayer(name, 4, 4, 8, out, out, 8, 1, 1)


def _linear(name: str) -> LinearLayer:
    return LinearLayer(name, 1, 8, 8)


def _weighted(layers: list[Layer], data_fed: set[int]) -> tuple[WeightedLayer, ...]:
    return assemble_network("n", "s", layers, data_fed).weighted_layers


def test_layers_fed_by_data_get_no_input_gradient() -> None:
    layers = _weighted([_conv("a"), _conv("b"), _linear("c")], {0, 1})
    assert [layer.input_gradient for layer in layers] == [False, False, True]


def test_names_lose_control_characters_before_they_are_made_unique() -> None:
    network = assemble_network("n\x07et", "s", [_linear("a\x1b[0m"), _linear("a[0m"), _linear("\x00")], set())
    assert network.name == "net"
    assert [layer.name for layer in network.layers] == ["a[0m", "a[0m#2", "unnamed"]


def test_first_convolution_and_last_linear_layer_stay_dense() -> None:
    layers = _weighted([_conv("a"), _conv("b"), _linear("c")], set())
    assert [layer.keep_dense for layer in layers] == [True, False, True]


def test_a_first_linear_layer_is_pruned() -> None:
    layers = _weighted([_linear("a"), _linear("b"), _linear("c")], set())
    assert [layer.keep_dense for layer in layers] == [False, False, True]


def test_a_last_convolution_is_a_classifier_only_on_a_1_by_1_map() -> None:
    assert _weighted([_conv("a"), _conv("b"), _conv("c", out=1)], set())[-1].keep_dense
    assert not _weighted([_conv("a"), _conv("b"), _conv("c")], set())[-1].keep_dense


def test_with_two_weighted_layers_both_may_be_pruned() -> None:
    assert not any(layer.keep_dense for layer in _weighted([_conv("a"), _linear("b")], set()))


def test_a_chain_is_fed_by_data_at_its_first_weighted_layer() -> None:
    pool = VectorLayer("p", "pool", 4, 1)
    assert first_data_fed([pool, _linear("a"), _linear("b")]) == {1}


def test_nothing_is_fed_by_data_after_something_learned() -> None:
    embedding = VectorLayer("e", "embedding", 4, 4, parameters=100)
    assert first_data_fed([embedding, _linear("a")]) == frozenset()


def test_shared_names_are_numbered_without_meeting_another_name() -> None:
    network = assemble_network("n", "s", [_linear("a"), _linear("a#2"), _linear("a"), _linear("a")], set())
    names = [layer.name for layer in network.layers]
    assert names == ["a", "a#2", "a#2'", "a#3"]
