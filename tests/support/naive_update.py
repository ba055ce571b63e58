"""The optimisers on bit patterns, by exact rational arithmetic: every operation formed exactly and rounded once."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt

from naive_float import FP32, Format, add, decode, encode, multiply

_ROOT_BITS = 100  # binary places of a root before rounding: far more than any format has


def divide(form: Format, a: int, b: int) -> int:
    """The quotient of two patterns; x / 0 is infinite, 0 / 0 and infinity / infinity are NaN."""
    sign = (a ^ b) & form.sign
    x, y = decode(form, a), decode(form, b)
    magnitudes = (a & ~form.sign, b & ~form.sign)
    if max(magnitudes) > form.infinity or magnitudes in ((0, 0), (form.infinity, form.infinity)):
        return form.nan
    if y is None:
        return sign
    if x is None or y == 0:
        return form.infinity | sign
    return encode(form, x / y, zero_sign=sign)


def square_root(form: Format, a: int) -> int:
    """The root of a pattern; -0 has itself, what is below has none."""
    if a in (0, form.sign, form.infinity):
        return a
    number = decode(form, a)
    if number is None or number < 0:
        return form.nan
    scaled = number * 4**_ROOT_BITS
    floor = isqrt(scaled.numerator // scaled.denominator)
    inexact = floor * floor != scaled
    # Between two neighbours at this precision no rounding boundary lies, so any number between them rounds alike.
    return encode(form, (floor + Fraction(inexact, 2)) / 2**_ROOT_BITS, zero_sign=0)


def _plus(a: int, b: int) -> int:
    return add(FP32, a, b)


def _minus(a: int, b: int) -> int:
    return add(FP32, a, b ^ FP32.sign)


def _times(a: int, b: int) -> int:
    return multiply(FP32, FP32, a, b)


def sgd(gradient: int, state: Mapping[str, int], scalars: Mapping[str, int]) -> dict[str, int]:
    """One weight's SGD step; state and result: master, momentum."""
    decayed = _plus(_times(scalars["gradient_scale"], gradient), _times(scalars["weight_decay"], state["master"]))
    momentum = _plus(_times(scalars["momentum"], state["momentum"]), decayed)
    return {"master": _minus(state["master"], _times(scalars["learning_rate"], momentum)), "momentum": momentum}


def adam(gradient: int, state: Mapping[str, int], scalars: Mapping[str, int]) -> dict[str, int]:
    """One weight's Adam step; state and result: master, mean, variance."""
    g = _plus(_times(scalars["gradient_scale"], gradient), _times(scalars["weight_decay"], state["master"]))
    mean = _plus(state["mean"], _times(scalars["mean_rate"], _minus(g, state["mean"])))
    square = _times(_times(scalars["variance_rate"], g), g)
    variance = _plus(_times(scalars["variance_decay"], state["variance"]), square)
    root = _times(square_root(FP32, variance), scalars["root_scale"])
    step = divide(FP32, _times(scalars["step_size"], mean), _plus(root, scalars["epsilon"]))
    return {"master": _minus(state["master"], step), "mean": mean, "variance": variance}
