"""Longest paths of blocks: composed of measured ones, for one design or for many."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from benchmarks.docs_tables.clocks import by_rule_ns
from benchmarks.timed_blocks import CHECKS, blocks, depths, other_blocks
from heddle.arch import block_paths
from heddle.arch.block_paths import block_paths_ns, pe_path_ns
from heddle.arch.boards import load_board
from heddle.arch.calibration import block_timing as data
from heddle.arch.calibration.block_timing import BlockKind, LongestPath, PeKind, block_timing, pe_timing
from heddle.arch.design_io import load_design, override, preset_names
from heddle.arch.resource_inputs import ResourceInputs
from heddle.dse.space import default_space

TABLES = (
    block_paths._pe_table,
    block_paths._other_tables,
    block_paths._sized_table,
    block_paths._wider_feeders,
)
BOARD = load_board("vcu1525")
SAT = load_design("sat-vcu1525")
FP16_PATHS = {
    # Dataflows, M, multiplier and adder stages.
    ("ws", 8, 1, 1): 8.5,
    ("ws", 8, 1, 2): 5.0,
    ("ws", 16, 1, 2): 5.5,
    ("os+ws", 8, 1, 1): 9.0,
    ("os+ws", 8, 1, 2): 5.25,
    ("os+ws", 8, 0, 1): 12.0,
}


@pytest.fixture
def small_table(monkeypatch):
    """A table of few PEs, with paths that are easy to tell apart, and of one block for each operand and M."""
    pes = {
        PeKind("fp16", flows, m, 8, multiplier, adder): LongestPath(ns, "a", "b")
        for (flows, m, multiplier, adder), ns in FP16_PATHS.items()
    }
    others = {
        BlockKind("recoder", "", "fp16", 0): LongestPath(2.0, "", ""),
        BlockKind("recoder", "", "bf16", 0): LongestPath(1.0, "", ""),
        BlockKind("sore", "1:8", "", 8): LongestPath(2.5, "", ""),
        BlockKind("sore", "4:8", "", 8): LongestPath(2.75, "", ""),
        BlockKind("sore", "2:16", "", 16): LongestPath(3.5, "", ""),
        BlockKind("core", "4 × 4", "", 0): LongestPath(3.0, "", ""),
        BlockKind("core", "16 × 16", "", 0): LongestPath(2.875, "", ""),
        BlockKind("core", "32 × 32", "", 0): LongestPath(3.25, "", ""),
        BlockKind("machine", "4 × 4", "", 0): LongestPath(3.125, "", ""),
        BlockKind("machine", "8 × 8", "", 0): LongestPath(3.375, "", ""),
        BlockKind("left_feeder", "1 groups", "", 8): LongestPath(3.0, "", ""),
        BlockKind("left_feeder", "4 groups", "", 8): LongestPath(3.5, "", ""),
        BlockKind("left_feeder", "8 groups", "", 8): LongestPath(3.25, "", ""),
        BlockKind("left_feeder", "4 groups", "", 16): LongestPath(3.75, "", ""),
        BlockKind("wuve", "sgd", "fp16", 0): LongestPath(4.125, "", ""),
        BlockKind("wuve", "adam", "fp16", 0): LongestPath(4.0, "", ""),
    }
    monkeypatch.setattr(block_paths, "pe_timing", lambda: pes)
    monkeypatch.setattr(block_paths, "block_timing", lambda: others)
    for table in TABLES:
        table.cache_clear()
    yield
    for table in TABLES:
        table.cache_clear()


@pytest.mark.parametrize(
    ("dataflows", "m", "multiplier", "adder", "ns"),
    [
        ("os+ws", 8, 1, 2, 5.25),
        ("ws", 8, 1, 2, 5.0),
        ("ws", 2, 1, 2, 5.0),  # no longer than at M = 8
        ("os+ws", 16, 1, 2, 5.5),  # the wider choice is the longer one
        ("os+ws", 16, 1, 1, 9.0),  # the adder is
        ("os+ws", 8, 0, 1, 12.0),
        ("ws", 8, 0, 1, 12.0),  # measured with OS beside it
        ("os+ws", 16, 0, 1, 12.5),  # what M = 16 adds to the choice
    ],
)
def test_a_path_is_the_measured_one_or_follows_from_measured_ones(small_table, dataflows, m, multiplier, adder, ns):
    assert pe_path_ns("fp16", dataflows, m, multiplier, adder) == ns


@pytest.mark.parametrize(
    ("operand", "m", "multiplier", "adder"),
    [
        ("fp16", 8, 2, 2),
        ("fp16", 8, 1, 3),
        ("fp16", 32, 1, 1),
        ("fp16", 32, 0, 1),
        ("bf16", 8, 1, 1),
    ],
)
def test_what_was_not_measured_has_no_path(small_table, operand, m, multiplier, adder):
    assert np.isnan(pe_path_ns(operand, "os+ws", m, multiplier, adder))


def inputs_of(changes):
    return ResourceInputs.of(override(SAT, changes), BOARD)


def test_other_blocks_have_the_longest_path_of_all_lanes_for_the_design_s_m(small_table):
    paths = block_paths_ns(inputs_of({"array.multiplier_stages": 1, "array.adder_stages": 1}))
    assert {block: float(path) for block, path in paths.items()} == {
        "pe": 9.0,
        "core": 3.25,
        "machine": 3.375,
        "left_feeder": 3.5,
        "recoder": 2.0,
        "sore": 2.75,
        "wuve": 4.125,
    }
    assert float(block_paths_ns(inputs_of({"sparsity.m": 16}))["sore"]) == 3.5
    assert np.isnan(block_paths_ns(inputs_of({"sparsity.m": 32}))["sore"])


def test_core_and_machine_count_as_the_next_larger_one_that_was_measured(small_table):
    sizes = [(2, 4), (4, 5), (16, 8), (8, 17), (64, 64)]
    paths = [block_paths_ns(inputs_of({"array.rows": r, "array.cols": c})) for r, c in sizes]
    assert [float(path["core"]) for path in paths] == [3.0, 3.0, 3.0, 3.25, 3.25]
    assert [float(path["machine"]) for path in paths] == [3.125, 3.375, 3.375, 3.375, 3.375]


def test_a_left_feeder_counts_as_that_of_the_next_wider_read_or_of_its_m_where_that_is_slower(small_table):
    cases = [(1, 8), (2, 8), (4, 4), (8, 8), (1, 16), (1, 32)]
    paths = [block_paths_ns(inputs_of({"buffers.group_ports": g, "sparsity.m": m})) for g, m in cases]
    found = [float(path["left_feeder"]) for path in paths]
    assert np.array_equal(found, [3.0, 3.5, 3.5, 3.5, 3.75, np.nan], equal_nan=True)


def test_a_depth_beyond_the_table_is_not_timed(small_table):
    for changes in ({"array.adder_stages": 6}, {"array.multiplier_stages": 3, "array.adder_stages": 1}):
        assert np.isnan(block_paths_ns(inputs_of(changes))["pe"])


def test_many_designs_have_the_paths_of_each():
    adders, multipliers = list(depths("adder_stages")), list(depths("multiplier_stages"))
    inputs = replace(
        ResourceInputs.of(SAT, BOARD),
        adder_stages=np.array(adders)[:, None],
        multiplier_stages=np.array(multipliers),
    )
    found = block_paths_ns(inputs)["pe"]
    alone = [[pe_path_ns("fp16", "os+ws", 8, b, a) for b in multipliers] for a in adders]
    assert np.array_equal(found, alone, equal_nan=True)


def test_the_tables_have_blocks_that_are_measured_in_their_order_and_no_other():
    wanted = [block.kind for block in blocks()]
    assert len(set(wanted)) == len(wanted)
    assert list(pe_timing()) == [kind for kind in wanted if kind in pe_timing()]
    assert list(block_timing()) == [kind for kind in wanted if kind in block_timing()]


def test_every_block_of_the_presets_and_of_the_default_space_is_timed():
    machines = [ResourceInputs.of(load_design(name), BOARD) for name in preset_names() if name != "ideal-32x32"]
    space = default_space()
    flows = [list(names.split("+")) for names in space.dataflows]
    machines += [
        inputs_of(
            {
                "array.adder_stages": a,
                "array.multiplier_stages": b,
                "array.dataflows": f,
                "sparsity.m": s.m,
                "buffers.group_ports": g,
            }
        )
        for a, b, f, s, g in product(
            space.adder_stages, space.multiplier_stages, flows, space.sparsities, space.group_ports
        )
    ]
    assert not [block for inputs in machines for block, path in block_paths_ns(inputs).items() if np.isnan(path)]


@pytest.mark.parametrize("kind", [kind for kind in CHECKS if not np.isnan(by_rule_ns(kind))], ids=str)
def test_a_whole_pe_is_about_as_fast_as_the_rules_say_or_somewhat_faster(kind):
    assert 0.97 <= by_rule_ns(kind) / pe_timing()[kind].delay_ns <= 1.15


def test_the_data_are_files_of_the_package():
    assert {data.pe_timing_path().name, data.block_timing_path().name} == {"pe-timing.csv", "block-timing.csv"}
    assert data.pe_timing_path().parent == data.block_timing_path().parent


def test_a_core_is_timed_with_the_longest_of_its_waits_and_without_its_grid() -> None:
    (core,) = (block for block in other_blocks() if (block.kind.block, block.kind.variant) == ("core", "4 × 4"))
    # Row 3 of 4 waits three rows of 3 steps, one for each stage of the adder.
    assert core.names(core.modules()) == ["heddle_array_core_step_delay_73x9", "heddle_array_core"]
