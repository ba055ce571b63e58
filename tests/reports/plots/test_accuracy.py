"""Plots of a training run: names, ends, degenerate curves, and equal bytes for equal input."""

import math
import re
from dataclasses import replace

import pytest

from heddle.reports.plots.curves import AccuracyCurve, TrainingCurve
from heddle.reports.plots.draw import plot_time_to_accuracy, plot_training

TITLE = "mlp on digits"


def accuracy_curve(name, step_s, top, std=0.5, points=10):
    epochs = range(1, points + 1)
    return AccuracyCurve(
        name,
        [step_s * epoch for epoch in epochs],
        [6 * step_s * epoch for epoch in epochs],
        [top - 80 * math.exp(-epoch / 1.5) for epoch in epochs],
        [std] * points,
    )


def training_curve(name, top, points=10):
    epochs = list(range(1, points + 1))
    losses = [2.3 * math.exp(-epoch / 2) for epoch in epochs]
    accuracies = [top - 80 * math.exp(-epoch / 1.5) for epoch in epochs]
    return TrainingCurve(name, epochs, losses, [0.01] * points, accuracies, [0.5] * points)


CURVES = (accuracy_curve("dense", 0.9, 95.95), accuracy_curve("bdwp 2:8", 0.5, 95.6))
EPOCHS = (training_curve("dense", 95.85), training_curve("bdwp 2:8", 95.6))


def texts(path):
    """The strings of an SVG: matplotlib leaves each as a comment beside its outlines."""
    return re.findall(r"<!-- (.*?) -->", path.read_text())


def test_accuracy_is_plotted_against_time_and_against_energy(tmp_path):
    paths = plot_time_to_accuracy(CURVES, TITLE, tmp_path)
    assert [path.name for path in paths] == [
        "time-to-accuracy.svg",
        "time-to-accuracy.png",
        "energy-to-accuracy.svg",
        "energy-to-accuracy.png",
    ]
    assert all(path.stat().st_size > 1000 for path in paths)
    time, energy = texts(paths[0]), texts(paths[2])
    assert "Accuracy against simulated time: mlp on digits" in time
    assert {"simulated time of training", "test accuracy, %", "8 s"} <= set(time)
    assert {"simulated energy of training", "50 J"} <= set(energy)


def test_each_curve_s_end_has_its_name_and_accuracy(tmp_path):
    path = plot_time_to_accuracy(CURVES, TITLE, tmp_path)[0]
    assert {"dense, 95.85 ± 0.50 %", "bdwp 2:8, 95.50 ± 0.50 %"} <= set(texts(path))
    assert "At the end: dense 95.85 ± 0.50 % at 9.00 s; bdwp 2:8 95.50 ± 0.50 % at 5.00 s." in path.read_text()


def test_runs_without_spread_have_no_band_and_no_plus_minus(tmp_path):
    path = plot_time_to_accuracy([accuracy_curve("dense", 0.9, 95.95, std=0.0)], TITLE, tmp_path)[0]
    assert "dense, 95.85 %" in texts(path)
    assert "mean of the runs; upper left is better" in texts(path)


def test_loss_and_accuracy_are_plotted_by_epoch(tmp_path):
    paths = plot_training(EPOCHS, TITLE, tmp_path)
    assert [path.name for path in paths] == ["training.svg", "training.png"]
    assert {"Training: mlp on digits", "training loss", "test accuracy, %", "epoch", "dense", "bdwp 2:8"} <= set(
        texts(paths[0])
    )
    assert "at epoch 10" in paths[0].read_text()


def test_a_loss_over_more_than_a_decade_is_logarithmic(tmp_path):
    curve = EPOCHS[0]
    assert {"1", "0.1", "0.02"} <= set(texts(plot_training([curve], TITLE, tmp_path)[0]))
    flat = replace(curve, loss_mean=[1.0] * 9 + [0.5])
    assert "0.6" in texts(plot_training([flat], TITLE, tmp_path)[0])


def test_accuracies_are_not_marked_above_a_hundred(tmp_path):
    path = plot_time_to_accuracy([accuracy_curve("dense", 0.9, 100.0, std=2.0)], TITLE, tmp_path)[0]
    marks = [float(text) for text in texts(path) if re.fullmatch(r"\d+(\.\d+)?", text)]
    assert max(marks) == 100.0


@pytest.mark.parametrize(
    "curves",
    [
        [accuracy_curve("dense", 0.9, 95.85, points=1), accuracy_curve("bdwp", 0.5, 95.6, points=1)],
        [accuracy_curve("dense", 0.9, 95.85), accuracy_curve("again", 0.9, 95.85)],
        [accuracy_curve(f"curve {index}", 0.1 * (index + 1), 90 - index) for index in range(9)],
        [accuracy_curve("$x_{\n", 0.9, 95.85)],
        [AccuracyCurve("still", [0.0, 0.0], [0.0, 0.0], [10.0, 10.0], [0.0, 0.0])],
        [AccuracyCurve("lost", [1.0, 2.0], [1.0, 2.0], [math.nan, math.inf], [math.nan, 0.0])],
    ],
    ids=["one point", "equal", "many", "a formula in a name", "no time", "nothing finite"],
)
def test_odd_curves_are_plotted(curves, tmp_path):
    assert len(plot_time_to_accuracy(curves, TITLE, tmp_path)) == 4


def test_a_run_that_diverged_ends_where_its_last_number_is(tmp_path):
    epochs = [1, 2, 3]
    curve = TrainingCurve("bdwp", epochs, [2.0, math.inf, math.nan], [0.0] * 3, [20.0, 30.0, math.nan], [0.0] * 3)
    path = plot_training([curve], TITLE, tmp_path)[0]
    assert "bdwp 30.00 % at epoch 2." in path.read_text()


def test_no_curves_have_no_plots(tmp_path):
    assert plot_time_to_accuracy([], TITLE, tmp_path) == []
    assert plot_training([], TITLE, tmp_path) == []


def test_the_same_curves_give_the_same_bytes(tmp_path):
    drawn = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        drawn.append(plot_time_to_accuracy(CURVES, TITLE, folder) + plot_training(EPOCHS, TITLE, folder))
    assert all(one.read_bytes() == two.read_bytes() for one, two in zip(*drawn, strict=True))


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"^curve 'dense': its columns have \[1, 2\] points; all need the same"):
        AccuracyCurve("dense", [1.0], [1.0], [1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match=r"^curve 'dense': its columns have \[0\] points; .* at least one$"):
        TrainingCurve("dense", [], [], [], [], [])


def test_the_axis_of_accuracy_begins_where_training_has_settled(tmp_path):
    curves = [accuracy_curve("dense", 0.9, 96.2, 0.2, 40), accuracy_curve("bdwp 2:8", 0.5, 95.6, 0.2, 40)]
    path, *_ = plot_time_to_accuracy(curves, TITLE, tmp_path)
    marks = [float(text) for text in texts(path) if re.fullmatch(r"\d+(\.\d+)?", text)]
    assert min(mark for mark in marks if mark > 50) >= 95
