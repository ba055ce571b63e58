"""The clock limit: one coefficient times the longest path of a design's slowest block."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heddle.arch.block_paths import block_paths_ns
from heddle.arch.boards import load_board
from heddle.arch.clock import clock_is_plausible, max_clock_hz, slowest_path_ns
from heddle.arch.design_io import load_design, preset_names
from heddle.arch.fit import is_idealised
from heddle.arch.resource_inputs import ResourceInputs

BOARD = load_board("vcu1525")
SAT = ResourceInputs.of(load_design("sat-vcu1525"), BOARD)


@pytest.fixture
def paths(monkeypatch):
    """Paths that are easy to tell apart: of the PE by its adder, of other blocks the same in all."""
    delays = {1: 10.0, 2: 6.0, 3: np.nan}

    def table(inputs):
        pe = np.vectorize(delays.__getitem__, otypes=[float])(inputs.adder_stages)
        return {"pe": pe, "sore": np.array(2.5), "wuve": np.array(8.0)}

    monkeypatch.setattr("heddle.arch.clock.block_paths_ns", table)


def with_adders(*stages):
    return replace(SAT, adder_stages=np.array(stages))


def test_the_slowest_block_sets_the_limit(paths):
    assert slowest_path_ns(with_adders(1, 2)).tolist() == [10.0, 8.0]
    assert max_clock_hz(with_adders(1, 2)).tolist() == pytest.approx([1e9 / (1.1 * 10.0), 1e9 / (1.1 * 8.0)])


def test_a_clock_at_the_limit_is_plausible_and_one_above_is_not(paths):
    limit_hz = float(max_clock_hz(with_adders(2))[0])
    assert clock_is_plausible([limit_hz, 1.001 * limit_hz], with_adders(2)).tolist() == [True, False]


def test_no_clock_is_plausible_where_a_block_was_not_timed(paths):
    assert clock_is_plausible(1e6, with_adders(2, 3)).tolist() == [True, False]


def test_clocks_broadcast_against_designs(paths):
    inputs = replace(SAT, adder_stages=np.array([[1], [2]]))
    assert clock_is_plausible(np.array([90e6, 100e6]), inputs).tolist() == [[True, False], [True, True]]


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_that_is_hardware_is_within_its_limit(name):
    design = load_design(name)
    inputs = ResourceInputs.of(design, load_board(design.board))
    assert is_idealised(design) or clock_is_plausible(design.clock_hz, inputs)


def test_each_stage_of_the_adder_shortens_the_longest_path_up_to_five():
    paths = block_paths_ns(replace(SAT, adder_stages=np.arange(1, 7)))["pe"]
    assert (np.diff(paths[:5]) < 0).all()
    # A sixth cuts within what is no longer the longest stage: what differs is the mapper's choice of LUTs.
    assert paths[5] < paths[3]
