"""Layers that train by a recipe: PyTorch's own linear and convolution layers with other weights in FF and BP.

A layer keeps its parameters, its hooks and its place in the model; its class changes (as ``torch.nn.utils.parametrize``
does it), and it gains a ``Pruner``. The weight that the optimiser sees is the dense one.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from heddle.arch.errors import HeddleError
from heddle.training.compiled_product import compiled_product, enrol
from heddle.training.pass_products import Products
from heddle.training.product_step import ProductStep, cast, packed
from heddle.training.pruner import Pruner, View, Views


class _Weighted(torch.autograd.Function):
    """The product of an input and the weights of FF, with gradients by the weights of BP and the recipe's WU."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, views: Views, step: ProductStep) -> Tensor:
        # Saved, so that they are freed with the graph; FF's weights are not needed again.
        has_terms = bool(step.pruner.settings.recipe.terms)
        ctx.save_for_backward(x, weight, views.bp.tensor, views.mask if has_terms else None)
        ctx.step = step
        return step.products.forward(x, views.ff.tensor, views.ff.kept)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, weight, bp_weight, mask = ctx.saved_tensors
        for_x, for_weight, *_ = ctx.needs_input_grad
        step: ProductStep = ctx.step
        dy = packed(dy)
        return (
            step.input_gradient(dy, bp_weight, x.shape) if for_x else None,
            step.weight_gradient(x, dy, weight, mask) if for_weight else None,
            None,
            None,
        )


class NmLayer(nn.Module):
    """What the layers share: pruner, arithmetic, the count of updates, and a number that compiled graphs know it by."""

    weight: Tensor
    pruner: Pruner
    products: Products
    number: int

    def operands(self) -> tuple[View, View]:
        """Return the weights as FF and as BP use them now, an update since the last forward pass counted."""
        self.pruner.note_update(self.weight)
        views = self.pruner.views(self.products.operand(self.weight.detach()), renew=False)
        return views.ff, views.bp

    def multiplied(self, x: Tensor, out_axis: int) -> Tensor:
        """Return x times the weights of FF, without bias; ``out_axis`` is where the output has its channels."""
        with_bp = torch.is_grad_enabled() and x.requires_grad
        kind = x.device.type
        under_autocast = torch.is_autocast_enabled(kind) and x.dtype != torch.float64  # which autocast leaves as it is
        if under_autocast:
            x = x.to(torch.get_autocast_dtype(kind))
        _check_no_export()
        if torch.compiler.is_compiling():
            return compiled_product(x, self.weight, self.number, out_axis, self.training, with_bp, under_autocast)
        views = self.step_views(x.dtype if under_autocast else None, training=self.training, with_bp=with_bp)
        step = ProductStep(self.products, self.pruner, views.bp.kept, out_axis)
        with torch.autocast(kind, enabled=False):
            result: Tensor = _Weighted.apply(x, self.weight, views, step)  # type: ignore[no-untyped-call]
        return result

    def step_views(self, dtype: torch.dtype | None, *, training: bool, with_bp: bool) -> Views:
        """Return the weights of both passes for one step, in ``dtype`` where autocast asks for one."""
        if training:
            self.pruner.note_update(self.weight)
        with torch.no_grad():
            views = self.pruner.views(self.products.operand(self.weight.detach()), renew=training, with_bp=with_bp)
            return views if dtype is None else cast(views, dtype)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        self.pruner.note_update(self.weight)
        super()._save_to_state_dict(destination, prefix, keep_vars)

    def _load_from_state_dict(self, *arguments: Any) -> None:
        super()._load_from_state_dict(*arguments)
        self.pruner.take_as_seen()

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self.pruner.note_update(self.weight)
        moved = super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.pruner.take_as_seen()
        return moved

    def __getstate__(self) -> dict[str, Any]:
        self.pruner.note_update(self.weight)
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self.number = enrol(self)

    def extra_repr(self) -> str:
        """Say by what the layer is pruned, after what PyTorch says of it."""
        settings = self.pruner.settings
        return f"{super().extra_repr()}, {settings.recipe.name} {settings.sparsity.n}:{settings.sparsity.m}"


class NmLinear(NmLayer, nn.Linear):
    """A linear layer [..., in] to [..., out]."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the layer's output."""
        y = self.multiplied(input, -1)
        return y if self.bias is None else y + self.bias.to(y.dtype)


class NmConvolution(NmLayer):
    """A convolution of [batch, channels, *map], or of one sample without the batch."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the layer's output."""
        assert isinstance(self, nn.Conv1d | nn.Conv2d | nn.Conv3d)
        dimensions = len(self.stride)
        x = input if input.dim() > dimensions + 1 else input.unsqueeze(0)
        y = self.multiplied(_padded(self, x), 1)
        if self.bias is not None:
            y = y + self.bias.to(y.dtype).view(-1, *(1,) * dimensions)
        return y if input.dim() > dimensions + 1 else y.squeeze(0)

    @staticmethod
    def product_padding(layer: nn.Conv1d | nn.Conv2d | nn.Conv3d) -> tuple[int, ...]:
        """Return the zeros that the product of ``layer`` adds at each side."""
        if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
            return (0,) * len(layer.stride)
        return tuple(layer.padding)


class NmConv1d(NmConvolution, nn.Conv1d):
    """A convolution along one axis."""


class NmConv2d(NmConvolution, nn.Conv2d):
    """A convolution of images."""


class NmConv3d(NmConvolution, nn.Conv3d):
    """A convolution of volumes."""


def _padded(layer: nn.Conv1d | nn.Conv2d | nn.Conv3d, x: Tensor) -> Tensor:
    """``x`` with the padding that the product itself cannot give: of other modes, and of ``same``."""
    if layer.padding_mode != "zeros":
        return functional.pad(x, layer._reversed_padding_repeated_twice, mode=layer.padding_mode)
    if layer.padding == "same":
        return functional.pad(x, layer._reversed_padding_repeated_twice)
    return x


def _check_no_export() -> None:
    if torch.compiler.is_exporting() or torch.jit.is_tracing():  # type: ignore[attr-defined, no-untyped-call]
        raise HeddleError("a sparsified layer is no operator that an export knows; export heddle.densify(model)")
