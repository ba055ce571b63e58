"""Operand words for floating-point units, and what IEEE 754 says of them, computed by the processor or exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from heddle.arch.formats import BF16, FP16, FP32, FloatFormat

Words = npt.NDArray[np.uint32]
Pairs = tuple[Words, Words]
Triples = tuple[Words, Words, Words]

_MOST_EXACT_BITS = 50  # a float64 holds 53 bits; sums of formats whose words span fewer are exact in it


def adder_pairs(count: int, seed: int) -> Pairs:
    """Return ``count`` pairs of FP32 words [count], drawn in equal parts from seven kinds.

    Extremes (the ends of every class of words, so few that each pair of them comes), corners (boundary exponents and
    fractions, all signs), near cancellations, ties and their neighbours, exponents within the adder's reach of each
    other, subnormals, and any words at all.
    """
    rng = np.random.default_rng(seed)
    kinds: tuple[Callable[[np.random.Generator, int], Pairs], ...] = (
        _extremes,
        _corners,
        _near_cancellations,
        _ties,
        _within_reach,
        _subnormals,
        _any_words,
    )
    shares = np.diff(np.linspace(0, count, len(kinds) + 1).astype(int))
    drawn = [kind(rng, int(share)) for kind, share in zip(kinds, shares, strict=True)]
    return np.concatenate([a for a, _ in drawn]), np.concatenate([b for _, b in drawn])


def product_and_addend(operand: FloatFormat, count: int, seed: int) -> Triples:
    """Return ``count`` operands a, b of an FP16 or BF16 multiplication and FP32 words c to add, [count] each.

    Half of the operands are any words, the others have products of every exponent that FP32 has, some with few ones.
    A third of the addends are those of ``adder_pairs``; the others stand near the product: its word or a neighbour of
    it, or with an exponent within the accumulator's reach of its own; all signs.
    """
    rng = np.random.default_rng(seed)
    a, b = _operands(rng, operand, count)
    product = float32_product(a, b, operand)
    any_addend, _ = adder_pairs(count, seed)
    rng.shuffle(any_addend)
    reach = np.where(rng.random(count) < 0.5, rng.integers(-3, 4, count), rng.integers(-34, 35, count))
    field = np.clip((product >> 23 & 0xFF).astype(np.int64) + reach, 0, 254).astype(np.uint32)
    fractions = np.array([0, 1, 0x400000, 0x7FFFFF, 0x7FFFF0], dtype=np.uint32)
    fraction = np.where(rng.random(count) < 0.5, any_addend & np.uint32(0x7FFFFF), rng.choice(fractions, count))
    neighbour = product + rng.integers(-3, 4, count).astype(np.uint32)
    sign = rng.integers(0, 2, count, dtype=np.uint32) << np.uint32(31)
    kind = rng.integers(0, 3, count)
    near = np.where(kind == 1, neighbour, field << np.uint32(23) | fraction) ^ sign
    return a, b, np.where(kind == 0, any_addend, near)


def all_pairs(operand: FloatFormat) -> Pairs:
    """Every pair of words of a small format, [4^width]."""
    words = np.arange(1 << operand.width, dtype=np.uint32)
    return np.repeat(words, len(words)), np.tile(words, len(words))


def float32_sum(a: Words, b: Words) -> Words:
    """The words of a + b in FP32, by the processor's own addition; every NaN is the canonical one."""
    with np.errstate(all="ignore"):
        return _canonical(a.view(np.float32) + b.view(np.float32))


def float32_product(a: Words, b: Words, operand: FloatFormat) -> Words:
    """The words of a x b, operands in FP16 or BF16, in FP32, by the processor's own multiplication."""
    with np.errstate(all="ignore"):
        return _canonical(_widened(a, operand) * _widened(b, operand))


def float32_product_sum(a: Words, b: Words, c: Words, operand: FloatFormat) -> Words:
    """The words of a x b, rounded to FP32, plus c, rounded once more, by the processor's own arithmetic."""
    return float32_sum(float32_product(a, b, operand), c)


def small_sum(a: Words, b: Words, form: FloatFormat) -> Words:
    """The words of a + b in a small format: the exact sum, as a float64, rounded once.

    Raises ValueError for a format whose sums a float64 does not hold.
    """
    if (1 << form.exponent_bits) + form.fraction_bits > _MOST_EXACT_BITS:
        raise ValueError(f"sums of {form} are not exact in a float64")
    values = _values(form)
    with np.errstate(invalid="ignore"):
        return _rounded(values[a] + values[b], form)


def _operands(rng: np.random.Generator, operand: FloatFormat, count: int) -> Pairs:
    a, b = rng.integers(0, 1 << operand.width, (2, count), dtype=np.uint32)
    few = rng.choice(np.array([0, 1, 3, -1 << 4, -1 << 2, -1], dtype=np.int64), (2, count))
    keep = (few & ((1 << operand.fraction_bits) - 1)).astype(np.uint32) | np.uint32(
        -1 << operand.fraction_bits & 0xFFFF
    )
    few_ones = rng.random(count) < 0.3
    a, b = np.where(few_ones, a & keep[0], a), np.where(few_ones, b & keep[1], b)
    if operand != BF16:
        return a, b
    # BF16 has FP32's exponents: the second word's is drawn so that the product's lies anywhere, or just out of reach.
    field = (a >> 7 & 0xFF).astype(np.int64)
    partner = rng.integers(-152, 131, count) + 2 * operand.bias - field
    near = (b & np.uint32(0x807F)) | np.clip(partner, 0, 254).astype(np.uint32) << np.uint32(7)
    return a, np.where(rng.random(count) < 0.5, b, near)


def _widened(words: Words, operand: FloatFormat) -> npt.NDArray[np.float32]:
    if operand == FP16:
        return words.astype(np.uint16).view(np.float16).astype(np.float32)
    return (words << 16).view(np.float32)


def _canonical(values: npt.NDArray[np.float32]) -> Words:
    words = values.view(np.uint32)
    return np.where(np.isnan(values), np.uint32(FP32.canonical_nan), words)


def _values(form: FloatFormat) -> npt.NDArray[np.float64]:
    """The value of every word, by word."""
    words = np.arange(1 << form.magnitude_bits)
    field, fraction = words >> form.fraction_bits, words & ((1 << form.fraction_bits) - 1)
    significand = fraction + np.where(field > 0, 1 << form.fraction_bits, 0)
    values = np.ldexp(significand.astype(np.float64), np.maximum(field, 1) - 1 + form.least_exponent)
    values[field == form.exponent_ones] = np.nan
    values[form.infinity] = np.inf
    return np.concatenate([values, -values])


def _rounded(sums: npt.NDArray[np.float64], form: FloatFormat) -> Words:
    """The words nearest to ``sums``, ties to even."""
    magnitude = np.abs(sums)
    _, exponent = np.frexp(magnitude)  # magnitude is below 2^exponent
    finite = np.isfinite(magnitude)
    normal = finite & (magnitude > 0)
    quantum = np.maximum(np.where(normal, exponent - 1 - form.fraction_bits, form.least_exponent), form.least_exponent)
    steps = np.rint(np.ldexp(np.where(finite, magnitude, 0), -quantum)).astype(np.int64)
    # The hidden bit counts up the exponent field, and so does a carry out of rounding.
    words = ((quantum - form.least_exponent) << form.fraction_bits) + steps
    words = np.where(finite, np.minimum(words, form.infinity), form.infinity)
    words |= np.signbit(sums).astype(np.int64) << form.magnitude_bits
    return np.where(np.isnan(sums), form.canonical_nan, words).astype(np.uint32)


def _extremes(rng: np.random.Generator, count: int) -> Pairs:
    """Zero, the least and the largest subnormal, of normal numbers too, one, infinity, and NaNs; both signs."""
    magnitudes = np.array([0, 1, 0x7FFFFF, 0x800000, 0x3F800000, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000])
    words = np.concatenate([magnitudes, magnitudes | 1 << 31]).astype(np.uint32)
    return rng.choice(words, count), rng.choice(words, count)


def _corners(rng: np.random.Generator, count: int) -> Pairs:
    exponents = np.array([0, 1, 2, 24, 25, 126, 127, 128, 150, 151, 229, 230, 252, 253, 254, 255], dtype=np.uint32)
    fractions = np.array([0, 1, 2, 3, 4, 0x3FFFFF, 0x400000, 0x400001, 0x7FFFFC, 0x7FFFFE, 0x7FFFFF], dtype=np.uint32)
    signs = np.array([0, 1], dtype=np.uint32)
    words = ((signs[:, None] << 8 | exponents).ravel()[:, None] << 23 | fractions).ravel()
    return rng.choice(words, count), rng.choice(words, count)


def _near_cancellations(rng: np.random.Generator, count: int) -> Pairs:
    """Opposite signs, magnitudes a few units in the last place apart, or one bit of the fraction."""
    a, _ = _any_words(rng, count)
    apart = rng.integers(-3, 4, count).astype(np.uint32)
    one_bit = np.uint32(1) << rng.integers(0, 25, count).astype(np.uint32)
    b = np.where(rng.random(count) < 0.5, a + apart, a ^ one_bit) ^ np.uint32(1 << 31)
    return a, b


def _ties(rng: np.random.Generator, count: int) -> Pairs:
    """The smaller has one to three ones, placed about the larger's rounding bit."""
    a, b = _any_words(rng, count)
    reach = rng.integers(22, 28, count).astype(np.int64)
    field = np.maximum((a >> 23 & 0xFF).astype(np.int64) - reach, 0).astype(np.uint32)
    fraction = rng.choice(np.array([0, 1, 0x400000, 0x400001, 0x200000, 0x7FFFFF], dtype=np.uint32), count)
    few = np.where(rng.random(count) < 0.5, a & np.uint32(0xFF800007), a | np.uint32(0x007FFFF8))
    return few, (b & np.uint32(1 << 31)) | field << 23 | fraction


def _within_reach(rng: np.random.Generator, count: int) -> Pairs:
    a, b = _any_words(rng, count)
    field = (a >> 23 & 0xFF).astype(np.int64) + rng.integers(-28, 29, count)
    return a, (b & np.uint32(0x807FFFFF)) | np.clip(field, 0, 255).astype(np.uint32) << 23


def _subnormals(rng: np.random.Generator, count: int) -> Pairs:
    """Both are subnormal or have one of the least exponents."""
    a, b = _any_words(rng, count)
    least = rng.integers(0, 27, (2, count)).astype(np.uint32)
    least[rng.random((2, count)) < 0.5] = 0
    return (a & np.uint32(0x807FFFFF)) | least[0] << 23, (b & np.uint32(0x807FFFFF)) | least[1] << 23


def _any_words(rng: np.random.Generator, count: int) -> Pairs:
    a, b = rng.integers(0, 1 << 32, (2, count), dtype=np.uint32)
    return a, b
