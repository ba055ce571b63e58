"""A training step as a program: the passes that the machine runs, and what of the step it does not run yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from heddle.arch.errors import HeddleError
from heddle.dataflow.lowering import Pruning
from heddle.dataflow.network import ConvLayer, LinearLayer, ProductLayer, StandIn
from heddle.dataflow.program.compiler import LayerPass, Program, compile_passes
from heddle.dataflow.program.layer_products import has_known_window
from heddle.dataflow.program.matmul_products import maps_of
from heddle.dataflow.recipes import RECIPES, Recipe, SparseOperand
from heddle.dataflow.step_items import Pass, ProductPass, UpdatePass, WorkItem
from heddle.dataflow.work import StepWork

#: What a program cannot do yet: one of it, and several.
_DEPTHWISE = ("depthwise convolution", "depthwise convolutions")
_GRADIENT_SUM = ("sum of a shared weight's gradients", "sums of a shared weight's gradients")
_VECTOR = ("vector operation", "vector operations")
_UPDATE = ("weight update", "weight updates")
_RECURRENT = ("recurrent product", "recurrent products")
_UNKNOWN_PADDING = ("product whose padding is not stated", "products whose padding is not stated")
_STAND_INS: dict[StandIn, tuple[str, str]] = {
    "3-D convolution": ("product of a 3-D convolution", "products of 3-D convolutions"),
    "transposed convolution": ("product of a transposed convolution", "products of transposed convolutions"),
    "stacked maps": ("product of several maps a sample", "products of several maps a sample"),
}
_KINDS = dict((_DEPTHWISE, _GRADIENT_SUM, _VECTOR, _UPDATE, _RECURRENT, _UNKNOWN_PADDING, *_STAND_INS.values()))
_VECTOR_KINDS = {"depthwise": _DEPTHWISE, "gradient_sum": _GRADIENT_SUM}


@dataclass(frozen=True)
class LeftOut:
    """Work of a step that its program does not have: whose it is, and what."""

    layer: str
    pass_name: Pass
    kind: str


@dataclass(frozen=True)
class StepProgram:
    """A step's program, and what of the step is left out of it."""

    work: StepWork
    program: Program
    left_out: tuple[LeftOut, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the importer assumed, and one line that counts what is left out."""
        return (*self.work.network.notes, *([left_out_note(self.left_out)] if self.left_out else []))


def left_out_note(left_out: Sequence[LeftOut]) -> str:
    """Return the line that counts what is left out."""
    counts = Counter(each.kind for each in left_out)
    counted = ", ".join(f"{count} {kind if count == 1 else _KINDS[kind]}" for kind, count in counts.items())
    return f"left out of the program, which the machine does not run yet: {counted}"


def step_program(work: StepWork) -> StepProgram:
    """Return the program of a step, its passes in the step's order.

    Raises HeddleError as ``step_passes`` does, for a product that no tile fits, and for tensors that the design's
    memory does not hold.
    """
    passes, left_out = step_passes(work)
    program = compile_passes(passes, work.design, work.board, work.dataflow, work.minimise)
    return StepProgram(work, program, left_out)


def step_passes(work: StepWork) -> tuple[tuple[LayerPass, ...], tuple[LeftOut, ...]]:
    """Return the passes of a step that have a program, in the step's order, and what of the step has none.

    Raises HeddleError for a recipe whose products have no program yet, and for a step without any that has.
    """
    layers = {layer.name: layer for layer in work.network.product_layers}
    passes: list[LayerPass] = []
    left_out: list[LeftOut] = []
    for item in work.step.items:
        found = _compilable(item, layers, work)
        if isinstance(found, LayerPass):
            passes.append(found)
        else:
            left_out.append(LeftOut(item.layer, item.pass_name, found))
    if not passes:
        raise HeddleError(
            f"no product of {work.network.name} has a program in --passes {','.join(work.options.passes)} "
            "(valid: ff, bp, wu, where the network has convolutions, linear layers or products of two activations)"
        )
    return tuple(passes), tuple(left_out)


def _compilable(item: WorkItem, layers: Mapping[str, ProductLayer], work: StepWork) -> LayerPass | str:
    """The pass to compile, or the kind of work that it is where it has no program."""
    if isinstance(item, UpdatePass):
        return _UPDATE[0]
    if not isinstance(item, ProductPass):
        return _VECTOR_KINDS.get(item.op, _VECTOR)[0]
    _refuse_pruning(item, work)
    layer = layers[item.layer]
    if isinstance(layer, LinearLayer) and layer.steps > 1 and item.pass_name != "wu":
        return _RECURRENT[0]
    if isinstance(layer, ConvLayer) and layer.stands_for is not None:
        return _STAND_INS[layer.stands_for][0]
    if isinstance(layer, ConvLayer) and not has_known_window(layer):
        return _UNKNOWN_PADDING[0]
    product = item.products[0]
    maps = maps_of(layer, work.step.batch, work.step.operand)
    return LayerPass(maps, item.pass_name, Pruning(product.keep_n, product.group_m, operand=work.step.operand))


def _refuse_pruning(item: ProductPass, work: StepWork) -> None:
    """Raise HeddleError where a pass prunes another operand than weights, or prunes as it loads."""
    product = item.products[0]
    if product.is_dense:
        return
    recipe = work.options.layer_recipes.get(item.layer, work.recipe)
    operand = _pruned(recipe).get(item.pass_name)
    if operand != "weight":
        raise HeddleError(
            f"recipe {recipe.name!r} prunes {operand} in {item.pass_name}, which has no program yet; take another "
            f"recipe, or leave {item.pass_name} out of --passes (valid: {', '.join(_compilable_recipes(work))})"
        )
    if product.prune_on_load:
        raise HeddleError(
            "--no-pregenerate prunes weights at every load, which has no program yet; leave it out: the update "
            "then writes packed weights"
        )


def _compilable_recipes(work: StepWork) -> Iterator[str]:
    """The recipes that prune nothing but weights in the passes of a step."""
    for recipe in RECIPES.values():
        if all(_pruned(recipe).get(name) in (None, "weight") for name in work.options.passes):
            yield recipe.name


def _pruned(recipe: Recipe) -> dict[Pass, SparseOperand | None]:
    """The sparse operand of each pass with products."""
    return {"ff": recipe.ff, "bp": recipe.bp, "wu": recipe.wu}
