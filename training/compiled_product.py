"""A layer's product as one operator, for graphs that ``torch.compile`` makes.

A compiler cannot look into a layer: masks are made by compiled kernels, updates are counted by a tensor's version, and
what a selection holds lives beyond the graph. So the product and its gradients are operators of their own, of which a
graph knows the shapes alone. They reach their layer by a number, as an operator takes tensors and plain numbers.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Protocol
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from heddle.arch.design import SparsityConfig
from heddle.training.masks import in_order_of
from heddle.training.pass_products import Products
from heddle.training.product_step import ProductStep, packed
from heddle.training.pruner import Pruner, Views
from heddle.training.recipe import BackwardWeights


class Multiplying(Protocol):
    """What the operators need of a layer."""

    pruner: Pruner
    products: Products

    def step_views(self, dtype: torch.dtype | None, *, training: bool, with_bp: bool) -> Views:
        """Return the weights of both passes for one step, in ``dtype`` where autocast asks for one."""


_numbers = count()
_layers: WeakValueDictionary[int, Any] = WeakValueDictionary()


def enrol(layer: Multiplying) -> int:
    """Return a number by which the operators find ``layer``; it is never given twice in a process."""
    number = next(_numbers)
    _layers[number] = layer
    return number


def compiled_product(
    x: Tensor, weight: Tensor, layer: int, out_axis: int, training: bool, with_bp: bool, autocast: bool
) -> Tensor:
    """Return x times FF's weights of the layer with that number; ``autocast``: weights are cast to the type of x."""
    product: Tensor = _product(x, weight, layer, out_axis, training, with_bp, autocast)[0]
    return product


@torch.library.custom_op("heddle::product", mutates_args=())
def _product(
    x: Tensor, weight: Tensor, layer: int, out_axis: int, training: bool, with_bp: bool, autocast: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The output, BP's weights, FF's mask, and numbers that are known only now: BP's N and M, and if there is a mask.

    An operator's results may not share memory with what it is given, so dense weights are empty or copied.
    """
    owner = _layers[layer]
    views: Views = owner.step_views(x.dtype if autocast else None, training=training, with_bp=with_bp)
    with torch.autocast(x.device.type, enabled=False):
        y = owner.products.forward(x, views.ff.tensor, views.ff.kept)
    bp, mask = x.new_empty(0), torch.empty(0, dtype=torch.bool, device=x.device)
    if _has_bp(owner, with_bp):
        bp = views.bp.tensor.clone() if _is_shared(views.bp.tensor, weight) else views.bp.tensor
    if _has_mask(owner):
        mask = torch.ones_like(weight, dtype=torch.bool) if views.mask is None else views.mask.clone()
    kept = views.bp.kept
    known = (kept.n, kept.m) if kept is not None else (0, 0)
    return y, bp, mask, torch.tensor([*known, int(views.mask is not None)])


@_product.register_fake
def _(
    x: Tensor, weight: Tensor, layer: int, out_axis: int, training: bool, with_bp: bool, autocast: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    owner = _layers[layer]
    like = weight.to(x.dtype) if autocast else weight
    mask = torch.empty_like(weight, dtype=torch.bool) if _has_mask(owner) else x.new_empty(0, dtype=torch.bool)
    bp = torch.empty_like(like) if _has_bp(owner, with_bp) else x.new_empty(0)
    known = torch.empty(3, dtype=torch.int64, device="cpu")
    return owner.products.output_like(x, like), bp, mask, known


@torch.library.custom_op("heddle::product_gradients", mutates_args=())
def _gradients(
    dy: Tensor,
    x: Tensor,
    weight: Tensor,
    bp: Tensor,
    mask: Tensor,
    known: Tensor,
    layer: int,
    out_axis: int,
    for_x: bool,
    for_weight: bool,
) -> tuple[Tensor, Tensor]:
    """The gradients of input and weight; what is not asked for is empty."""
    owner = _layers[layer]
    n, m, has_mask = known.tolist()
    step = ProductStep(owner.products, owner.pruner, SparsityConfig(n=n, m=m) if m else None, out_axis)
    dx, dw = x.new_empty(0), weight.new_empty(0)
    with torch.autocast(x.device.type, enabled=False):
        dy = packed(dy)
        if for_x:
            dx = in_order_of(step.input_gradient(dy, bp if bp.numel() else weight.to(dy.dtype), x.shape), x)
        if for_weight:
            dw = in_order_of(step.weight_gradient(x, dy, weight, mask if has_mask and mask.numel() else None), weight)
    return dx, dw


@_gradients.register_fake
def _(
    dy: Tensor,
    x: Tensor,
    weight: Tensor,
    bp: Tensor,
    mask: Tensor,
    known: Tensor,
    layer: int,
    out_axis: int,
    for_x: bool,
    for_weight: bool,
) -> tuple[Tensor, Tensor]:
    return (torch.empty_like(x) if for_x else x.new_empty(0)), (
        torch.empty_like(weight) if for_weight else weight.new_empty(0)
    )


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    x, weight, ctx.layer, ctx.out_axis, *_ = inputs
    ctx.save_for_backward(x, weight, *output[1:])


def _backward(ctx: Any, dy: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
    for_x, for_weight = ctx.needs_input_grad[:2]
    dx, dw = _gradients(dy, *ctx.saved_tensors, ctx.layer, ctx.out_axis, for_x, for_weight)
    return dx if for_x else None, dw if for_weight else None, None, None, None, None, None


_product.register_autograd(_backward, setup_context=_keep)


def _has_bp(owner: Multiplying, with_bp: bool) -> bool:
    """True where BP has weights of its own: the dense ones need not be kept twice."""
    return with_bp and owner.pruner.settings.recipe.bp is not BackwardWeights.DENSE


def _has_mask(owner: Multiplying) -> bool:
    return bool(owner.pruner.settings.recipe.terms)


def _is_shared(tensor: Tensor, weight: Tensor) -> bool:
    return tensor.untyped_storage().data_ptr() == weight.untyped_storage().data_ptr()
