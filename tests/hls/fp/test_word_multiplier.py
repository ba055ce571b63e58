"""Multiplication within one format, against exact rational arithmetic and the processor's FP32."""

from functools import partial

import numpy as np
import pytest
from fp_bench import EDGES, run_unit, words
from naive_float import FP32 as NAIVE_FP32
from naive_float import Format, multiply
from refusal import assert_refused

from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.fp.word_multiplier import CUTS, WordMultiplier


def products(a, b):
    return [multiply(NAIVE_FP32, NAIVE_FP32, x, y) for x, y in zip(a, b, strict=True)]


def test_all_products_of_a_small_format_are_correctly_rounded():
    form = Format(4, 2)
    count = 1 << 7
    a = [x for x in range(count) for _ in range(count // 2)]
    b = [y for _ in range(count) for y in range(count // 2)]
    unit = WordMultiplier(FloatFormat(4, 2), stages=1)
    assert run_unit(unit, {"a": a, "b": b}, "product") == [
        multiply(form, form, x, y) for x, y in zip(a, b, strict=True)
    ]


def test_products_of_all_edges_are_correctly_rounded():
    a, b = zip(*((x, y) for x in EDGES for y in EDGES), strict=True)
    assert run_unit(WordMultiplier(), {"a": a, "b": b}, "product") == products(a, b)


@pytest.mark.parametrize("stages", CUTS)
def test_every_depth_gives_the_same_products_after_its_latency_whatever_pauses_there_are(stages):
    unit = WordMultiplier(FP32, stages)
    a, b = words(300, seed=stages), words(300, seed=stages + 100)
    assert unit.latency == stages
    assert run_unit(unit, {"a": a, "b": b}, "product", pause=0.3) == products(a, b)


def test_products_near_the_smallest_subnormals_are_those_of_the_processor():
    draws = np.random.default_rng(0)
    a = draws.integers(0, 0x2000_0000, 2000, dtype=np.uint32)  # together they reach from the subnormals to nothing
    b = draws.integers(0, 0x4080_0000, 2000, dtype=np.uint32)
    expected = (a.view(np.float32) * b.view(np.float32)).view(np.uint32)
    assert run_unit(WordMultiplier(), {"a": a.tolist(), "b": b.tolist()}, "product") == expected.tolist()


def test_a_depth_that_does_not_exist_is_refused():
    assert_refused(partial(WordMultiplier, FP32, 8), ValueError, "a multiplier has 1 to 7 stages, not 8")


def test_a_format_whose_subnormals_have_visible_products_is_refused():
    assert_refused(
        partial(WordMultiplier, FloatFormat(3, 2)), ValueError, "a bias of 3 is too small for 2 fraction bits"
    )
