"""The units of a design as cases of its verification."""

from __future__ import annotations

import pytest

from heddle.arch.design_io import load_design
from heddle.arch.formats import BF16, FP16, FloatFormat
from heddle.verify import unit_bench
from heddle.verify.unit_bench import first_words
from heddle.verify.vectors import Mismatch

TINY = load_design("tiny")


def test_accumulator_and_multiplier_are_checked_at_the_designs_own_depths(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(unit_bench, "check_accumulators", lambda form, depths, *_: asked.append((form, depths)))
    monkeypatch.setattr(unit_bench, "check_multipliers_of", lambda form, depths, firsts: asked.append((form, depths)))
    verdicts = [case.verdict() for case in unit_bench.unit_bench(TINY, 0, "heddle verify --design tiny").cases]
    assert asked == [(FP16, [3]), (FP16, [1])]
    assert [verdict.name for verdict in verdicts] == ["accumulator-fp16-3-stages", "multiplier-fp16-1-stages"]
    assert all(verdict.passed and verdict.rtl_cycles is None for verdict in verdicts)
    assert verdicts[0].rerun == "heddle verify --design tiny --case accumulator-fp16-3-stages"


def test_a_wrong_word_fails_the_case_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        unit_bench, "check_accumulators", lambda *given: Mismatch(0, (0x3C00, 0x1, 0x2), 0x2, 0x3F800000)
    )
    verdict = unit_bench.unit_bench(TINY, 0, "heddle verify").cases[0].verdict()
    assert not verdict.passed
    assert verdict.problems == ("0x3c00, 0x1 and 0x2 give 0x2, not 0x3f800000",)


@pytest.mark.parametrize("form", [FP16, BF16])
def test_the_first_words_are_of_every_class_and_both_signs(form: FloatFormat) -> None:
    words = first_words(form, seed=0)
    magnitudes = [word & form.sign - 1 for word in words]
    assert all(0 <= word < 1 << form.width for word in words)
    assert {0, 1, form.infinity, form.canonical_nan} <= set(magnitudes)
    assert len({word & form.sign for word in words}) == 2
