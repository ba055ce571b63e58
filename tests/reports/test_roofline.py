"""The roofline's arithmetic: what bounds a pass, and where it stands below that bound."""

import pytest

from heddle.arch.design_io import load_design
from heddle.reports.roofline import Roof, places, roof, roofline_points


def test_the_roof_is_the_lesser_of_array_and_channels(board):
    bound = roof(load_design("sat-vcu1525"), board)
    assert bound.peak_flop_per_s == 2 * 32 * 32 * 200e6
    # Four channels at the 64 bytes x 200 MHz of their AXI ports, less refresh (350 ns every 7.8 us).
    assert bound.dram_bytes_per_s == pytest.approx(4 * 64 * 200e6 * (1 - 350 / 7800))
    assert bound.at(1.0) == bound.dram_bytes_per_s
    assert bound.at(1e6) == bound.peak_flop_per_s


def test_only_array_passes_that_take_time_are_on_the_roofline(step):
    shown = [(point.item.layer, point.item.pass_name) for point in roofline_points(step)]
    assert shown == [("conv1", "ff"), ("fc", "ff"), ("fc", "bp"), ("fc", "wu"), ("conv1", "wu")]
    first = roofline_points(step)[0]
    assert first.intensity == 16_000 / 8192
    assert first.flop_per_s == pytest.approx(16_000 / 10e-6)
    assert first.share == 0.1


def test_passes_at_one_place_of_the_roofline_share_a_letter(new_step, new_pass):
    step = new_step(new_pass(f"conv{i}", "ff", "os", 100, 800) for i in range(3))
    assert [len(group) for group in places(roofline_points(step))] == [3]


def test_unlimited_memory_leaves_only_the_array_s_peak(board):
    ideal = load_design("ideal-32x32")
    assert roof(ideal, board) == Roof(2 * ideal.peak_macs_per_second, None)
