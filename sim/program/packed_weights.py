"""A program's weights from a file of trained ones, once file and program are known to fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError, first_names, nearest
from heddle.arch.packed_file import read_packed
from heddle.arch.packed_layer import WEIGHT_PASSES, LayerRecord, PackedLayer, WeightPass, dense_patterns
from heddle.dataflow.network import WeightedLayer
from heddle.dataflow.program.compiler import LayerPass
from heddle.dataflow.program.layer_products import LayerMaps
from heddle.dataflow.program.step_program import StepProgram
from heddle.dataflow.step_items import Pass
from heddle.sim.functional.formats import Bits


@dataclass(frozen=True)
class PackedWeights:
    """Trained weights by the layer that has them."""

    layers: Mapping[str, PackedLayer]

    def kernel(self, maps: LayerMaps, pass_name: Pass) -> Bits:
        """Return a layer's weights as ``heddle.sim.program.operands.Weights`` says, zero where they are pruned."""
        layer = self.layers[_owner(maps.layer)]
        patterns = dense_patterns(layer.operand(_weight_pass(pass_name)))
        groups, _, cols = patterns.shape
        kernel = patterns.reshape(groups, *layer.record.kernel, -1, cols)
        return kernel if pass_name == "ff" else kernel[:, ::-1, ::-1]  # BP's lies turned round


def packed_weights(path: Path, compiled: StepProgram) -> PackedWeights:
    """Return the weights of the file at ``path`` for a step's program.

    Raises HeddleError as ``read_packed`` does, and where format, layers, shapes or N:M of the file are not those of
    the program.
    """
    stored, work = read_packed(path), compiled.work
    if stored.operand != work.design.numbers.operand:
        raise HeddleError(
            f"{path}: its weights are {stored.operand}, and design {work.design.name!r} computes in "
            f"{work.design.numbers.operand}"
        )
    layers = {layer.record.name: layer for layer in stored.layers}
    names = [_owner(layer) for layer in work.network.weighted_layers]
    _refuse_others(layers, names, f"{path}: its layer", f"is none of {work.network.name}")
    needed = list(_reading_weights(compiled))
    _refuse_others([_owner(maps.layer) for _, maps in needed], layers, f"{path}: layer", "is missing")
    for of_layer, maps in needed:
        record = layers[_owner(maps.layer)].record
        _refuse_other_shape(record, maps, path)
        _refuse_other_sparsity(record, of_layer, path)
    return PackedWeights(layers)


def _reading_weights(compiled: StepProgram) -> Iterator[tuple[LayerPass, LayerMaps]]:
    """The passes of a program that read weights, with their maps."""
    for of_layer in (each.of_layer for each in compiled.program.passes):
        if isinstance(of_layer.maps, LayerMaps) and of_layer.pass_name in WEIGHT_PASSES:
            yield of_layer, of_layer.maps


def _refuse_others(given: Iterable[str], valid: Iterable[str], before: str, after: str) -> None:
    known = list(dict.fromkeys(valid))
    for name in given:
        if name not in known:
            close = nearest(name, known)
            guess = f"; did you mean {close!r}?" if close else ""
            raise HeddleError(f"{before} {name!r} {after}{guess} (there are: {first_names(known)})")


def _refuse_other_shape(record: LayerRecord, maps: LayerMaps, path: Path) -> None:
    stored, wanted = _stored_sizes(record), _sizes(maps)
    wrong = [name for name in wanted if stored[name] != wanted[name]]
    if wrong:
        name = wrong[0]
        raise HeddleError(
            f"{path}: layer {record.name!r} has {name} {stored[name]}, and the network's has {wanted[name]}"
        )


def _stored_sizes(record: LayerRecord) -> dict[str, str]:
    channels = (record.in_channels, record.out_channels, record.groups)
    return _shown(channels, record.kernel, record.stride, record.dilation, record.padding)


def _sizes(maps: LayerMaps) -> dict[str, str]:
    shape, geometry = maps.shape, maps.geometry
    channels = (shape.in_channels * shape.groups, shape.out_channels * shape.groups, shape.groups)
    return _shown(channels, geometry.kernel, geometry.stride, geometry.dilation, geometry.sides)


def _shown(channels: tuple[int, int, int], *of_window: tuple[int, ...]) -> dict[str, str]:
    """Sizes as an error shows them, by their names."""
    names = ("input channels", "output channels", "channel groups", "kernel", "stride", "dilation", "padding")
    windows = (" x ".join(map(str, pair)) for pair in of_window)
    return dict(zip(names, (*map(str, channels), *windows), strict=True))


def _refuse_other_sparsity(record: LayerRecord, of_layer: LayerPass, path: Path) -> None:
    pass_name = _weight_pass(of_layer.pass_name)
    kept = of_layer.pruning
    stored = _text(record.sparsity(pass_name))
    wanted = "dense" if kept.keep_n == kept.group_m else f"{kept.keep_n}:{kept.group_m}"
    if stored != wanted:
        raise HeddleError(
            f"{path}: layer {record.name!r} is {stored} in {pass_name}, and in the program it is {wanted}; give the "
            "--recipe and --sparsity that it was trained with"
        )


def _text(sparsity: SparsityConfig | None) -> str:
    return "dense" if sparsity is None or sparsity.n == sparsity.m else f"{sparsity.n}:{sparsity.m}"


def _weight_pass(pass_name: Pass) -> WeightPass:
    return "ff" if pass_name == "ff" else "bp"


def _owner(layer: WeightedLayer) -> str:
    """The layer that has a layer's weight."""
    return layer.weight_of or layer.name
