"""The weight update's traffic: FP32 state in and out, copies in the operand format for the passes."""

from __future__ import annotations

import pytest

from heddle.dataflow.choices import Optimizer
from heddle.dataflow.lowering import Pruning
from heddle.dataflow.updates import parameter_update, weight_update

WEIGHTS = 1024


@pytest.mark.parametrize(("optimizer", "moments"), [("sgd", 1), ("adam", 2)])
def test_gradient_master_and_moments_come_in_and_the_state_and_a_copy_go_out(
    optimizer: Optimizer, moments: int
) -> None:
    update = parameter_update("l", WEIGHTS, optimizer)
    assert update.read_bytes == 4 * WEIGHTS * (2 + moments)
    assert update.write_bytes == 4 * WEIGHTS * (1 + moments) + 2 * WEIGHTS
    assert update.sore_elements == 0


def test_bdwp_writes_two_packed_copies_and_sore_sees_each_weight_once() -> None:
    update = weight_update("l", WEIGHTS, 0, "sgd", (Pruning(2, 8),) * 2, dense_copy=False)
    packed_bytes = WEIGHTS // 4 * (16 + 3) // 8
    assert update.write_bytes == 8 * WEIGHTS + 2 * packed_bytes
    assert update.sore_elements == WEIGHTS
    assert update.group_m == 8


def test_one_packed_copy_may_stand_beside_a_dense_one() -> None:
    update = weight_update("l", WEIGHTS, 0, "sgd", (Pruning(2, 4),))
    assert update.write_bytes == 8 * WEIGHTS + 2 * WEIGHTS + WEIGHTS // 2 * 18 // 8


def test_biases_are_updated_but_never_pruned() -> None:
    with_bias = weight_update("l", WEIGHTS, 32, "sgd", (Pruning(2, 8),) * 2, dense_copy=False)
    without = weight_update("l", WEIGHTS, 0, "sgd", (Pruning(2, 8),) * 2, dense_copy=False)
    assert with_bias.sore_elements == without.sore_elements == WEIGHTS
    assert with_bias.weights == WEIGHTS + 32
    assert with_bias.write_bytes - without.write_bytes == (8 + 2) * 32
