"""Means and spreads over seeds, by hand."""

from __future__ import annotations

import math

import pytest

from heddle.training.checkpoint import EpochPoint
from heddle.training.run import RunResult
from heddle.training.settings import TrainSettings
from heddle.training.summary import Spread, compared, mean_curve


def result(recipe: str, seed: int, *accuracies: float) -> RunResult:
    settings = TrainSettings(model="mlp", data="digits", recipe=recipe, seed=seed)
    points = (EpochPoint(i + 1, 2 * (i + 1), 10 / (i + 1), each, 0) for i, each in enumerate(accuracies))
    return RunResult(settings, tuple(points))


def test_a_spread_is_mean_and_sample_deviation() -> None:
    spread = Spread.of([90.0, 92.0, 97.0])
    assert spread.mean == 93.0
    assert spread.std == pytest.approx(math.sqrt((9 + 1 + 16) / 2))


@pytest.mark.parametrize(
    ("values", "quantile"), [([1.0, 3.0], 12.706), ([0.0, 1.0] * 5, 2.262), ([0.0, 1.0] * 31, 1.9996)]
)
def test_an_interval_is_students(values: list[float], quantile: float) -> None:
    spread = Spread.of(values)
    assert spread.half_width_95 == pytest.approx(quantile * spread.std / math.sqrt(len(values)), rel=1e-3)
    assert Spread.of([1.0]).half_width_95 == math.inf


def test_one_value_has_no_spread() -> None:
    assert Spread.of([95.0]) == Spread(95.0, 0.0, 1)


def test_the_accuracy_of_a_run_is_that_of_its_last_epoch() -> None:
    assert result("bdwp", 0, 50.0, 90.0, 80.0).accuracy == 80.0


def test_differences_are_paired_by_seed_whatever_the_order() -> None:
    own = [result("bdwp", 2, 91.0), result("bdwp", 0, 95.0), result("bdwp", 1, 80.0)]
    dense = [result("dense", 0, 96.0), result("dense", 1, 82.0), result("dense", 2, 94.0)]
    comparison = compared(own, dense)
    assert comparison is not None
    # -3, -1, -2: their spread is smaller than that of either side.
    assert comparison.difference == Spread(-2.0, 1.0, 3)
    assert comparison.accuracy.mean == pytest.approx((91 + 95 + 80) / 3)
    assert comparison.dense_accuracy.mean == pytest.approx((96 + 82 + 94) / 3)
    assert not comparison.is_of_dense


def test_a_seed_that_lacks_a_partner_is_left_out() -> None:
    comparison = compared([result("bdwp", 0, 90.0), result("bdwp", 1, 10.0)], [result("dense", 0, 91.0)])
    assert comparison is not None
    assert [run.settings.seed for run in comparison.runs] == [0]
    assert comparison.difference == Spread(-1.0, 0.0, 1)


def test_no_pair_is_no_comparison() -> None:
    assert compared([result("bdwp", 0, 90.0)], [result("dense", 1, 91.0)]) is None
    assert compared([], []) is None


def test_dense_runs_beside_themselves_do_not_differ() -> None:
    runs = [result("dense", seed, 90.0 + seed) for seed in range(3)]
    comparison = compared(runs, runs)
    assert comparison is not None
    assert comparison.is_of_dense
    assert comparison.difference == Spread(0.0, 0.0, 3)


def test_a_mean_curve_has_a_point_an_epoch() -> None:
    curve = mean_curve([result("bdwp", 0, 50.0, 90.0), result("bdwp", 1, 60.0, 92.0)])
    assert [accuracy.mean for _, accuracy in curve] == [55.0, 91.0]
    assert [loss for loss, _ in curve] == [Spread(10.0, 0.0, 2), Spread(5.0, 0.0, 2)]
