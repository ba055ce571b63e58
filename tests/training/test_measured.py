"""Which operand of WU a layer can do without: the smaller error over the first steps, and then for good."""

from __future__ import annotations

import math

import pytest
import torch

from heddle.training.measured import MEASURED_STEPS, MeasuredOperand

DENSE = torch.tensor([[3.0, 4.0]])


def measured(errors_dy: list[float], errors_x: list[float]) -> MeasuredOperand:
    """One that saw gradients which are off by these shares of the dense one's size."""
    operand = MeasuredOperand()
    for dy, x in zip(errors_dy, errors_x, strict=True):
        operand.measure(DENSE, {"dy": DENSE * (1 + dy), "x": DENSE * (1 + x)})
    return operand


def test_nothing_is_chosen_before_enough_steps() -> None:
    for steps in range(MEASURED_STEPS):
        assert measured([0.1] * steps, [0.2] * steps).chosen is None


@pytest.mark.parametrize(("dy", "x", "chosen"), [(0.1, 0.2, "dy"), (0.2, 0.1, "x"), (0.1, 0.1, "dy"), (0.0, 0.0, "dy")])
def test_the_smaller_error_wins_and_a_tie_goes_to_dy(dy: float, x: float, chosen: str) -> None:
    operand = measured([dy] * MEASURED_STEPS, [x] * MEASURED_STEPS)
    assert operand.chosen == chosen
    assert operand.errors["dy"] == pytest.approx(MEASURED_STEPS * dy**2, abs=1e-6)


def test_errors_are_summed_over_steps_and_one_bad_step_can_decide() -> None:
    assert measured([0.1] * 7 + [0.9], [0.2] * 8).chosen == "x"


def test_errors_are_shares_so_that_large_gradients_do_not_outweigh_small_ones() -> None:
    operand = MeasuredOperand()
    operand.measure(1000 * DENSE, {"dy": 1100 * DENSE, "x": 1000 * DENSE})
    operand.measure(DENSE, {"dy": DENSE, "x": 1.2 * DENSE})
    assert operand.errors == pytest.approx({"dy": 0.01, "x": 0.04})


def test_a_gradient_of_zero_says_nothing() -> None:
    operand = MeasuredOperand()
    operand.measure(0 * DENSE, {"dy": 0 * DENSE, "x": 0 * DENSE})
    assert operand.errors == {"dy": 0.0, "x": 0.0}
    assert operand.calls == 1


def test_what_was_measured_is_saved_and_loaded() -> None:
    operand, fresh = measured([0.3] * 5, [0.2] * 5), MeasuredOperand()
    fresh.load_state_dict(operand.state_dict())
    assert (fresh.errors, fresh.calls) == (operand.errors, operand.calls)


@pytest.mark.parametrize("wrong", [math.inf, math.nan])
def test_a_pass_that_overflowed_says_nothing(wrong: float) -> None:
    measured, dense = MeasuredOperand(), torch.ones(4)
    measured.measure(torch.full((4,), wrong), {"dy": dense, "x": dense})
    measured.measure(dense, {"dy": torch.full((4,), wrong), "x": dense})
    assert (measured.calls, measured.errors) == (0, {"dy": 0.0, "x": 0.0})
