"""Operands to verify with: bit patterns by named distribution, the same for the same name, sizes and seed.

Each distribution aims at one kind of fault. Patterns are drawn by their fields, so that BF16 reaches as far into
its own corners as FP16 does. The right operand is dense; ``heddle.dataflow.program.slots.pack_columns`` prunes it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from heddle.arch.errors import unknown
from heddle.arch.formats import FP32, FloatFormat, ProductRange, operand_format
from heddle.sim.functional.formats import Bits, from_float32


@dataclass(frozen=True)
class Extents:
    """The sizes of a product: ``left`` [m, k] times ``right`` [k, n]."""

    m: int
    k: int
    n: int

    @property
    def left(self) -> tuple[int, int]:
        """The left operand's shape."""
        return (self.m, self.k)

    @property
    def right(self) -> tuple[int, int]:
        """The right operand's shape."""
        return (self.k, self.n)


@dataclass(frozen=True)
class Operands:
    """The patterns of a product: ``left`` [m, k] and the dense ``right`` [k, n]."""

    left: Bits
    right: Bits


_Draw = Callable[[np.random.Generator, Extents, FloatFormat], Operands]


def draw(distribution: str, extents: Extents, operand: str, seed: int) -> Operands:
    """Return the operands of format ``operand`` that ``distribution`` gives for ``extents`` and ``seed`` (>= 0).

    Raises HeddleError for a distribution or format that does not exist.
    """
    if distribution not in DISTRIBUTIONS:
        raise unknown("distribution", distribution, DISTRIBUTIONS)
    rng = np.random.default_rng([seed, zlib.crc32(distribution.encode())])
    return DISTRIBUTIONS[distribution](rng, extents, operand_format(operand))


def _trained(rng: np.random.Generator, extents: Extents, operand: FloatFormat) -> Operands:
    """Activations after a ReLU, weights at the scale of He et al. (2015), sqrt(2 / fan-in)."""
    activations = np.maximum(rng.standard_normal(extents.left), 0)
    weights = rng.standard_normal(extents.right) * np.sqrt(2 / max(extents.k, 1))
    return Operands(from_float32(activations, operand), from_float32(weights, operand))


def _any_bits(rng: np.random.Generator, extents: Extents, operand: FloatFormat) -> Operands:
    """Every pattern alike: long reductions soon become NaN, short ones meet every kind of operand."""
    return Operands(_uniform(rng, extents.left, operand), _uniform(rng, extents.right, operand))


def _wide(rng: np.random.Generator, extents: Extents, operand: FloatFormat) -> Operands:
    """Finite numbers whose products lie up to 60 binades apart: every alignment of the adder."""
    return Operands(*(_binades(rng, shape, operand, -15, 15) for shape in (extents.left, extents.right)))


def _zeros(rng: np.random.Generator, extents: Extents, operand: FloatFormat) -> Operands:
    """Zeros of both signs, one element in four another number."""

    def matrix(shape: tuple[int, int]) -> Bits:
        return np.where(rng.random(shape) < 0.25, _binades(rng, shape, operand, -2, 2), _signs(rng, shape, operand))

    return Operands(matrix(extents.left), matrix(extents.right))


def _subnormals(rng: np.random.Generator, extents: Extents, operand: FloatFormat) -> Operands:
    """Subnormal operands, numbers near one, and numbers whose products are the smallest there are.

    Where those products can fall among the FP32 subnormals (BF16) they are rounded before they are added.
    """
    smallest = (-75, -63) if operand.product_in(FP32) is ProductRange.GRADUAL else (1 - operand.bias, 4 - operand.bias)

    def matrix(shape: tuple[int, int]) -> Bits:
        subnormal = _signs_and_fractions(rng, shape, operand)
        small, near_one = _binades(rng, shape, operand, *smallest), _binades(rng, shape, operand, -1, 1)
        return np.choose(rng.integers(0, 3, shape), [subnormal, small, near_one])

    return Operands(matrix(extents.left), matrix(extents.right))


def _large(rng: np.random.Generator, extents: Extents, operand: FloatFormat) -> Operands:
    """The format's top four binades: BF16 products and sums overflow, FP16 sums grow to their largest."""
    return Operands(
        *(_binades(rng, shape, operand, operand.bias - 3, operand.bias) for shape in (extents.left, extents.right))
    )


def _cancelling(rng: np.random.Generator, extents: Extents, operand: FloatFormat) -> Operands:
    """Along k in threes: a large product, its negative but for one place or none, then a small product.

    What a sum keeps of the small ones shows after the large ones have cancelled.
    """
    third = np.arange(extents.k) // 3 * 3
    is_second, is_small = (np.arange(extents.k) % 3 == place for place in (1, 2))
    large_left = _binades(rng, extents.left, operand, 6, 10)[:, third]
    large_right = _binades(rng, extents.right, operand, 6, 10)[third]
    next_place = rng.integers(0, 2, extents.right, dtype=operand.pattern_type.type)
    negative = (large_right + next_place) ^ operand.pattern_type.type(operand.sign)
    return Operands(
        np.where(is_small, _binades(rng, extents.left, operand, -6, 0), large_left),
        np.select(
            [is_second[:, np.newaxis], is_small[:, np.newaxis]],
            [negative, _binades(rng, extents.right, operand, -6, 0)],
            large_right,
        ),
    )


def _specials(rng: np.random.Generator, extents: Extents, operand: FloatFormat) -> Operands:
    """Infinities, NaNs and zeros among ordinary numbers, so few that most sums meet none, one or two of them."""
    quiet_and_signalling = [operand.canonical_nan, operand.infinity + 1, operand.infinity | operand.sign | 3]
    signed = [operand.infinity, operand.infinity | operand.sign, 0, operand.sign]
    special = np.array([*signed, *quiet_and_signalling], operand.pattern_type)
    share = 0.5 / max(extents.k, 1)

    def matrix(shape: tuple[int, int]) -> Bits:
        return np.where(rng.random(shape) < share, rng.choice(special, shape), _binades(rng, shape, operand, -4, 4))

    return Operands(matrix(extents.left), matrix(extents.right))


def _ties(rng: np.random.Generator, extents: Extents, operand: FloatFormat) -> Operands:
    """A right operand of three magnitudes, both signs: pruning decides by index in nearly every group."""
    one = operand.bias << operand.fraction_bits
    magnitudes = np.array([0, one, one + 1], operand.pattern_type)
    right = rng.choice(magnitudes, extents.right) | _signs(rng, extents.right, operand)
    return Operands(_binades(rng, extents.left, operand, -4, 4), right)


#: What ``draw`` offers, by name.
DISTRIBUTIONS: dict[str, _Draw] = {
    "trained": _trained,
    "any-bits": _any_bits,
    "wide": _wide,
    "zeros": _zeros,
    "subnormals": _subnormals,
    "large": _large,
    "cancelling": _cancelling,
    "specials": _specials,
    "ties": _ties,
}


def _uniform(rng: np.random.Generator, shape: tuple[int, int], operand: FloatFormat) -> Bits:
    return rng.integers(0, 1 << operand.width, shape, dtype=operand.pattern_type.type)


def _signs(rng: np.random.Generator, shape: tuple[int, int], operand: FloatFormat) -> Bits:
    return _uniform(rng, shape, operand) & operand.pattern_type.type(operand.sign)


def _signs_and_fractions(rng: np.random.Generator, shape: tuple[int, int], operand: FloatFormat) -> Bits:
    kept = operand.sign | (1 << operand.fraction_bits) - 1
    return _uniform(rng, shape, operand) & operand.pattern_type.type(kept)


def _binades(rng: np.random.Generator, shape: tuple[int, int], operand: FloatFormat, lowest: int, highest: int) -> Bits:
    """Normal numbers of either sign with exponents from ``lowest`` to ``highest``, as far as the format has them."""
    fields = np.clip(np.array([lowest, highest]) + operand.bias, 1, 2 * operand.bias)
    exponents = rng.integers(fields[0], fields[1], shape, dtype=operand.pattern_type.type, endpoint=True)
    rest = _signs_and_fractions(rng, shape, operand)
    return rest | exponents << operand.pattern_type.type(operand.fraction_bits)
