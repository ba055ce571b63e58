"""A training run in words and figures: beside dense training where there is any, and without it where not."""

from dataclasses import replace

import pytest
from rich.console import Console

from heddle.reports.terminal_tables import accuracy_table
from heddle.reports.training_facts import AccuracyRow, SeedRow, accuracy_rows, seed_rows, training_line, training_notes


@pytest.fixture
def alone(trained):
    """The same run where nothing dense was trained and nothing simulated."""
    return replace(
        trained,
        dense_accuracies=(),
        dense_accuracy_mean=None,
        dense_accuracy_std=None,
        difference_mean=None,
        difference_std=None,
        design=None,
        step_time_s=None,
        dense_step_time_s=None,
        step_energy_j=None,
        dense_step_energy_j=None,
    )


def printed(table):
    console = Console(width=120, no_color=True)
    with console.capture() as capture:
        console.print(table)
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def test_the_run_is_told_in_one_line(trained):
    assert training_line(trained) == "mlp on digits, bdwp 2:8, 3 seeds of 30 epochs, float arithmetic"
    short = replace(trained, sparsity="", recipe="dense", epochs=1)
    assert training_line(short) == "mlp on digits, dense, 3 seeds of 1 epoch, float arithmetic"


def test_every_figure_stands_beside_that_of_dense_training(trained):
    assert accuracy_rows(trained) == (
        AccuracyRow("test accuracy", "95.50 ± 0.25 %", "95.75 ± 0.50 %", "−0.25 ± 0.66 points"),
        AccuracyRow("share of dense multiply-adds", "52.3 %"),
        AccuracyRow("time of a step", "1.00 ms", "1.85 ms", "1.85× less"),
        AccuracyRow("energy of a step", "5.20 mJ", "4.00 mJ", "1.30× more"),
    )


def test_without_dense_training_nothing_is_compared(alone):
    assert accuracy_rows(alone) == (
        AccuracyRow("test accuracy", "95.50 ± 0.25 %"),
        AccuracyRow("share of dense multiply-adds", "52.3 %"),
    )
    assert seed_rows(alone)[0] == SeedRow(0, "95.25 %")


def test_a_simulated_step_without_its_dense_twin_is_not_compared(trained):
    rows = accuracy_rows(replace(trained, dense_step_time_s=None, dense_step_energy_j=None))
    assert rows[2:] == (AccuracyRow("time of a step", "1.00 ms"), AccuracyRow("energy of a step", "5.20 mJ"))
    assert accuracy_rows(replace(trained, step_time_s=0.0))[2].against_dense == ""


def test_seeds_are_compared_one_by_one(trained):
    assert seed_rows(trained) == (
        SeedRow(0, "95.25 %", "96.25 %", "−1.00 points"),
        SeedRow(1, "95.50 %", "95.25 %", "+0.25 points"),
        SeedRow(2, "95.75 %", "95.75 %", "+0.00 points"),
    )


def test_the_notes_say_what_the_spread_is_and_what_was_simulated(trained, alone):
    assert training_notes(trained) == (
        "± is one standard deviation over the seeds; differences are taken seed by seed",
        "Time and energy are simulated, of one training step on tiny",
    )
    assert training_notes(replace(alone, seeds=(0,), accuracies=(95.5,))) == ()


def test_one_seed_has_no_spread(alone):
    one = replace(alone, seeds=(7,), accuracies=(95.5,), accuracy_std=0.0)
    assert accuracy_rows(one)[0].value == "95.50 %"
    assert accuracy_rows(replace(one, accuracy_std=float("nan")))[0].value == "95.50 %"


def test_the_table_has_the_columns_that_have_something_to_say(trained, alone):
    lines = printed(accuracy_table(trained))
    assert lines[:2] == [training_line(trained), "bdwp 2:8 dense compared with dense"]
    assert lines[3] == "test accuracy 95.50 ± 0.25 % 95.75 ± 0.50 % −0.25 ± 0.66 points"
    assert lines[-1] == "Time and energy are simulated, of one training step on tiny"
    assert "bdwp 2:8" in printed(accuracy_table(alone))
    assert not any("compared" in line for line in printed(accuracy_table(alone)))


@pytest.mark.parametrize(
    "changes",
    [{"accuracies": (95.0,)}, {"dense_accuracies": (95.0, 95.5)}, {"seeds": ()}],
)
def test_accuracies_that_are_not_one_a_seed_are_refused(trained, changes):
    with pytest.raises(ValueError, match=r"^\d seeds need as many accuracies, got \d and \d dense$"):
        replace(trained, **changes)


@pytest.mark.parametrize(
    "changes", [{"dense_accuracies": ()}, {"difference_mean": None}, {"dense_accuracy_mean": None}]
)
def test_half_a_comparison_is_refused(trained, changes):
    with pytest.raises(ValueError, match=r"^dense accuracies, their mean and the mean difference are given together"):
        replace(trained, **changes)
