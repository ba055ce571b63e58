"""The walk over a step's items: what runs one after another, and what updates find room behind."""

from __future__ import annotations

import numpy as np
import pytest
from samples import BOARD, SAT, step_of

from heddle.dataflow.training import StepOptions
from heddle.dataflow.zoo import zoo_network
from heddle.sim.closed_form import stream_memory_cycles, vector_item_cycles, walk_step
from heddle.sim.estimate import estimate
from heddle.sim.step_table import ARRAY, ITEM, UPDATE, VECTOR

RATES = np.zeros(
    1,
    [
        (name, np.float64)
        for name in (
            "cycles_per_byte",
            "turnaround_cycles",
            "latency_cycles",
            "vector_lanes",
            "wuve_lanes",
            "sore_lanes",
        )
    ],
)
RATES["cycles_per_byte"] = 0.5
RATES["turnaround_cycles"] = 10
RATES["latency_cycles"] = 7
RATES["vector_lanes"] = RATES["wuve_lanes"] = 4
RATES["sore_lanes"] = 2


def items(*kinds: int) -> np.ndarray:
    rows = np.zeros(len(kinds), ITEM)
    rows["kind"] = kinds
    rows["group_m"] = 8
    return rows


def test_array_items_follow_one_another() -> None:
    rows = items(ARRAY, ARRAY)
    rows["end_ref"] = [2, 3]
    rows["first_ref"] = [0, 2]
    found = np.zeros(2)
    exposed = walk_step(rows, np.arange(2), np.array([0, 1, 0]), np.array([100.0, 30.0]), np.zeros(2), RATES[0], found)
    assert found.tolist() == [130.0, 100.0]
    assert exposed == 0


def test_an_item_that_comes_again_takes_its_time_again() -> None:
    rows = items(ARRAY, UPDATE)
    rows["end_ref"] = rows[1]["first_ref"] = 1
    rows[1]["weights"] = 4000
    cycles, memory = np.array([600.0]), np.zeros(1)
    for array_items, exposed in ((1, 400.0), (2, 0.0)):
        order = np.array([1] + [0] * array_items)
        assert walk_step(rows, order, np.array([0]), cycles, memory, RATES[0], np.zeros(2)) == exposed


def test_an_update_hides_in_the_dram_time_that_later_products_leave_free() -> None:
    rows = items(UPDATE, ARRAY)
    rows[0]["read_bytes"], rows[0]["weights"] = 100, 4
    rows[1]["end_ref"] = 1
    busy = float(stream_memory_cycles(rows[0], RATES[0]))
    for free, exposed in ((busy + 1, 0.0), (busy - 20, 20.0), (0.0, busy)):
        found = np.zeros(2)
        late = walk_step(
            rows, np.arange(2), np.array([0]), np.array([500.0]), np.array([500.0 - free]), RATES[0], found
        )
        assert late == pytest.approx(exposed)
        assert found.tolist() == [0.0, 500.0]


def test_an_update_that_its_lanes_bound_is_exposed_by_what_they_still_have_to_do() -> None:
    rows = items(UPDATE, ARRAY)
    rows[0]["weights"] = 4000
    rows[1]["end_ref"] = 1
    late = walk_step(rows, np.arange(2), np.array([0]), np.array([600.0]), np.zeros(1), RATES[0], np.zeros(2))
    assert late == 400


def test_an_update_after_the_last_product_has_nothing_to_hide_behind() -> None:
    rows = items(ARRAY, UPDATE)
    rows[0]["end_ref"] = rows[1]["first_ref"] = rows[1]["end_ref"] = 1
    rows[1]["weights"] = 400
    assert walk_step(rows, np.arange(2), np.array([0]), np.array([600.0]), np.zeros(1), RATES[0], np.zeros(2)) == 100


def test_a_vector_item_takes_its_slowest_part_after_the_latency() -> None:
    (row,) = items(VECTOR)
    assert vector_item_cycles(row, RATES[0]) == 0
    row["read_bytes"] = 100
    assert vector_item_cycles(row, RATES[0]) == 7 + 50
    row["lane_elements"] = 400
    assert vector_item_cycles(row, RATES[0]) == 7 + 100
    row["sore_elements"] = 3200
    assert vector_item_cycles(row, RATES[0]) == 7 + 200


def test_a_stream_that_reads_and_writes_turns_the_bus_once_a_chunk() -> None:
    (row,) = items(VECTOR)
    row["read_bytes"], row["write_bytes"] = 65536, 65537
    assert stream_memory_cycles(row, RATES[0]) == (65536 + 65537) * 0.5 + 2 * 10


@pytest.mark.compiled
def test_the_updates_of_one_sample_are_exposed_and_those_of_many_are_not() -> None:
    shares = []
    for batch in (1, 256):
        result = estimate(step_of(zoo_network("resnet9"), options=StepOptions(batch=batch)), SAT, BOARD)
        shares.append(sum(entry.cycles for entry in result.passes if entry.engine == "update") / result.cycles)
    assert shares[0] > shares[1]
    assert shares[1] < 0.01


def test_exposed_cycles_stand_with_the_last_updates() -> None:
    result = estimate(step_of(zoo_network("mlp"), options=StepOptions(batch=1)), SAT, BOARD)
    exposed = [entry.cycles for entry in result.passes if entry.engine == "update"]
    assert exposed[-1] > 0
    assert result.cycles == pytest.approx(sum(entry.cycles for entry in result.passes))
