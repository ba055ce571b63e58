"""Every recipe, step by step, against its definition in loops."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from naive_masks import permuted_mask
from naive_recipes import Drawn, NaiveGeometry, NaiveLayer, NaiveStep, pixel_rows
from torch import Tensor, nn

from heddle.arch.errors import HeddleError
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.recipes import RECIPES
from heddle.training import TrainingRecipe, sparsified_layers, sparsify, training_recipe, training_recipe_names
from heddle.training.layers import NmLayer
from heddle.training.ramps import FrameOrder, Frames
from heddle.training.recipe import BackwardWeights, Choice, WeightGradientPruning, WeightPruning
from heddle.training.selections import NEVER, Held, TopN, Transposable
from heddle.training.terms import DecayOfPruned

UNIT = 2.0**-24  # of FP32: the largest relative error of one rounding
EVERY_RECIPE = pytest.mark.parametrize("name", training_recipe_names())
TRANSPOSABLE_EVERY, ORDER_EVERY = 4, 5


LINEAR_GEOMETRY = NaiveGeometry()


@dataclass(frozen=True)
class Case:
    """A layer, what flows through it, and its N:M."""

    sparsity: str
    x_shape: tuple[int, ...]
    out_channels: int
    geometry: NaiveGeometry = LINEAR_GEOMETRY

    @property
    def weight_shape(self) -> tuple[int, ...]:
        channels = self.x_shape[1] if self.geometry.kernel else self.x_shape[-1]
        return self.out_channels, channels // self.geometry.groups, *self.geometry.kernel

    def layer(self) -> nn.Linear | nn.Conv1d | nn.Conv2d:
        shape, geometry = self.weight_shape, self.geometry
        if not geometry.kernel:
            return nn.Linear(shape[1], shape[0], bias=False)
        kind = {1: nn.Conv1d, 2: nn.Conv2d}[len(geometry.kernel)]
        return kind(
            self.x_shape[1],
            shape[0],
            geometry.kernel,
            geometry.stride,
            geometry.padding,
            geometry.dilation,
            geometry.groups,
            bias=False,
        )

    def flat(self, tensor: Tensor) -> np.ndarray:
        """As the twin has it: [batch, channels, *map] in float64; a linear layer's leading dimensions are batch."""
        values = tensor.detach().double().numpy()
        return values if self.geometry.kernel else values.reshape(-1, values.shape[-1])


def conv(kernel: tuple[int, ...], stride: int, padding: int, groups: int = 1, dilation: int = 1) -> NaiveGeometry:
    dimensions = len(kernel)
    return NaiveGeometry(kernel, (stride,) * dimensions, (padding,) * dimensions, (dilation,) * dimensions, groups)


LINEAR = (
    Case("1:2", (5, 8), 6),
    Case("2:4", (2, 3, 32), 8),
    Case("2:8", (1, 2, 5, 16), 8),
    Case("1:8", (8,), 8),
    Case("3:4", (9, 8), 4),
)
CONVOLUTIONS = (
    Case("1:2", (2, 4, 5, 3), 4, conv((3, 3), stride=1, padding=1)),
    Case("2:4", (1, 8, 5, 7), 8, conv((3, 2), stride=2, padding=2, groups=2)),
    Case("2:8", (2, 8, 3, 5), 8, conv((2, 3), stride=1, padding=0)),
    Case("1:8", (1, 16, 7, 5), 16, conv((3, 1), stride=2, padding=1, groups=2, dilation=2)),
    Case("2:4", (3, 4, 9), 8, conv((3,), stride=2, padding=1)),
)


def quick(name: str) -> TrainingRecipe:
    """The recipe, with what it holds made anew after few steps."""
    recipe = training_recipe(name)
    if name == "transposable":
        assert recipe.ff is not None
        often = replace(recipe.ff.selection, refresh_steps=TRANSPOSABLE_EVERY)
        return replace(recipe, ff=replace(recipe.ff, selection=often, refresh_share=None))
    if name == "bi-mask":
        assert isinstance(recipe.bp, WeightPruning)
        often = replace(recipe.bp.selection, refresh_steps=ORDER_EVERY)
        return replace(recipe, bp=replace(recipe.bp, selection=often))
    return recipe


def numbers(generator: torch.Generator, shape: tuple[int, ...]) -> Tensor:
    """Numbers of many magnitudes with ties and zeros among them."""
    drawn = torch.randn(shape, generator=generator) * 2.0 ** torch.randint(-3, 3, shape, generator=generator)
    return torch.where(torch.rand(shape, generator=generator) < 0.3, (2 * drawn).round() / 2, drawn)


@dataclass
class Trainee:
    """One layer in training under a recipe, beside its twin."""

    case: Case
    layer: nn.Module
    twin: NaiveLayer
    generator: torch.Generator

    @classmethod
    def of(cls, case: Case, name: str, steps: int, seed: int) -> Trainee:
        layer = case.layer()
        sparsify(nn.Sequential(layer), quick(name), case.sparsity, steps=steps, seed=seed)
        ratio = parse_sparsity(case.sparsity)
        twin = NaiveLayer(name, ratio.n, ratio.m, steps, case.geometry, TRANSPOSABLE_EVERY)
        return cls(case, layer, twin, torch.Generator().manual_seed(seed))

    def step(self, number: int) -> tuple[dict[str, Tensor], NaiveStep]:
        """Change the weight, as an optimiser does, and pass forward and backward."""
        layer = self.layer
        with torch.no_grad():
            layer.weight.copy_(numbers(self.generator, tuple(layer.weight.shape)))
        layer.weight.grad = None
        x = numbers(self.generator, self.case.x_shape).requires_grad_()
        y = layer(x)
        dy = numbers(self.generator, tuple(y.shape))
        y.backward(dy)
        assert x.grad is not None
        assert layer.weight.grad is not None
        expected = self.twin.step(
            number, layer.weight.detach().double().numpy(), self.case.flat(x), self.case.flat(dy), self.drawn(x, dy)
        )
        return {"y": y, "dx": x.grad, "dw": layer.weight.grad}, expected

    def drawn(self, x: Tensor, dy: Tensor) -> Drawn:
        """What the layer drew in this step."""
        if not isinstance(self.layer, NmLayer):
            return Drawn()
        name, pruner = self.twin.recipe, self.layer.pruner
        if name == "random":
            assert pruner.ff_held is not None
            return Drawn(mask=pruner.ff_held.tensor.numpy())
        if name == "bi-mask":
            assert pruner.bp_held is not None
            return Drawn(order=pruner.bp_held.tensor.tolist())
        if name.endswith("sampled"):
            pruner._draws.clear()  # draw once more what the backward pass drew
            (pruning,) = pruner.wu_pruning()
            patches = self.case.geometry.patches(self.case.flat(x))
            rows = pixel_rows(self.case.flat(dy))
            rows = patches.reshape(len(rows), -1) if pruning.operand == "x" else rows
            return Drawn(rows=pruning.prune(torch.from_numpy(rows).float()).double().numpy())
        return Drawn()

    def operands(self) -> tuple[Tensor, Tensor]:
        """The weights of FF and BP; a layer that stays dense has but one."""
        if not isinstance(self.layer, NmLayer):
            return self.layer.weight, self.layer.weight
        ff, bp = self.layer.operands()
        return ff.tensor, bp.tensor

    def terms(self, result: str) -> int:
        """Roundings behind one element, at most: one a product and one a sum, and what a recipe's factors add."""
        out, ins, *kernel = self.case.weight_shape
        batch, _, *in_map = self.case.flat(torch.empty(self.case.x_shape)).shape
        pixels, taps = batch * math.prod(self.case.geometry.out_map(tuple(in_map))), math.prod(kernel)
        factors = 4 + (2 * pixels if self.twin.recipe == "sdgp-rescaled" else 0)
        return factors + {"y": ins * taps, "dx": out * taps, "dw": pixels}[result]


def assert_as_defined(trainee: Trainee, results: dict[str, Tensor], expected: NaiveStep) -> None:
    """Weights to the bit; results within (1 + u)^k - 1 of the sum of magnitudes, for k roundings in any order."""
    ff, bp = (tensor.detach().double().numpy() for tensor in trainee.operands())
    np.testing.assert_array_equal(ff != 0, expected.ff != 0)
    np.testing.assert_allclose(ff, expected.ff, rtol=2 * UNIT if trainee.twin.recipe.startswith("mdgf") else 0)
    np.testing.assert_allclose(bp, expected.bp, rtol=2 * UNIT if trainee.twin.recipe.startswith("mdgf") else 0)
    for name, result in results.items():
        values = result.detach().double().numpy() if name == "dw" else trainee.case.flat(result)
        bound = ((1 + UNIT) ** trainee.terms(name) - 1) * expected.magnitudes[name]
        assert values.shape == expected.results[name].shape
        assert np.all(np.abs(values - expected.results[name]) <= bound), name


# Every recipe against its definition


@EVERY_RECIPE
@pytest.mark.parametrize("case", LINEAR, ids=lambda case: f"{case.sparsity}-{case.x_shape}")
def test_a_linear_layer_trains_as_the_recipe_is_defined(name: str, case: Case) -> None:
    steps = 12
    trainee = Trainee.of(case, name, steps, seed=1)
    for number in range(steps + 2):
        assert_as_defined(trainee, *trainee.step(number))


@EVERY_RECIPE
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=lambda case: f"{case.sparsity}-{case.geometry.kernel}")
def test_a_convolution_trains_as_the_recipe_is_defined(name: str, case: Case) -> None:
    steps = 10 if name == "bdwp-wu-measured" else 3
    trainee = Trainee.of(case, name, steps, seed=2)
    for number in range(steps):
        assert_as_defined(trainee, *trainee.step(number))


@pytest.mark.parametrize("seed", range(4))
def test_a_measuring_layer_may_choose_either_operand(seed: int) -> None:
    case = Case("2:4", (8, 8), 8)
    trainee = Trainee.of(case, "bdwp-wu-measured", 10, seed)
    for number in range(10):
        assert_as_defined(trainee, *trainee.step(number))
    measured = trainee.layer.pruner.measured
    assert measured is not None
    assert measured.chosen == min(("dy", "x"), key=lambda operand: trainee.twin.errors[operand])


def test_a_random_mask_never_changes() -> None:
    trainee = Trainee.of(LINEAR[1], "random", 4, seed=3)
    held = trainee.layer.pruner.ff_held
    assert held is not None
    masks = []
    for number in range(4):
        trainee.step(number)
        masks.append(held.tensor.clone())
        assert torch.all(held.tensor.reshape(-1, 4).sum(-1) == 2)
    assert all(torch.equal(mask, masks[0]) for mask in masks)


def test_an_order_of_channels_is_searched_anew_when_due_and_keeps_more_than_the_present_one() -> None:
    case = Case("1:4", (3, 8), 16)
    trainee = Trainee.of(case, "bi-mask", 20, seed=4)
    held = trainee.layer.pruner.bp_held
    assert held is not None
    orders = []
    for number in range(12):
        _, expected = trainee.step(number)
        order = held.tensor.tolist()
        assert sorted(order) == list(range(16))
        orders.append(order)
        if number % ORDER_EVERY == 0:
            present = np.count_nonzero(expected.ff[permuted_mask(expected.ff, range(16), 1, 4)])
            assert np.count_nonzero(expected.bp) >= present
    assert [orders[at] != orders[at - 1] for at in range(1, 12)] == [at % ORDER_EVERY == 0 for at in range(1, 12)]


def test_layers_and_seeds_draw_other_masks_and_the_same_seed_the_same() -> None:
    def masks(seed: int) -> list[Tensor]:
        model = nn.Sequential(nn.Linear(16, 16), nn.Linear(16, 16))
        sparsify(model, "random", "2:8", seed=seed)
        return [layer.pruner.ff_held.tensor for _, layer in sparsified_layers(model) if layer.pruner.ff_held]

    first, second = masks(0)
    assert not torch.equal(first, second)
    assert torch.equal(first, masks(0)[0])
    assert not torch.equal(first, masks(1)[0])


# What the recipes are


def test_recipes_are_as_published() -> None:
    transposable, bi_mask, asp, random = (training_recipe(n) for n in ("transposable", "bi-mask", "asp", "random"))
    assert transposable.ff is not None
    assert transposable.ff.selection.refresh_steps == 40
    assert [transposable.ff.refresh_steps(steps) for steps in (None, 150, 30_000, 450_000)] == [40, 1, 3, 40]
    assert isinstance(bi_mask.bp, WeightPruning)
    assert (bi_mask.bp.selection.refresh_steps, bi_mask.bp.after_forward) == (100, True)
    assert asp.ff is not None
    assert (asp.ff.selection.refresh_steps, asp.ff.begins) == (NEVER, 0.5)
    assert random.ff is not None
    assert random.ff.selection.refresh_steps == NEVER
    assert training_recipe("sr-ste").terms == bi_mask.terms == (DecayOfPruned(2e-4),)
    assert training_recipe("bdwp").terms == ()


@EVERY_RECIPE
def test_the_hardware_has_a_recipe_for_it(name: str) -> None:
    assert training_recipe(name).machine in RECIPES
    assert training_recipe(name).source


@EVERY_RECIPE
def test_a_name_may_be_written_in_any_case(name: str) -> None:
    assert training_recipe(name.upper()) is training_recipe(name)


def test_an_unknown_recipe_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        HeddleError, match=r"^unknown training recipe 'bwdp'; did you mean 'bdwp'\? \(valid: dense, sr-ste, asp, .*\)$"
    ):
        training_recipe("bwdp")


@EVERY_RECIPE
def test_what_the_hardware_is_told_is_what_the_layer_keeps(name: str) -> None:
    """The pass of which the layer gives N:M is the one that the machine's recipe has sparse, once pruning is final."""
    case = Case("2:4", (6, 8), 8)
    trainee = Trainee.of(case, name, 2, seed=5)
    for number in range(3):
        trainee.step(number)
    machine = RECIPES[training_recipe(name).machine]
    if name == "dense":
        assert (machine.ff, machine.bp, machine.wu) == (None, None, None)
        return
    ff, bp = trainee.layer.operands()
    assert (ff.kept is not None) == (machine.ff == "weight")
    if name != "bi-mask":  # its groups are of permuted channels: packed, once they are stored in that order
        assert (bp.kept is not None) == (machine.bp == "weight")
    assert (training_recipe(name).bp_gradient is not None) == (machine.bp == "dy")
    assert (training_recipe(name).wu is not None) == (machine.wu is not None)


def test_a_mask_that_is_held_cannot_have_frames() -> None:
    with pytest.raises(
        HeddleError, match=r"^a mask that is held would outlast its frame: frames need a selection made"
    ):
        WeightPruning(Held(TopN("in")), frames=Frames(FrameOrder.STEPWISE))


# Recipes of others that the parts can express

#: Hu et al. 2024: a transposable mask, sampled dY in WU, masked decay, and a dense finish.
HU_2024 = TrainingRecipe(
    "hu-2024",
    source="Hu et al. 2024, Accelerating Transformer Pre-training with 2:4 Sparsity",
    machine="bdwp-wu",
    ff=WeightPruning(Held(Transposable(), refresh_steps=40), until=5 / 6),
    bp=BackwardWeights.AS_FORWARD,
    wu=WeightGradientPruning("dy", Choice.UNBIASED, until=5 / 6),
    terms=(DecayOfPruned(2e-4),),
)


def test_a_dense_finish_is_dense_in_the_layer_and_on_the_machine() -> None:
    layer = nn.Linear(8, 8)
    sparsify(nn.Sequential(layer), HU_2024, "2:4", steps=12)
    assert isinstance(layer, NmLayer)
    for step in range(14):
        x = torch.randn(8, 8, requires_grad=True)
        y = layer(x)
        dy = torch.randn(8, 8)
        y.backward(dy)
        dense = step >= 10
        ff, bp = layer.operands()
        assert (ff.kept is None, bp.kept is None, layer.pruner.wu_pruning() == ()) == (dense, dense, dense)
        assert (torch.equal(ff.tensor, layer.weight), torch.equal(bp.tensor, layer.weight)) == (dense, dense)
        if dense:
            torch.testing.assert_close(layer.weight.grad, dy.T @ x.detach())
        machine = HU_2024.on_machine(step / 12, parse_sparsity("2:4")).recipe
        assert [each is None for each in (machine.ff, machine.bp, machine.wu)] == [dense] * 3
        with torch.no_grad():
            layer.weight.add_(0.1)
        layer.weight.grad = None


def test_a_recipe_that_ends_needs_to_know_how_long_training_is() -> None:
    ends = TrainingRecipe("ends", source="test", machine="bdwp-wu", wu=WeightGradientPruning("dy", until=0.5))
    for recipe in (HU_2024, ends):
        with pytest.raises(HeddleError, match="changes over training; give steps"):
            sparsify(nn.Sequential(nn.Linear(8, 8)), recipe, "2:4")
