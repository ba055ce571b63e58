"""The last step of every builder and importer: unique names and the two training flags of weighted layers.

The zoo, the ONNX importer and the SCALE-Sim importer share these rules, so that one network described in
three ways is trained in one way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from heddle.arch.errors import first_names
from heddle.arch.names import printable
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, Network, WeightedLayer

# With one or two weighted layers there would be nothing left to prune, so none is set aside.
_FEWEST_LAYERS_WITH_DENSE_ENDS = 3


def assemble_network(
    name: str,
    source: str,
    layers: Sequence[Layer],
    data_fed: Collection[int],
    notes: Sequence[str] = (),
    shared: Mapping[int, int] = MappingProxyType({}),
) -> Network:
    """Build a network from layers whose flags are not set yet.

    ``data_fed`` holds the indices into ``layers`` of the weighted layers whose input depends on nothing
    learned: they get ``input_gradient=False``. ``keep_dense`` is set on the first weighted layer if it is a
    convolution and on the last one if it is a classifier (linear, or a convolution onto a 1 x 1 map), provided
    that there are at least three weighted layers. Layers that share a name are numbered: ``relu``, ``relu#2``. Names
    lose control characters. ``shared`` maps the index of each weighted layer that uses the weight of one before it to
    the index of that one; a note names them.
    """
    dense = _dense_ends(layers)
    flagged = [
        replace(layer, input_gradient=index not in data_fed, keep_dense=index in dense)
        if isinstance(layer, ConvLayer | LinearLayer)
        else layer
        for index, layer in enumerate(_with_printable_names(layers))
    ]
    named = _with_unique_names(flagged)
    for index, owner in shared.items():
        named[index] = _using_weight_of(named[index], named[owner].name)
    return Network(printable(name), source, tuple(named), (*notes, *_sharing_note(named)))


def _sharing_note(layers: Sequence[Layer]) -> tuple[str, ...]:
    """A remark where layers use the weight of another, which exporters also make of weights with equal values."""
    users = [layer for layer in layers if isinstance(layer, ConvLayer | LinearLayer) and layer.weight_of]
    if not users:
        return ()
    shown = first_names([f"{layer.name} (that of {layer.weight_of})" for layer in users])
    return (f"weights that several layers use are counted and updated once: {shown}",)


def _using_weight_of(layer: Layer, owner: str) -> Layer:
    return replace(layer, weight_of=owner) if isinstance(layer, ConvLayer | LinearLayer) else layer


def first_data_fed(layers: Sequence[Layer]) -> frozenset[int]:
    """Index of the data-fed layer of a chain: the first weighted layer, unless something learns before it."""
    for index, layer in enumerate(layers):
        if isinstance(layer, ConvLayer | LinearLayer):
            return frozenset({index})
        if layer.parameters:
            break
    return frozenset()


def _dense_ends(layers: Sequence[Layer]) -> frozenset[int]:
    weighted = [(i, layer) for i, layer in enumerate(layers) if isinstance(layer, ConvLayer | LinearLayer)]
    if len(weighted) < _FEWEST_LAYERS_WITH_DENSE_ENDS:
        return frozenset()
    (first, first_layer), (last, last_layer) = weighted[0], weighted[-1]
    ends = set()
    if isinstance(first_layer, ConvLayer):
        ends.add(first)
    if _is_classifier(last_layer):
        ends.add(last)
    return frozenset(ends)


def _is_classifier(layer: WeightedLayer) -> bool:
    return isinstance(layer, LinearLayer) or (layer.out_height, layer.out_width) == (1, 1)


def _with_printable_names(layers: Iterable[Layer]) -> Iterator[Layer]:
    for layer in layers:
        name = printable(layer.name)
        yield layer if name == layer.name else replace(layer, name=name)


def _with_unique_names(layers: Sequence[Layer]) -> list[Layer]:
    seen: Counter[str] = Counter()
    taken = {layer.name for layer in layers}
    named: list[Layer] = []
    for layer in layers:
        seen[layer.name] += 1
        name = layer.name
        if seen[layer.name] > 1:
            name = f"{layer.name}#{seen[layer.name]}"
            while name in taken:
                name += "'"
            taken.add(name)
        named.append(layer if name == layer.name else replace(layer, name=name))
    return named
