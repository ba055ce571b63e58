"""One call that makes a model train by a recipe: ``sparsify(model, "bdwp", "2:8")``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor, nn

from heddle.arch.errors import HeddleError, unknown
from heddle.arch.formats import OPERANDS
from heddle.training.compiled_product import enrol
from heddle.training.layers import NmConv1d, NmConv2d, NmConv3d, NmConvolution, NmLayer, NmLinear
from heddle.training.machine import MachineConv2d, MachineLinear
from heddle.training.matmul import MachineMatmul, Matmul
from heddle.training.pass_products import FloatConvolution, FloatLinear, Products
from heddle.training.policy import LayerChoice, Policy, RecipeChoice, SparsityChoice, layer_choices
from heddle.training.pruner import LayerSettings, Pruner
from heddle.training.recipes.dense import DENSE

FLOAT = "float"
_PRUNED_CLASS: dict[type[nn.Module], type[NmLayer]] = {
    nn.Linear: NmLinear,
    nn.Conv1d: NmConv1d,
    nn.Conv2d: NmConv2d,
    nn.Conv3d: NmConv3d,
}
_USUAL_POLICY = Policy()


def arithmetics() -> tuple[str, ...]:
    """The names that ``arithmetic`` takes: PyTorch's floating point, or the machine's with either operand format."""
    return (FLOAT, *OPERANDS)


def sparsify(
    model: nn.Module,
    recipe: RecipeChoice | Mapping[str, RecipeChoice],
    sparsity: SparsityChoice | Mapping[str, SparsityChoice],
    *,
    policy: Policy = _USUAL_POLICY,
    steps: int | None = None,
    arithmetic: str = FLOAT,
    seed: int = 0,
) -> nn.Module:
    """Make ``model``'s linear layers and convolutions train by ``recipe`` at ``sparsity`` (N:M); return ``model``.

    Its parameters, optimiser, hooks and devices stay as they are: only the layers' classes change. A recipe is a name,
    a ``TrainingRecipe``, or the path of a file: .toml, which is data, or .py, which is run. Recipe and N:M may
    be mappings from patterns of layer names. ``steps`` is the number of updates of the whole training, which recipes
    that change over training need. ``arithmetic`` is ``float`` (PyTorch's), or ``fp16`` or ``bf16``: the machine's own,
    on which layers that stay dense run too. ``seed`` is for what a recipe draws.

    Only layers that are exactly ``nn.Linear`` or ``nn.Conv1d/2d/3d`` are converted: those inside others that use their
    weights directly (``nn.MultiheadAttention``) are not. Raises HeddleError before anything of the model has changed.

    >>> model = heddle.sparsify(model, "bdwp", "2:8")  # doctest: +SKIP
    """
    if arithmetic not in arithmetics():
        raise unknown("arithmetic", arithmetic, arithmetics())
    if any(isinstance(module, NmLayer) for module in model.modules()):
        raise HeddleError("the model is sparsified already; sparsify a dense one")
    if seed < 0:
        raise HeddleError(f"seed: must be at least 0, got {seed}")
    choices = layer_choices(model, recipe, sparsity, policy)
    _check_steps(choices, steps)
    plan = []
    for index, choice in enumerate(choices):
        layer = model.get_submodule(choice.name)
        if choice.reason is None or arithmetic != FLOAT:
            products = (
                _float_products(layer) if arithmetic == FLOAT else _machine_products(choice.name, layer, arithmetic)
            )
            applied = choice.recipe if choice.reason is None else DENSE
            plan.append((layer, products, LayerSettings(applied, choice.sparsity, steps, seed, index)))
    for layer, products, settings in plan:
        _convert(layer, products, settings)
    _pass_padded_sequences_on(model)
    if arithmetic != FLOAT:
        _convert_matmuls(model, arithmetic)
    return model


def sparsified_layers(model: nn.Module) -> Iterator[tuple[str, NmLayer]]:
    """Yield the converted layers of ``model`` with their names."""
    for name, module in model.named_modules():
        if isinstance(module, NmLayer):
            yield name, module


def _check_steps(choices: tuple[LayerChoice, ...], steps: int | None) -> None:
    if steps is not None and steps < 1:
        raise HeddleError(f"steps: must be at least 1, got {steps}")
    for choice in choices:
        if choice.reason is None and choice.recipe.changes_over_training and steps is None:
            raise HeddleError(
                f"recipe {choice.recipe.name!r} changes over training; give steps, the number of updates of all of it"
            )


def _float_products(layer: nn.Module) -> Products:
    if isinstance(layer, nn.Linear):
        return FloatLinear()
    assert isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d)
    return FloatConvolution(layer.stride, NmConvolution.product_padding(layer), layer.dilation, layer.groups)


def _machine_products(name: str, layer: nn.Module, operand_format: str) -> Products:
    if isinstance(layer, nn.Linear):
        return MachineLinear(operand_format)
    if not isinstance(layer, nn.Conv2d):
        raise HeddleError(f"layer {name!r} is {type(layer).__name__}; the machine's arithmetic has Linear and Conv2d")
    vertical, horizontal = NmConvolution.product_padding(layer)
    return MachineConv2d(
        operand_format, _pair(layer.stride), (vertical, horizontal), _pair(layer.dilation), layer.groups
    )


def _pair(sizes: tuple[int, ...]) -> tuple[int, int]:
    vertical, horizontal = sizes
    return vertical, horizontal


def _convert(layer: nn.Module, products: Products, settings: LayerSettings) -> None:
    assert isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d)
    pruner = Pruner(settings, layer.weight).to(layer.weight.device)
    layer.__class__ = _PRUNED_CLASS[type(layer)]  # type: ignore[assignment]
    layer.pruner = pruner
    layer.products = products  # type: ignore[assignment]
    layer.number = enrol(layer)  # type: ignore[arg-type,assignment]
    layer.register_forward_pre_hook(used_as_a_layer)


def used_as_a_layer(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    """Do nothing, but be there: where no layer has a hook, PyTorch's transformer layers evaluate past ``forward``.

    They then hand the layers' dense weights to one fused kernel.
    """


def _pass_padded_sequences_on(model: nn.Module) -> None:
    """Let transformer encoders give their layers padded sequences as they are: nested ones are for the fused kernel."""
    for module in model.modules():
        if isinstance(module, nn.TransformerEncoder) and any(True for _ in sparsified_layers(module)):
            module.use_nested_tensor = False


def _convert_matmuls(model: nn.Module, operand_format: str) -> None:
    for module in model.modules():
        if type(module) is Matmul:
            module.__class__ = MachineMatmul
            module.operand_format = operand_format  # type: ignore[assignment]
