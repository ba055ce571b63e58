"""DDR4 timing: the standard's figures, and what follows from them."""

from __future__ import annotations

import pytest

from heddle.arch.dram import (
    CONTROLLER_LATENCY_S,
    DDR4_2400,
    DRAM_KINDS,
    access_latency_s,
    channel_bytes_per_s,
)
from heddle.arch.instructions import PAGE_BYTES


def test_a_channel_of_ddr4_2400_peaks_at_19_2_gigabytes_a_second() -> None:
    assert DDR4_2400.peak_bytes_per_s == pytest.approx(19.2e9)
    assert DDR4_2400.burst_bytes == 64
    assert DDR4_2400.burst_bytes / DDR4_2400.burst_s == pytest.approx(DDR4_2400.peak_bytes_per_s)


def test_refresh_takes_350_ns_of_every_7_8_us() -> None:
    assert DDR4_2400.refresh_share == pytest.approx(350 / 7800)


def test_a_channel_gives_the_lesser_of_port_and_bus_less_refresh() -> None:
    kept = 1 - DDR4_2400.refresh_share
    assert channel_bytes_per_s(DDR4_2400, 512, 200e6) == pytest.approx(12.8e9 * kept)
    assert channel_bytes_per_s(DDR4_2400, 512, 400e6) == pytest.approx(19.2e9 * kept)
    assert channel_bytes_per_s(DDR4_2400, 64, 100e6) == pytest.approx(0.8e9 * kept)


def test_a_lone_read_waits_for_controller_row_and_column() -> None:
    precharge_and_activate = 2 * 14.16e-9
    cas = 17 / 1.2e9
    assert access_latency_s(DDR4_2400) == pytest.approx(CONTROLLER_LATENCY_S + precharge_and_activate + cas)


def test_turning_the_bus_to_writing_costs_less_than_turning_it_to_reading() -> None:
    # tRTW = CL + burst/2 + 2 - CWL clocks from read to write command; tWTR_L counts from the write's last data.
    clock = 1 / 1.2e9
    assert DDR4_2400.read_to_write_s == pytest.approx((17 - 12 + 2) * clock)
    assert DDR4_2400.write_to_read_idle_s == pytest.approx(7.5e-9 + 17 * clock)


def test_row_cycle_is_at_least_activation_and_precharge() -> None:
    assert DDR4_2400.row_cycle_s > DDR4_2400.activate_to_access_s + DDR4_2400.precharge_s
    assert DDR4_2400.four_activates_s >= 4 * DDR4_2400.activate_to_activate_s


def test_a_page_of_the_port_is_whole_bursts_of_every_kind_and_a_row_of_ddr4_whole_pages() -> None:
    assert [PAGE_BYTES % kind.burst_bytes for kind in DRAM_KINDS.values()] == [0] * len(DRAM_KINDS)
    assert DDR4_2400.row_bytes % PAGE_BYTES == 0


def test_a_narrower_channel_has_a_shorter_burst_and_a_smaller_page_at_the_same_times() -> None:
    half = DDR4_2400.of_width(4)
    assert (half.burst_bytes, half.row_bytes) == (32, DDR4_2400.row_bytes // 2)
    assert half.peak_bytes_per_s == DDR4_2400.peak_bytes_per_s / 2
    assert half.burst_s == DDR4_2400.burst_s
    assert DDR4_2400.of_width(8) == DDR4_2400
