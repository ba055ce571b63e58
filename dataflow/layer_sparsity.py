"""N:M of single layers, as a network's file gives it, on hardware whose groups are of another size.

Groups of m lie whole within the hardware's groups of M where m divides M, so what is n:m is (n M / m):M as well, and
takes as many slots of the array.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.arch.named_rows import NamedRows, first_rows
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, Network
from heddle.dataflow.recipes import DENSE, RECIPES
from heddle.dataflow.training import recipe_on

_PRUNING = RECIPES["bdwp"]


def unused_ratios_note(ratios: Iterable[str]) -> str:
    """Return the note on layers' ratios that a run passes over."""
    return (
        f"the file's N:M ratios ({_counts(ratios)}) are not used: recipe and N:M are given for the run "
        "(simulate, schedule and explore take them with --layer-sparsity)"
    )


def with_layer_sparsities(network: Network, hardware: SparsityConfig) -> tuple[Network, Mapping[str, SparsityConfig]]:
    """Return ``network`` with its layers' own N:M in force, and that N:M by layer, in groups of ``hardware``'s size.

    A layer that has a ratio is no longer kept dense as a first or last one; the notes say what became of the ratios.
    Raises HeddleError for a network without ratios, and for a ratio whose groups the hardware's do not hold whole.

    >>> network, own = heddle.with_layer_sparsities(heddle.load_network("net.csv"), design.sparsity)  # doctest: +SKIP
    >>> options = heddle.StepOptions(batch=4, layer_sparsities=own)  # doctest: +SKIP
    """
    ratios = dict.fromkeys(ratio for ratio in network.ratios if ratio)
    if not ratios:
        raise HeddleError(
            f"--layer-sparsity: {network.source} gives no layer an N:M ratio (valid: a SCALE-Sim topology with a "
            "column Sparsity)"
        )
    rows = network.rows
    own = {ratio: _on_hardware(rows[network.ratios.index(ratio)].name, ratio, hardware) for ratio in ratios}
    kinds: dict[tuple[int, str], int] = {}
    pairs = zip(rows.which.tolist(), network.ratios, strict=True)
    which = np.array([kinds.setdefault(pair, len(kinds)) for pair in pairs], np.int32)
    layers = rows.taking(
        [_freed(rows.distinct[kind]) if ratio else rows.distinct[kind] for kind, ratio in kinds], which
    )
    at = [own.get(ratio) for _, ratio in kinds]
    unused = unused_ratios_note(_sparse(network.ratios))
    notes = (note for note in network.notes if note != unused)
    by_name = {name: own[ratio] for name, ratio in zip(rows.row_names(), network.ratios, strict=True) if ratio}
    return replace(network, layers=layers, notes=(*notes, *_notes(layers, at))), by_name


def _on_hardware(layer: str, ratio: str, hardware: SparsityConfig) -> SparsityConfig:
    kept, group = map(int, ratio.split(":"))
    if kept == group:
        return SparsityConfig(n=hardware.m, m=hardware.m)
    if hardware.m % group:
        raise HeddleError(
            f"--layer-sparsity: layer {layer!r} keeps {ratio}, whose groups do not lie whole in the design's, of "
            f"{hardware.m}; give --sparsity N:M with an M that {group} divides"
        )
    return SparsityConfig(n=kept * hardware.m // group, m=hardware.m)


def _freed(layer: Layer) -> Layer:
    return replace(layer, keep_dense=False) if isinstance(layer, ConvLayer | LinearLayer) else layer


def _notes(layers: NamedRows[Layer], own: Sequence[SparsityConfig | None]) -> list[str]:
    """What runs at its own N:M, and what stays dense though its ratio is sparse; ``own`` is of the distinct layers."""
    in_force, dense = Counter[str](), Counter[int]()
    firsts = first_rows(layers.which).tolist()
    for layer, count, first, kept in zip(layers.distinct, layers.counts, firsts, own, strict=True):
        if kept is None or kept.n == kept.m:
            continue
        if _can_be_pruned(layer, kept):
            in_force[f"{kept.n}:{kept.m}"] += count
        else:
            dense[first] += count
    notes = [f"N:M by layer, as the file says: {_counts(in_force.elements())}"] if in_force else []
    if dense:
        more = f" and {dense.total() - 1} more" if dense.total() > 1 else ""
        notes.append(f"dense in spite of a ratio, without weights in whole groups: {layers[min(dense)].name!r}{more}")
    return notes


def _can_be_pruned(layer: Layer, sparsity: SparsityConfig) -> bool:
    return isinstance(layer, ConvLayer | LinearLayer) and recipe_on(layer, _PRUNING, sparsity) is not DENSE


def _sparse(ratios: Iterable[str]) -> list[str]:
    return [ratio for ratio in ratios if ratio and len(set(ratio.split(":"))) > 1]


def _counts(ratios: Iterable[str]) -> str:
    counts = sorted(Counter(ratios).items())
    return ", ".join(f"{ratio} in {count} layer{'s' * (count > 1)}" for ratio, count in counts)
