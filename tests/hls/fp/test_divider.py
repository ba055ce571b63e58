"""Division, against exact rational arithmetic."""

import pytest
from fp_bench import EDGES, run_unit, words
from naive_float import FP32 as NAIVE_FP32
from naive_float import Format
from naive_update import divide

from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.fp.divider import Divider


def quotients(a, b):
    return [divide(NAIVE_FP32, x, y) for x, y in zip(a, b, strict=True)]


@pytest.mark.parametrize(("exponent_bits", "fraction_bits"), [(3, 2), (2, 3)])
def test_all_quotients_of_a_small_format_are_correctly_rounded(exponent_bits, fraction_bits):
    form = Format(exponent_bits, fraction_bits)
    a, b = zip(*((x, y) for x in range(64) for y in range(64)), strict=True)
    unit = Divider(FloatFormat(exponent_bits, fraction_bits), rows_per_stage=8)
    assert run_unit(unit, {"dividend": a, "divisor": b}, "quotient") == [
        divide(form, x, y) for x, y in zip(a, b, strict=True)
    ]


def test_quotients_of_all_edges_are_correctly_rounded():
    a, b = zip(*((x, y) for x in EDGES for y in EDGES), strict=True)
    assert run_unit(Divider(), {"dividend": a, "divisor": b}, "quotient") == quotients(a, b)


@pytest.mark.parametrize(("rows_per_stage", "latency"), [(1, 31), (2, 18), (4, 12), (26, 6)])
def test_every_depth_gives_the_same_quotients_after_its_latency_whatever_pauses_there_are(rows_per_stage, latency):
    unit = Divider(FP32, rows_per_stage)
    a, b = words(150, seed=rows_per_stage), words(150, seed=rows_per_stage + 100)
    assert unit.latency == latency
    assert run_unit(unit, {"dividend": a, "divisor": b}, "quotient", pause=0.3) == quotients(a, b)
