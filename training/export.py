"""Trained weights out of a model and into one: the file that ``heddle.arch.packed_file`` writes and reads.

Stored are the weights as FF and as BP use them, pruned and rounded to the machine's 16 bits, of every linear layer and
1-D or 2-D convolution, and the model's other tensors as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from heddle.arch.errors import HeddleError, nearest, unknown
from heddle.arch.formats import FP16, FloatFormat, operand_format
from heddle.arch.packed_file import PackedNetwork, read_packed, write_packed
from heddle.arch.packed_layer import LayerRecord, PackedLayer, dense_patterns, right_operand
from heddle.sim.functional.formats import Bits, from_float32, to_float32
from heddle.training.layers import NmConv3d, NmLayer
from heddle.training.pruner import View
from heddle.training.weight_matrices import backward_operand, forward_operand, weight_of_forward

Weighted = nn.Linear | nn.Conv1d | nn.Conv2d
_DENSE_CLASSES: tuple[type[nn.Module], ...] = (nn.Linear, nn.Conv1d, nn.Conv2d)
_COMPARED = ("kind", "in_channels", "out_channels", "kernel", "stride", "padding", "padding_mode", "dilation", "groups")


def export_weights(model: nn.Module, path: str | Path, operand: str = FP16.name) -> Path:
    """Write the weights of ``model``, as its layers use them now, to ``path``; the model stays as it is.

    ``operand`` names the format of the stored patterns (``heddle.arch.formats``). Layers that stay dense are stored
    dense. Raises HeddleError for another format, for a model without such layers, for a layer that the file cannot
    hold (a pruned 3-D convolution), for a weight that another module uses too, and where the file cannot be written.

    >>> heddle.export_weights(model, "weights.safetensors")  # doctest: +SKIP
    """
    form = operand_format(operand)
    layers = _weighted_layers(model)
    if not layers:
        raise HeddleError("the model has no linear layer and no convolution to export")
    packed = tuple(_packed(name, layer, form) for name, layer in layers.items())
    state = {name: _array(tensor) for name, tensor in _state(model, layers.values()).items()}
    return write_packed(Path(path), PackedNetwork(form.name, packed, state))


def import_weights(model: nn.Module, path: str | Path) -> nn.Module:
    """Give ``model`` the FF weights and the other tensors of the file at ``path``; return ``model``.

    The weights are the numbers that were packed, exactly. A dense model then computes what the exported one did in FF;
    a sparsified one prunes them anew. Raises HeddleError, before anything of the model has changed, as ``read_packed``
    does, where layers or tensors of the two differ (the first is named), and for a sparsified layer that holds a mask.
    """
    network = read_packed(path)
    layers = _weighted_layers(model)
    _check_layers(network, layers, path)
    tensors = _state(model, layers.values())
    _check_state(tensors, network.state, path)
    with torch.no_grad():
        for name, tensor in tensors.items():
            tensor.copy_(torch.from_numpy(np.array(network.state[name])))
        for packed in network.layers:
            _put_forward_weight(layers[packed.record.name], packed, operand_format(network.operand))
    return model


def _weighted_layers(model: nn.Module) -> dict[str, Weighted]:
    """The layers whose weights are stored as operands, by name: sparsified ones, and PyTorch's own classes."""
    return dict(_walk(model))


def _walk(model: nn.Module) -> Iterator[tuple[str, Weighted]]:
    for name, module in model.named_modules():
        if isinstance(module, NmConv3d):
            raise HeddleError(f"layer {name!r} is a 3-D convolution, which a file of weights cannot hold")
        if isinstance(module, Weighted) and (isinstance(module, NmLayer) or type(module) in _DENSE_CLASSES):
            if not name:
                raise HeddleError("the model is itself a layer, without a name; put it into an nn.Sequential")
            yield name, module


def _packed(name: str, layer: Weighted, form: FloatFormat) -> PackedLayer:
    ff, bp = layer.operands() if isinstance(layer, NmLayer) else (View(layer.weight, None), View(layer.weight, None))
    record = _record(name, layer).model_copy(update={"ff": ff.kept, "bp": bp.kept})
    try:
        return PackedLayer(
            record,
            right_operand(forward_operand(_patterns(ff, record, form), record.groups), ff.kept),
            right_operand(backward_operand(_patterns(bp, record, form), record.groups), bp.kept),
        )
    except HeddleError as error:
        raise HeddleError(f"layer {name!r}: {error}") from None


def _record(name: str, layer: Weighted) -> LayerRecord:
    """What the layer is, as if dense."""
    if isinstance(layer, nn.Linear):
        return LayerRecord(name=name, kind="linear", in_channels=layer.in_features, out_channels=layer.out_features)
    left, right, *vertical = layer._reversed_padding_repeated_twice
    top, bottom = vertical or (0, 0)
    return LayerRecord(
        name=name,
        kind="conv2d" if isinstance(layer, nn.Conv2d) else "conv1d",
        in_channels=layer.in_channels,
        out_channels=layer.out_channels,
        kernel=_rows_and_columns(layer.kernel_size),
        stride=_rows_and_columns(layer.stride),
        padding=(top, bottom, left, right),
        padding_mode=layer.padding_mode,
        dilation=_rows_and_columns(layer.dilation),
        groups=layer.groups,
    )


def _rows_and_columns(sizes: tuple[int, ...]) -> tuple[int, int]:
    """A 1-D convolution has one row."""
    *rows, columns = sizes
    return rows[0] if rows else 1, columns


def _patterns(view: View, record: LayerRecord, form: FloatFormat) -> Bits:
    weight = view.tensor.detach().to("cpu", torch.float32).numpy()
    return from_float32(weight, form).reshape(record.out_channels, -1, *record.kernel)


def _state(model: nn.Module, layers: Collection[Weighted]) -> dict[str, Tensor]:
    """The model's tensors but for the layers' weights and what their pruners hold, by their names in its state."""
    inside = {id(part) for layer in layers for part in layer.modules()}
    weights = {id(layer.weight) for layer in layers}
    kept: dict[str, Tensor] = {}
    for prefix, module in model.named_modules(remove_duplicate=False):
        for name, tensor in _own_tensors(module):
            if id(module) in inside and name != "bias":
                continue
            full = f"{prefix}.{name}" if prefix else name
            if id(tensor) in weights:
                raise HeddleError(f"tensor {full!r} is also the weight of a layer; a file of weights holds it once")
            kept[full] = tensor
    return kept


def _own_tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from module.named_parameters(recurse=False, remove_duplicate=False)
    transient = module._non_persistent_buffers_set
    yield from ((name, buffer) for name, buffer in module.named_buffers(recurse=False) if name not in transient)


def _array(tensor: Tensor) -> npt.NDArray[Any]:
    """The tensor's numbers; BF16, which NumPy lacks, as FP32."""
    plain = tensor.detach().cpu()
    return plain.float().numpy() if plain.dtype == torch.bfloat16 else plain.numpy()


def _check_layers(network: PackedNetwork, layers: Mapping[str, Weighted], path: str | Path) -> None:
    for packed in network.layers:
        stored = packed.record
        if stored.name not in layers:
            raise unknown("layer", stored.name, layers, f"{path}: for this model")
        layer = layers[stored.name]
        own = _record(stored.name, layer)
        for field in _COMPARED:
            if getattr(stored, field) != getattr(own, field):
                raise HeddleError(
                    f"{path}: layer {stored.name!r} has {field} {getattr(stored, field)}, "
                    f"the model's has {getattr(own, field)}"
                )
        if isinstance(layer, NmLayer) and layer.pruner.ff_held is not None:
            raise HeddleError(
                f"layer {stored.name!r} of the model holds a mask of its own (recipe "
                f"{layer.pruner.settings.recipe.name!r}); import into the dense model"
            )
    missing = [name for name in layers if name not in network.layer_names()]
    if missing:
        raise HeddleError(f"{path}: has no layer {missing[0]!r}, which the model has{_guess(missing[0], network)}")


def _guess(name: str, network: PackedNetwork) -> str:
    close = nearest(name, network.layer_names())
    return f"; the nearest is {close!r}" if close else ""


def _check_state(tensors: Mapping[str, Tensor], stored: Mapping[str, npt.NDArray[Any]], path: str | Path) -> None:
    for name in stored:
        if name not in tensors:
            raise unknown("tensor", name, tensors, f"{path}: for this model")
    for name, tensor in tensors.items():
        if name not in stored:
            raise HeddleError(f"{path}: has no tensor {name!r}, which the model has")
        if tuple(tensor.shape) != stored[name].shape:
            raise HeddleError(
                f"{path}: tensor {name!r} has shape {stored[name].shape}, the model's has {tuple(tensor.shape)}"
            )


def _put_forward_weight(layer: Weighted, packed: PackedLayer, form: FloatFormat) -> None:
    weight = to_float32(weight_of_forward(dense_patterns(packed.ff), packed.record), form)
    layer.weight.copy_(torch.from_numpy(weight).reshape(layer.weight.shape))
    if isinstance(layer, NmLayer):
        layer.pruner.take_as_seen()
