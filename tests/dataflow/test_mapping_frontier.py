"""Frontiers that stand in one pool, against the definition applied to each array by itself."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from heddle.dataflow.kernel_rows import TILE_MAPPING
from heddle.dataflow.mapping_frontier import add_to_pool, held_by, pool_from, pools_of, take_frontier
from heddle.dataflow.tile_computing import COMPUTING

ARRAYS = 3
#: What mappings are compared by, beside the array's cycles and drain.
MOVED = (
    *("load_bytes", "store_bytes", "edge_bytes", "edge_cuts", "store_cuts", "edge_bursts", "left_bursts", "left_cuts"),
    *("right_bursts", "right_cuts", "loads", "stores", "sore_elements", "energy_j"),
)
Compared = tuple[float, ...]


def mappings(draw: Callable[[], int], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Mappings with figures of ``draw``, and what each of the arrays computes of them."""
    rows, computed = np.zeros(count, TILE_MAPPING), np.zeros((count, ARRAYS), COMPUTING)
    for name in MOVED:
        rows[name] = [draw() for _ in range(count)]
    for name in ("compute_cycles", "feed_cycles", "drain_cycles"):
        computed[name] = [[draw() for _ in range(ARRAYS)] for _ in range(count)]
    rows["tile_m"] = np.arange(count)  # tells them apart
    return rows, computed


def compared(row: np.void, computing: np.void) -> Compared:
    return (
        float(computing["compute_cycles"] + computing["feed_cycles"]),
        float(computing["drain_cycles"]),
        *(float(row[name]) for name in MOVED),
    )


def no_worse(a: Compared, b: Compared) -> bool:
    return all(x <= y for x, y in zip(a, b, strict=True))


def frontier_by_definition(figures: dict[int, Compared]) -> list[int]:
    """Of mappings in their order those that no other one is as good as; of equal ones the first."""
    return [
        at
        for at, own in figures.items()
        if not any(
            no_worse(other, own) and (other != own or before < at) for before, other in figures.items() if before != at
        )
    ]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.2, 0.3])
def test_each_array_has_the_frontier_of_the_mappings_that_are_for_it(share: float) -> None:
    rng = Random(share)
    rows, computed = mappings(lambda: rng.randint(0, 2) if rng.random() < share else 1, 60)
    arrays = [rng.randrange(1, 1 << ARRAYS) for _ in range(60)]
    pool, count = pool_from(pools_of(1, ARRAYS, 60), 0, 0), 0
    for row, computing, bits in zip(rows, computed, arrays, strict=True):
        count = add_to_pool(pool, count, row, computing, bits)
    for array in range(ARRAYS):
        own = {i: compared(rows[i], computed[i, array]) for i in range(60) if arrays[i] >> array & 1}
        kept = frontier_by_definition(own)
        assert 0 < len(kept) < len(own)
        taken = np.zeros(held_by(pool, count, array), TILE_MAPPING)
        assert take_frontier(pool, count, array, taken) == len(taken)
        assert list(taken["tile_m"]) == kept
        for name in ("compute_cycles", "feed_cycles", "drain_cycles"):
            assert np.array_equal(taken[name], computed[kept, array][name])


@pytest.mark.parametrize("better", [*MOVED, "compute_cycles", "feed_cycles", "drain_cycles"])
def test_a_mapping_that_is_better_in_one_figure_stays_beside_all_others(better: str) -> None:
    rows, computed = mappings(lambda: 1, 2)
    (rows if better in MOVED else computed)[better][1] = 0
    for worse in {*MOVED} - {better}:
        rows[worse][1] = 2
    pool, count = pool_from(pools_of(1, ARRAYS, 2), 0, 0), 0
    for row, computing in zip(rows, computed, strict=True):
        count = add_to_pool(pool, count, row, computing, 1)
    assert count == 2


def test_a_pool_without_room_says_so() -> None:
    rows, computed = mappings(lambda: 1, 2)
    rows["load_bytes"], rows["store_bytes"] = (1, 2), (2, 1)
    pool = pool_from(pools_of(1, ARRAYS, 1), 0, 0)
    count = add_to_pool(pool, 0, rows[0], computed[0], 1)
    with pytest.raises(OverflowError, match="MAX_MAPPINGS"):
        add_to_pool(pool, count, rows[1], computed[1], 1)
