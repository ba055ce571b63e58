"""The last step of every builder and importer: unique names and the two training flags of weighted layers.

The zoo, the ONNX importer and the SCALE-Sim importer share these rules, so that one network described in
three ways is trained in one way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from heddle.arch.errors import first_names
from heddle.arch.named_rows import NamedRows
from heddle.arch.names import printable
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, Network

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
    rows = NamedRows.of(layers, "name")
    names = _unique_names([printable(layer) for layer in rows.row_names()])
    dense = _dense_ends(rows)
    marked = sorted({*data_fed, *dense, *shared})
    distinct, which = list(rows.distinct), rows.which.copy()
    for index in marked:
        layer = _flagged(rows[index], index not in data_fed, index in dense)
        which[index] = len(distinct)
        distinct.append(_using_weight_of(layer, names[shared[index]]) if index in shared else layer)
    named = NamedRows("name", distinct, which, names, np.arange(len(names)))
    return Network(printable(name), source, named, (*notes, *_sharing_note([named[index] for index in sorted(shared)])))


def _flagged(layer: Layer, input_gradient: bool, keep_dense: bool) -> Layer:
    if isinstance(layer, ConvLayer | LinearLayer):
        return replace(layer, input_gradient=input_gradient, keep_dense=keep_dense)
    return layer


def _sharing_note(layers: Iterable[Layer]) -> tuple[str, ...]:
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


def _dense_ends(layers: NamedRows[Layer]) -> frozenset[int]:
    has_weights = np.array([isinstance(layer, ConvLayer | LinearLayer) for layer in layers.distinct], np.bool_)
    weighted = np.flatnonzero(has_weights[layers.which]).tolist()
    if len(weighted) < _FEWEST_LAYERS_WITH_DENSE_ENDS:
        return frozenset()
    first, last = weighted[0], weighted[-1]
    ends = set()
    if isinstance(layers[first], ConvLayer):
        ends.add(first)
    if _is_classifier(layers[last]):
        ends.add(last)
    return frozenset(ends)


def _is_classifier(layer: Layer) -> bool:
    if isinstance(layer, ConvLayer):
        return (layer.out_height, layer.out_width) == (1, 1)
    return isinstance(layer, LinearLayer)


def _unique_names(names: list[str]) -> list[str]:
    """The names, those that come again numbered."""
    taken = set(names)
    if len(taken) == len(names):
        return names
    seen: Counter[str] = Counter()
    unique = []
    for given in names:
        seen[given] += 1
        name = given
        if seen[given] > 1:
            name = f"{given}#{seen[given]}"
            while name in taken:
                name += "'"
            taken.add(name)
        unique.append(name)
    return unique
