"""Frontiers that stand in one pool, against the definition applied to each array by itself."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from heddle.dataflow.kernel_rows import TILE_MAPPING
from heddle.dataflow.mapping_frontier import POOLED, add_to_pool, held_by, take_frontier

ARRAYS = 3
COMPUTED = ("compute_cycles", "feed_cycles", "drain_cycles")
#: What mappings are compared by, beside what the array does.
MOVED = (
    *("load_bytes", "store_bytes", "edge_bytes", "edge_cuts", "store_cuts", "edge_bursts", "left_bursts", "left_cuts"),
    *("right_bursts", "right_cuts", "loads", "stores", "sore_elements", "energy_j"),
)
Compared = tuple[float, ...]


def mappings(draw: Callable[[], int], count: int) -> np.ndarray:
    """POOLED rows with figures of ``draw``."""
    rows = np.zeros(count, POOLED)
    for name in MOVED:
        rows["mapping"][name] = [draw() for _ in range(count)]
    for name in COMPUTED:
        rows["computed"][name][:, :ARRAYS] = [[draw() for _ in range(ARRAYS)] for _ in range(count)]
    rows["mapping"]["tile_m"] = np.arange(count)  # tells them apart
    return rows


def compared(row: np.void, array: int) -> Compared:
    computing = row["computed"][array]
    return (
        float(computing["compute_cycles"] + computing["feed_cycles"]),
        float(computing["drain_cycles"]),
        *(float(row["mapping"][name]) for name in MOVED),
    )


def no_worse(a: Compared, b: Compared) -> bool:
    return all(x <= y for x, y in zip(a, b, strict=True))


def frontier_by_definition(figures: dict[int, Compared]) -> list[int]:
    """Of mappings in their order those that no other one is as good as; of equal ones the first."""

    def is_dominated(at: int) -> bool:
        return any(
            no_worse(other, figures[at]) and (other != figures[at] or before < at)
            for before, other in figures.items()
            if before != at
        )

    return [at for at in figures if not is_dominated(at)]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.2, 0.3])
def test_each_array_has_the_frontier_of_the_mappings_that_are_for_it(share: float) -> None:
    rng = Random(share)
    rows = mappings(lambda: rng.randint(0, 2) if rng.random() < share else 1, 60)
    arrays = [rng.randrange(1, 1 << ARRAYS) for _ in range(60)]
    pool, count = np.zeros(60, POOLED), 0
    for row, bits in zip(rows.copy(), arrays, strict=True):
        count = add_to_pool(pool, count, row, bits)
    for array in range(ARRAYS):
        own = {i: compared(rows[i], array) for i in range(60) if arrays[i] >> array & 1}
        kept = frontier_by_definition(own)
        assert 0 < len(kept) < len(own)
        taken = np.zeros(held_by(pool[:count], array), TILE_MAPPING)
        assert take_frontier(pool[:count], array, taken) == len(taken)
        assert list(taken["tile_m"]) == kept
        for name in COMPUTED:
            assert np.array_equal(taken[name], rows["computed"][name][kept, array])


@pytest.mark.parametrize("better", [*MOVED, *COMPUTED])
def test_a_mapping_that_is_better_in_one_figure_stays_beside_all_others(better: str) -> None:
    rows = mappings(lambda: 1, 2)
    rows["mapping" if better in MOVED else "computed"][better][1] = 0
    for worse in {*MOVED} - {better}:
        rows["mapping"][worse][1] = 2
    pool, count = np.zeros(2, POOLED), 0
    for row in rows:
        count = add_to_pool(pool, count, row, 1)
    assert count == 2


def test_a_pool_without_room_says_so() -> None:
    rows = mappings(lambda: 1, 2)
    rows["mapping"]["load_bytes"], rows["mapping"]["store_bytes"] = (1, 2), (2, 1)
    pool = np.zeros(1, POOLED)
    count = add_to_pool(pool, 0, rows[0], 1)
    with pytest.raises(OverflowError, match="MAX_MAPPINGS"):
        add_to_pool(pool, count, rows[1], 1)
