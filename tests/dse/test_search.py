"""What structures and rates share: machines of a group, choices of a chunk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from samples import BOARD, machines, steps

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.dataflow.kernel_rows import RATES, machine_row, rates_row
from heddle.dataflow.mapping_energy import act_energies
from heddle.dataflow.mapping_space import kept_of
from heddle.dataflow.scheduler import schedule_products
from heddle.dataflow.step_items import TrainingStep
from heddle.dse.kernels import CHOICE, Chosen, choose_mappings, frontiers_of, join_choices, search_mappings
from heddle.dse.search import RATES_TOGETHER, machines_of, rate_chunks
from heddle.sim.step_table import step_table


def rates(count: int) -> np.ndarray:
    rows = np.zeros(count, RATES)
    rows["cycles_per_byte"] = np.arange(count) // 6
    rows["sore_lanes"] = np.arange(count) // 2 % 3
    rows["wuve_lanes"] = np.arange(count) % 2
    return rows


@pytest.mark.parametrize(("prunes_on_load", "alike"), [(True, 2), (False, 6)])
def test_rates_that_differ_only_in_idle_lanes_share_their_choices(prunes_on_load: bool, alike: int):
    (chunk,) = rate_chunks(rates(60), np.ones(60, np.int64), prunes_on_load)
    assert len(chunk.choice_rates) == 60 // alike
    shared = chunk.choice_rates[chunk.choice_of]
    assert np.array_equal(shared["cycles_per_byte"], chunk.rates["cycles_per_byte"])
    assert not prunes_on_load or np.array_equal(shared["sore_lanes"], chunk.rates["sore_lanes"])


def test_many_rates_are_cut_into_chunks_that_cover_them_in_order():
    rows = rates(2 * RATES_TOGETHER + 1)
    chunks = list(rate_chunks(rows, np.full(len(rows), 4), prunes_on_load=False))
    assert [len(chunk.rates) for chunk in chunks] == [RATES_TOGETHER, RATES_TOGETHER, 1]
    assert np.array_equal(np.concatenate([rows[chunk.places] for chunk in chunks]), rows)


def test_a_chunk_has_one_number_of_channels_as_the_machine_s_port_is_as_wide():
    rows, channels = rates(60), np.arange(60) % 3 + 1
    chunks = list(rate_chunks(rows, channels, prunes_on_load=False))
    assert [chunk.channels for chunk in chunks] == [1, 2, 3]
    for chunk in chunks:
        assert (channels[chunk.places] == chunk.channels).all()
        assert np.array_equal(rows[chunk.places], chunk.rates)


def test_a_structure_of_both_dataflows_has_the_machines_of_each():
    both = {
        "dataflows": "os+ws",
        "adder_stages": 3,
        "multiplier_stages": 1,
        "interleave": 8,
        "interleave_axes": "cols",
        "group_ports": 2,
    }
    machines = machines_of(both)
    assert machines["os"] == machines_of(both | {"dataflows": "os"})["os"]
    assert machines["ws"] == machines_of(both | {"dataflows": "ws", "interleave": 4})["ws"]
    assert machines["os"].tiles.interleave == 8
    assert {machine.group_ports for machine in machines.values()} == {2}


def chosen_in(dataflow: str, products: np.ndarray, design: Design, rates: np.ndarray) -> Chosen:
    alone = override(design, {"array.dataflows": [dataflow]})
    ends, kept = np.zeros((1, len(products)), np.int64), kept_of(1, products=len(products))
    machine = machine_row(alone, BOARD)
    search_mappings(products, machine, machine, act_energies()[0], kept, ends)
    chosen = Chosen(frontiers_of(kept.pools[0], ends[0], 0), np.zeros((len(rates), len(products)), CHOICE))
    choose_mappings(products, chosen.frontiers, rates, chosen.choices)
    return chosen


@settings(max_examples=30, deadline=None)
@given(step=steps(), design=machines())
def test_joined_choices_are_the_scheduler_s(step: TrainingStep, design: Design):
    both = override(design, {"array.dataflows": ["os", "ws"]})
    table, rates = step_table(step), rates_row(both, BOARD)
    joined = np.zeros((1, len(table.products)), CHOICE)
    in_os, in_ws = (chosen_in(dataflow, table.products, both, rates) for dataflow in ("os", "ws"))
    join_choices(table.products, in_os, in_ws, rates, joined)
    for choice, schedule in zip(joined[0], schedule_products(table.distinct, both, BOARD), strict=True):
        if schedule is None:
            assert choice["cycles"] == np.inf
            continue
        assert choice["cycles"] == schedule.mapping.cycles
        assert choice["moved_bytes"] == schedule.mapping.dram_bytes
        assert choice["energy_j"] == schedule.row["energy_j"]
