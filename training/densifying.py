"""The way back: a copy of a sparsified model in PyTorch's own classes, for exports and tools that know no recipe."""

from __future__ import annotations

import copy

import torch
from torch import nn

from heddle.training.layers import NmConv1d, NmConv2d, NmConv3d, NmLayer, NmLinear
from heddle.training.matmul import MachineMatmul, Matmul
from heddle.training.sparsifying import used_as_a_layer

_PLAIN_CLASS: dict[type[nn.Module], type[nn.Module]] = {
    NmLinear: nn.Linear,
    NmConv1d: nn.Conv1d,
    NmConv2d: nn.Conv2d,
    NmConv3d: nn.Conv3d,
    MachineMatmul: Matmul,
}


def densify(model: nn.Module, *, keep_masks: bool = True) -> nn.Module:
    """Return a copy of ``model`` in PyTorch's own classes; ``model`` itself stays as it is and trains on.

    Its layers have the weights that FF uses now, zeros where they are pruned: the copy computes what the model does in
    evaluation. A pruned layer whose weight another module uses too gets one of its own. ``keep_masks=False`` gives the
    dense weights that the optimiser sees. A model without sparsified layers is copied as it is.

    >>> torch.onnx.export(heddle.densify(model), (x,), "model.onnx", dynamo=False)  # doctest: +SKIP
    """
    plain = copy.deepcopy(model)
    for name, module in model.named_modules():
        if type(module) not in _PLAIN_CLASS:
            continue
        twin = plain.get_submodule(name)
        if isinstance(module, NmLayer) and isinstance(twin, NmLayer):
            _strip(twin)
            if keep_masks:
                twin.weight = _forward_weight(module)
        elif isinstance(twin, MachineMatmul):
            del twin.operand_format
        twin.__class__ = _PLAIN_CLASS[type(module)]
    return plain


def _forward_weight(layer: NmLayer) -> nn.Parameter:
    with torch.no_grad():
        used = layer.operands()[0].tensor.to(layer.weight.dtype).clone()
    return nn.Parameter(used, requires_grad=layer.weight.requires_grad)


def _strip(layer: NmLayer) -> None:
    """Take away what ``sparsify`` gave to the layer."""
    del layer.pruner, layer.products, layer.number
    for key, hook in tuple(layer._forward_pre_hooks.items()):
        if hook is used_as_a_layer:
            del layer._forward_pre_hooks[key]
