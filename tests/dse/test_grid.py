"""Points by number: groups, blocks, and the design behind each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.dse.grid import Grid
from heddle.dse.space import Space, default_space, load_space


@pytest.fixture
def grid(space: Space) -> Grid:
    return Grid(space, block_points=100)


def test_blocks_hold_every_group_once_and_in_order(grid: Grid):
    groups = [group for block in range(grid.blocks) for group in grid.groups_of(block)]
    assert groups == list(range(grid.groups))
    assert sum(grid.points_of(block) for block in range(grid.blocks)) == grid.points
    assert all(grid.points_of(block) <= 100 for block in range(grid.blocks))


def test_the_points_of_the_blocks_follow_one_another(grid: Grid):
    numbers = [point for block in range(grid.blocks) for point in grid.span_of(block)]
    assert numbers == list(range(grid.points))


def test_a_group_larger_than_a_block_is_a_block_of_its_own(space: Space):
    assert Grid(space, block_points=1).blocks == Grid(space).groups


def test_structures_of_a_group_share_array_buffers_and_sparsity(grid: Grid):
    for group in range(grid.groups):
        structures = [grid.structure_values(index) for index in grid.structures_of(group)]
        shared = {(s["sparsities"], s["rows"], s["cols"], s["buffers"]) for s in structures}
        assert len(shared) == 1


def test_all_points_are_different_designs(grid: Grid):
    designs = {grid.design(p, "vcu1525").model_copy(update={"name": "x"}) for p in range(grid.points)}
    assert len(designs) == grid.points


@given(st.integers(0, default_space().points - 1))
@settings(max_examples=50, deadline=None)
def test_the_columns_of_a_point_are_the_parts_of_its_design(point: int):
    grid = Grid(default_space())
    design = grid.design(point, "vcu1525")
    row = {name: column[0] for name, column in grid.columns(np.array([point])).items()}
    array, lanes, buffers = design.array, design.lanes, design.buffers
    assert row == {
        "rows": array.rows,
        "cols": array.cols,
        "n": design.sparsity.n,
        "m": design.sparsity.m,
        "dataflows": "+".join(array.dataflows),
        "interleave": array.interleave,
        "interleave_axes": array.interleave_axes,
        "adder_stages": array.adder_stages,
        "multiplier_stages": array.multiplier_stages,
        "sore_lanes": lanes.sore,
        "wuve_lanes": lanes.wuve,
        "vector_lanes": lanes.vector,
        "activation_bytes": buffers.activation_bytes,
        "weight_bytes": buffers.weight_bytes,
        "output_bytes": buffers.output_bytes,
        "group_ports": buffers.group_ports,
        "clock_hz": design.clock_hz,
        "channels": design.memory.channels,
        "axi_bits": design.memory.axi_bits,
    }


def test_the_rate_columns_stand_in_the_order_of_the_rates():
    grid = Grid(load_space("small"))
    columns = grid.rate_columns
    for rate in range(grid.rates):
        values = grid.rate_values(rate)
        for name, value in values.items():
            assert getattr(columns, name)[rate] == value
