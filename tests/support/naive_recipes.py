"""N:M training by its definitions, in loops: products and recipes. Nothing of it is shared with the product.

Weights are [out, in / groups, *kernel], inputs [batch, in, *map]; a linear layer is a convolution without a map. The
reduction of FF runs over input channels, that of BP over output channels, that of WU over pixels: batch x map.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from naive_masks import Array, Mask, permuted_mask, top_n, top_n_mask, transposable_mask

Place = tuple[int, ...]

DECAY_OF_PRUNED = 2e-4


# Products


@dataclass(frozen=True)
class NaiveGeometry:
    """A convolution of any number of dimensions, padded with zeros; with none of them a linear layer."""

    kernel: Place = ()
    stride: Place = ()
    padding: Place = ()
    dilation: Place = ()
    groups: int = 1

    def out_map(self, in_map: Place) -> Place:
        """The sides of the output: how often the kernel fits."""
        return tuple(
            len(range(0, side + 2 * padding - dilation * (taps - 1), stride))
            for side, taps, stride, padding, dilation in zip(
                in_map, self.kernel, self.stride, self.padding, self.dilation, strict=True
            )
        )

    def windows(self, in_map: Place) -> Iterator[tuple[Place, Place, Place | None]]:
        """Every output pixel with every tap, and the input pixel that they meet; None where it is padding."""
        for pixel in np.ndindex(*self.out_map(in_map)):
            for tap in np.ndindex(*self.kernel):
                met = tuple(
                    at * stride + step * dilation - padding
                    for at, step, stride, padding, dilation in zip(
                        pixel, tap, self.stride, self.padding, self.dilation, strict=True
                    )
                )
                inside = all(0 <= at < side for at, side in zip(met, in_map, strict=True))
                yield pixel, tap, met if inside else None

    def channel_groups(self, out_channels: int, in_channels: int) -> Iterator[tuple[slice, slice]]:
        """The output and the input channels of every group."""
        outs, ins = out_channels // self.groups, in_channels // self.groups
        for group in range(self.groups):
            yield slice(group * outs, (group + 1) * outs), slice(group * ins, (group + 1) * ins)

    def output(self, x: Array, weight: Array) -> Array:
        """FF: every output element sums input x weight over taps and the group's input channels."""
        y = np.zeros((len(x), len(weight), *self.out_map(x.shape[2:])))
        for pixel, tap, met in self.windows(x.shape[2:]):
            for outs, ins in self.channel_groups(len(weight), x.shape[1]):
                if met is not None:
                    y[(slice(None), outs, *pixel)] += x[(slice(None), ins, *met)] @ weight[(outs, slice(None), *tap)].T
        return y

    def input_gradient(self, dy: Array, weight: Array, x_shape: Place) -> Array:
        """BP: every input element sums output gradient x weight over the outputs that it took part in."""
        dx = np.zeros(x_shape)
        for pixel, tap, met in self.windows(x_shape[2:]):
            for outs, ins in self.channel_groups(len(weight), x_shape[1]):
                if met is not None:
                    dx[(slice(None), ins, *met)] += dy[(slice(None), outs, *pixel)] @ weight[(outs, slice(None), *tap)]
        return dx

    def patches(self, x: Array) -> Array:
        """What WU reads of ``x``: [batch, *output map, in, *kernel], zeros where it is padding."""
        spread = np.zeros((len(x), *self.out_map(x.shape[2:]), x.shape[1], *self.kernel))
        for pixel, tap, met in self.windows(x.shape[2:]):
            if met is not None:
                spread[(slice(None), *pixel, slice(None), *tap)] = x[(slice(None), slice(None), *met)]
        return spread

    def weight_gradient(self, patches: Array, dy: Array) -> Array:
        """WU: every weight sums input x output gradient over batch and pixels."""
        in_channels, out_channels = patches.shape[dy.ndim - 1], dy.shape[1]
        dw = np.zeros((out_channels, in_channels // self.groups, *self.kernel))
        for pixel in np.ndindex(*dy.shape[2:]):
            for outs, ins in self.channel_groups(out_channels, in_channels):
                gradients, inputs = dy[(slice(None), outs, *pixel)], patches[(slice(None), *pixel, ins)]
                for sample in range(len(dy)):
                    dw[outs] += np.multiply.outer(gradients[sample], inputs[sample])
        return dw


def pixel_rows(maps: Array) -> Array:
    """[batch, channels, *map] as [pixels, channels], pixels in the order (batch, *map)."""
    return np.moveaxis(maps, 1, -1).reshape(-1, maps.shape[1])


def pixels_apart(rows: Array, shape: Place) -> Array:
    """What ``pixel_rows`` made of maps of ``shape``."""
    return np.moveaxis(rows.reshape(shape[0], *shape[2:], shape[1]), -1, 1)


# Recipes


@dataclass(frozen=True)
class Drawn:
    """What a recipe drew at random, given to the twin: it need not draw the same."""

    mask: Mask | None = None
    order: Sequence[int] | None = None
    rows: Array | None = None


@dataclass(frozen=True)
class NaiveStep:
    """A layer's weights and results in one step, and the sums of magnitudes behind each result, for error bounds."""

    ff: Array
    bp: Array
    results: dict[str, Array]
    magnitudes: dict[str, Array]


class NaiveLayer:
    """A layer under a recipe, by the recipe's name; ``steps`` are those of the whole training."""

    def __init__(
        self, recipe: str, n: int, m: int, steps: int, geometry: NaiveGeometry, transposable_every: int = 40
    ) -> None:
        self.recipe, self.n, self.m, self.steps, self.geometry = recipe, n, m, steps, geometry
        self.transposable_every = transposable_every
        self.held: Mask | None = None
        self.errors = {"dy": 0.0, "x": 0.0}

    def step(self, number: int, weight: Array, x: Array, dy: Array, drawn: Drawn) -> NaiveStep:
        """Step ``number`` (from 0) of the training."""
        mask = self.ff_mask(number, weight, drawn)
        ff = weight if mask is None else np.where(mask, weight, weight * self.factor_of_pruned(number))
        bp = self.bp_weight(weight, ff, drawn)
        bp_dy = self.bp_gradient(dy)
        patches, wu_dy = self.wu_operands(number, self.geometry.patches(x), dy, drawn)
        results, magnitudes = {}, {}
        for found, take in ((results, lambda values: values), (magnitudes, np.abs)):
            found["y"] = self.geometry.output(take(x), take(ff))
            found["dx"] = self.geometry.input_gradient(take(bp_dy), take(bp), x.shape)
            found["dw"] = self.with_terms(self.geometry.weight_gradient(take(patches), take(wu_dy)), take(weight), mask)
        return NaiveStep(ff, bp, results, magnitudes)

    def ff_mask(self, number: int, weight: Array, drawn: Drawn) -> Mask | None:
        """Which weights FF keeps; None for a dense FF."""
        if self.recipe in ("dense", "sdgp", "sdgp-rescaled", "sdwp"):
            return None
        if self.recipe == "asp":  # dense for the first half, then one mask for good
            if 2 * number < self.steps:
                return None
            if self.held is None:
                self.held = top_n_mask(weight, self.n, self.m, 1)
            return self.held
        if self.recipe == "random":
            return drawn.mask
        if self.recipe == "transposable":
            if number % self.transposable_every == 0:
                self.held = transposable_mask(weight, self.n, self.m)
            return self.held
        if self.recipe.startswith("sdgf"):
            return top_n_mask(weight, *self.frame(number, weight.shape[1]), 1)
        return top_n_mask(weight, self.n, self.m, 1)

    def frame(self, number: int, channels: int) -> tuple[int, int]:
        """SDGF: equal shares of the first half go to the frames that lead to N:M."""
        n, m = self.n, self.m
        if self.recipe == "sdgf-geometric":
            frames = [(8 * n, 8 * m), (4 * n, 4 * m), (2 * n, 2 * m)]
            frames = [frame for frame in frames if channels % frame[1] == 0]
        else:
            halves = [m >> halvings for halvings in range(1, m.bit_length())]
            frames = [(kept, m) for kept in dict.fromkeys([m - 1, *halves]) if kept > n]
        at = Fraction(2 * number * len(frames), self.steps)
        return frames[int(at)] if at < len(frames) else (n, m)

    def factor_of_pruned(self, number: int) -> float:
        """MDGF: pruned weights fade over the first half, linearly, or exponentially to a thousandth and then to 0."""
        share = 2 * number / self.steps
        if share >= 1 or not self.recipe.startswith("mdgf"):
            return 0.0
        return 1 - share if self.recipe == "mdgf-linear" else 1000.0**-share

    def bp_weight(self, weight: Array, ff: Array, drawn: Drawn) -> Array:
        """The weights of BP."""
        if self.recipe == "sdwp" or self.recipe.startswith("bdwp"):
            return top_n(weight, self.n, self.m, 0)
        if self.recipe == "bi-mask":
            assert drawn.order is not None
            return np.where(permuted_mask(ff, drawn.order, self.n, self.m), ff, 0.0)
        return ff

    def bp_gradient(self, dy: Array) -> Array:
        """The output's gradient as BP reads it; rescaled, each map keeps its sum of magnitudes."""
        if not self.recipe.startswith("sdgp"):
            return dy
        kept = top_n(dy, self.n, self.m, 1)
        if self.recipe == "sdgp-rescaled":
            for sample, channel in np.ndindex(dy.shape[:2]):
                total = np.abs(kept[sample, channel]).sum()
                kept[sample, channel] *= np.abs(dy[sample, channel]).sum() / total if total else 1.0
        return kept

    def wu_operands(self, number: int, patches: Array, dy: Array, drawn: Drawn) -> tuple[Array, Array]:
        """Both operands of WU, one of them pruned along the pixels where the recipe says so."""
        if not self.recipe.startswith("bdwp-wu"):
            return patches, dy
        pixels = len(dy) * math.prod(dy.shape[2:])
        x_rows = patches.reshape(pixels, -1)
        pruned_x = top_n(x_rows, self.n, self.m, 0).reshape(patches.shape)
        pruned_dy = pixels_apart(top_n(pixel_rows(dy), self.n, self.m, 0), dy.shape)
        by_recipe = {
            "bdwp-wu": lambda: (patches, pruned_dy),
            "bdwp-wu-x": lambda: (pruned_x, dy),
            "bdwp-wu-sampled": lambda: (patches, pixels_apart(drawn.rows, dy.shape)),
            "bdwp-wu-x-sampled": lambda: (drawn.rows.reshape(patches.shape), dy),
            "bdwp-wu-measured": lambda: self.better_operand(number, patches, dy, pruned_x, pruned_dy),
        }
        return by_recipe[self.recipe]()

    def better_operand(
        self, number: int, patches: Array, dy: Array, pruned_x: Array, pruned_dy: Array
    ) -> tuple[Array, Array]:
        """Dense for eight steps, in which relative squared errors of both candidates are summed."""
        if number >= 8:
            return (pruned_x, dy) if self.errors["x"] < self.errors["dy"] else (patches, pruned_dy)
        dense = self.geometry.weight_gradient(patches, dy)
        for name, operands in (("x", (pruned_x, dy)), ("dy", (patches, pruned_dy))):
            error = self.geometry.weight_gradient(*operands) - dense
            self.errors[name] += (error**2).sum() / (dense**2).sum()
        return patches, dy

    def with_terms(self, gradient: Array, weight: Array, mask: Mask | None) -> Array:
        """The gradient with what the recipe adds to it or takes from it."""
        if mask is None:
            return gradient
        if self.recipe in ("sr-ste", "bi-mask"):
            return gradient + DECAY_OF_PRUNED * np.where(mask, 0.0, weight)
        return np.where(mask, gradient, 0.0) if self.recipe in ("asp", "random") else gradient
