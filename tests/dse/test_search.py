"""What structures and rates share: machines of a group, choices of a chunk."""

from __future__ import annotations

import numpy as np
import pytest

from heddle.dataflow.kernel_rows import RATES
from heddle.dse.search import RATES_TOGETHER, machines_of, rate_chunks


def rates(count: int) -> np.ndarray:
    rows = np.zeros(count, RATES)
    rows["cycles_per_byte"] = np.arange(count) // 6
    rows["sore_lanes"] = np.arange(count) // 2 % 3
    rows["wuve_lanes"] = np.arange(count) % 2
    return rows


@pytest.mark.parametrize(("prunes_on_load", "alike"), [(True, 2), (False, 6)])
def test_rates_that_differ_only_in_idle_lanes_share_their_choices(prunes_on_load: bool, alike: int):
    (chunk,) = rate_chunks(rates(60), prunes_on_load)
    assert len(chunk.choice_rates) == 60 // alike
    shared = chunk.choice_rates[chunk.choice_of]
    assert np.array_equal(shared["cycles_per_byte"], chunk.rates["cycles_per_byte"])
    assert not prunes_on_load or np.array_equal(shared["sore_lanes"], chunk.rates["sore_lanes"])


def test_many_rates_are_cut_into_chunks_that_cover_them_in_order():
    rows = rates(2 * RATES_TOGETHER + 1)
    chunks = list(rate_chunks(rows, prunes_on_load=False))
    assert [len(chunk.rates) for chunk in chunks] == [RATES_TOGETHER, RATES_TOGETHER, 1]
    assert np.array_equal(np.concatenate([rows[chunk.span] for chunk in chunks]), rows)


def test_a_structure_of_both_dataflows_has_the_machines_of_each():
    both = {
        "dataflows": "os+ws",
        "adder_stages": 3,
        "multiplier_stages": 1,
        "interleave": 8,
        "interleave_axes": "cols",
    }
    machines = machines_of(both)
    assert machines["os"] == machines_of(both | {"dataflows": "os"})["os"]
    assert machines["ws"] == machines_of(both | {"dataflows": "ws", "interleave": 4})["ws"]
    assert machines["os"].interleave == 8
