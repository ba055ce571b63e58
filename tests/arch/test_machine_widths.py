"""Words, halves and parts of the whole machine, of many designs at once: as its RTL has them."""

from __future__ import annotations

import numpy as np
import pytest
from resource_designs import SAT

from benchmarks.calibration.designs import FIT, HELD_OUT
from benchmarks.calibration.machine_designs import machines
from heddle.arch.boards import load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.arch.machine_widths import MachineWidths, bits_below, largest_part
from heddle.arch.port_parts import PortParts
from heddle.arch.resource_inputs import ResourceInputs
from heddle.hls.gear.rows import largest_part as part_of_columns
from heddle.hls.system.shape import MachineShape

BOARD = load_board("vcu1525")
MACHINES = [*(design for which in (FIT, HELD_OUT) for design in machines(which)), load_design("sat-vcu1525")]


def widths_of(design: Design) -> MachineWidths:
    return MachineWidths.of(ResourceInputs.of(design, BOARD))


@pytest.mark.parametrize("design", MACHINES, ids=lambda design: design.name)
def test_they_are_those_of_the_machine_s_shape(design: Design) -> None:
    widths, shape = widths_of(design), MachineShape(design)
    assert int(widths.port_bits) == 8 * shape.port.data_bytes
    assert int(widths.page_beats) == shape.port.page_beats
    assert int(widths.lane_bits) == shape.port.lane_bits
    halves = (widths.lanes, widths.left_groups, widths.right_words, widths.out_words)
    assert tuple(map(int, halves)) == (shape.lanes, shape.left_groups, shape.right_words, shape.out_words)
    addresses = (widths.left_address_bits, widths.right_address_bits, widths.out_address_bits)
    assert tuple(map(int, addresses)) == (shape.addresses.left, shape.addresses.right, shape.addresses.out)


@pytest.mark.parametrize("design", MACHINES, ids=lambda design: design.name)
def test_a_gearbox_takes_the_parts_that_the_port_has(design: Design) -> None:
    widths, parts = widths_of(design), PortParts.of(design)
    names = ("index_bits", "value_part", "index_part", "narrow_part", "wide_part")
    assert [int(getattr(widths, name)) for name in names] == [getattr(parts, name) for name in names]


def test_the_port_is_as_wide_as_all_channels_together() -> None:
    widths = widths_of(load_design("sat-vcu1525"))
    assert (int(widths.port_bits), int(widths.page_beats), int(widths.lanes)) == (2048, 64, 16)


def test_parts_and_bits_of_many_numbers_are_those_of_each() -> None:
    cols, most = np.arange(1, 65)[:, None], np.arange(1, 65)[None, :]
    expected = [[part_of_columns(int(c), int(m)) for m in most[0]] for c in cols[:, 0]]
    assert largest_part(*np.broadcast_arrays(cols, most)).tolist() == expected
    counts = np.array([1, 2, 3, 4, 5, 8, 9, 512, 513, 1 << 40, (1 << 40) + 1])
    assert bits_below(counts).tolist() == [max(1, int(count - 1).bit_length()) for count in counts]


def test_a_port_of_less_than_a_group_counts_as_one_group() -> None:
    too_wide = ResourceInputs(**{**vars(SAT), "m": 32, "axi_bits": 64, "channels": 1})
    assert int(MachineWidths.of(too_wide).lanes) == 1
