"""Compiled floating-point units against IEEE 754, over as many pairs as a test may take.

``python -m heddle.verify.vectors`` goes on where these stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest
from amaranth.hdl import Fragment

from heddle.arch.errors import HeddleError
from heddle.arch.formats import BF16, FP16, FP32, FloatFormat
from heddle.hls.fp.accumulator import CUTS as ACCUMULATOR_CUTS
from heddle.hls.fp.adder import CUTS as ADDER_CUTS
from heddle.hls.fp.adder import Adder
from heddle.hls.fp.multiplier import CUTS as MULTIPLIER_CUTS
from heddle.verify import vectors
from heddle.verify.binary_unit import CompiledUnits, MultiplyAccumulate, Words, compiled
from heddle.verify.float_vectors import (
    Pairs,
    adder_pairs,
    all_pairs,
    float32_product_sum,
    float32_sum,
    product_and_addend,
    small_sum,
)

_SMALL = (FloatFormat(4, 3), FloatFormat(5, 3))
_OPERANDS = (FP16, BF16)
#: Stages of multiplier and accumulator: each depth of either once.
_DEPTHS = tuple(zip_longest(MULTIPLIER_CUTS, ACCUMULATOR_CUTS, fillvalue=max(MULTIPLIER_CUTS)))
_ONE = 0x3F800000


@pytest.fixture(scope="module")
def adders() -> Iterator[CompiledUnits]:
    units = [*(Adder(FP32, depth) for depth in ADDER_CUTS), *(Adder(form, 2) for form in _SMALL)]
    with compiled(units) as program:
        yield program


@pytest.fixture(scope="module")
def multiply_adds() -> Iterator[CompiledUnits]:
    with compiled([MultiplyAccumulate(operand, *depths) for operand in _OPERANDS for depths in _DEPTHS]) as program:
        yield program


def test_fp32_adders_of_every_depth_agree_with_the_processor(adders: CompiledUnits) -> None:
    a, b = adder_pairs(300_000, seed=0)
    results = adders.results(a, b, a)[:, : len(ADDER_CUTS)]
    assert np.array_equal(results, np.broadcast_to(float32_sum(a, b)[:, None], results.shape))


@pytest.mark.parametrize("place", range(len(_SMALL)))
def test_adders_of_small_formats_agree_with_exact_sums_for_every_pair(adders: CompiledUnits, place: int) -> None:
    a, b = all_pairs(_SMALL[place])
    assert np.array_equal(adders.results(a, b, a)[:, len(ADDER_CUTS) + place], small_sum(a, b, _SMALL[place]))


@pytest.mark.parametrize("place", range(len(_OPERANDS)), ids=["fp16", "bf16"])
def test_multiply_adds_of_every_depth_agree_with_the_processor(multiply_adds: CompiledUnits, place: int) -> None:
    operands = product_and_addend(_OPERANDS[place], 300_000, seed=5)
    depths = len(_DEPTHS)
    results = multiply_adds.results(*operands)[:, place * depths : (place + 1) * depths]
    expected = float32_product_sum(*operands, _OPERANDS[place])
    assert np.array_equal(results, np.broadcast_to(expected[:, None], results.shape))


class _Fake(CompiledUnits):
    """Adders that are right but for one: 1 + 1 is 3, in the second unit."""

    def results(self, a: Words, b: Words, c: Words) -> Words:
        sums = np.repeat(float32_sum(a, b)[:, None], self.units, axis=1)
        if self.units > 1:
            sums[(a == _ONE) & (b == _ONE), 1] = 0x40400000
        return sums


@contextmanager
def _compiled_fakes(units: Sequence[Adder]) -> Iterator[CompiledUnits]:
    for unit in units:
        Fragment.get(unit, None)
    yield _Fake(Path("fake"), len(units), latency=1)


def _one_and_one(count: int, seed: int) -> Pairs:
    return (np.full(count, _ONE, dtype=np.uint32),) * 2


def test_the_command_says_what_agrees(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(vectors, "compiled", _compiled_fakes)
    assert vectors.main(["adder", "--stages", "5", "--count", "1000"]) == 0
    assert capsys.readouterr().out.startswith("FP32 adder, 1000 pairs (seed 0), 5 stages: every bit agrees (")


def test_the_command_ends_with_1_at_the_first_wrong_result_and_gives_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(vectors, "compiled", _compiled_fakes)
    monkeypatch.setattr(vectors, "adder_pairs", _one_and_one)
    assert vectors.main(["adder", "--stages", "2", "5", "--count", "10"]) == 1
    expected = "10 pairs (seed 0), 5 stages: 0x3f800000, 0x3f800000 and 0x80000000 give 0x40400000, not 0x40000000\n"
    assert capsys.readouterr().out == f"FP32 adder, {expected}"


def test_a_missing_tool_ends_the_command_with_2_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert vectors.main(["small"]) == 2
    assert capsys.readouterr().err == "g++ is not on PATH; it compiles the models (apt install g++)\n"


def test_a_program_that_ends_early_is_an_error(tmp_path: Path) -> None:
    program = tmp_path / "unit"
    program.write_text("#!/bin/sh\ncat >/dev/null\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(HeddleError, match=r"unit: ended with 3 and 0 words for 6 sets of operands"):
        CompiledUnits(program, 1, 1).results(*product_and_addend(FP16, 6, 0))
