"""The engines' DRAM against a memory served burst by burst, and its state from one transfer to the next."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_dram import Memory
from samples import BOARD, SAT

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.arch.dram import CONTROLLER_LATENCY_S, DDR4_2400, access_latency_s
from heddle.sim.engines.dram import idle_from, transfer
from heddle.sim.engines.dram_rows import READ, WRITE, Access, Dram, dram_of

clocks = st.sampled_from((100e6, 200e6, 300e6, 400e6))
channel_counts = st.sampled_from((1, 2, 4))


def machine(channels: int, clock_hz: float, axi_bits: int = 512) -> Design:
    return override(SAT, {"memory.channels": channels, "clock_hz": clock_hz, "memory.axi_bits": axi_bits})


def statistics(dram: Dram) -> dict[str, int]:
    counts = {name: int(dram.channel[name]) for name in ("row_misses", "turnarounds")}
    return counts | {"refreshes": int(dram.channel["refresh"] - 1)}


def naive_read_cycles(design: Design, runs: int, run_bytes: int, stride: int) -> float:
    beat_bytes = design.memory.axi_bits // 8
    memory = Memory(DDR4_2400, design.memory.channels, beat_bytes, beat_bytes * design.clock_hz)
    end_s = max(memory.read(run * stride, run_bytes) for run in range(runs))
    return (end_s + CONTROLLER_LATENCY_S) * design.clock_hz


@settings(max_examples=40, deadline=None)
@given(channels=channel_counts, clock_hz=clocks, bursts=st.integers(1, 20000))
def test_a_contiguous_read_takes_what_it_takes_burst_by_burst(channels: int, clock_hz: float, bursts: int) -> None:
    design = machine(channels, clock_hz)
    dram = dram_of(design, BOARD)
    cycles = transfer(dram, Access(0, 64 * bursts, 1, 64 * bursts, READ), 0.0)
    assert cycles == pytest.approx(naive_read_cycles(design, 1, 64 * bursts, 0), rel=0.01)


@settings(max_examples=40, deadline=None)
@given(
    channels=channel_counts,
    clock_hz=clocks,
    runs=st.integers(1000, 3000),
    run_bursts=st.sampled_from((1, 2, 4)),
    words=st.sampled_from((2, 5, 8, 16, 17, 32, 64)),
    short_bytes=st.sampled_from((0, 2, 63)),
)
def test_many_short_runs_over_even_strides_take_what_they_take_burst_by_burst(
    channels: int, clock_hz: float, runs: int, run_bursts: int, words: int, short_bytes: int
) -> None:
    """Runs begin with a word of all channels; a run that ends within one moves it whole."""
    design = machine(channels, clock_hz)
    dram = dram_of(design, BOARD)
    moved, stride = 64 * channels * min(run_bursts, words), 64 * channels * words
    cycles = transfer(dram, Access(0, runs * moved, runs, stride, READ), 0.0)
    assert cycles == pytest.approx(naive_read_cycles(design, runs, moved - short_bytes, stride), rel=0.02)


@pytest.mark.parametrize("clock_hz", [200e6, 400e6])
def test_a_row_a_burst_is_bound_by_activations(clock_hz: float) -> None:
    design = machine(1, clock_hz)
    dram = dram_of(design, BOARD)
    cycles = transfer(dram, Access(0, 2000 * 64, 2000, DDR4_2400.row_bytes, READ), 0.0)
    assert cycles == pytest.approx(naive_read_cycles(design, 2000, 64, DDR4_2400.row_bytes), rel=0.01)
    assert cycles > 2000 * 21e-9 / 4 * clock_hz


@settings(max_examples=100, deadline=None)
@given(
    channels=channel_counts,
    clock_hz=clocks,
    axi_bits=st.sampled_from((64, 128, 512)),
    runs=st.integers(1, 200),
    run_bursts=st.integers(1, 64),
    gap=st.integers(0, 10),
    address=st.integers(0, 1000),
    direction=st.sampled_from((READ, WRITE)),
)
def test_no_transfer_is_faster_than_bus_and_port(
    channels: int, clock_hz: float, axi_bits: int, runs: int, run_bursts: int, gap: int, address: int, direction: int
) -> None:
    design = machine(channels, clock_hz, axi_bits)
    dram = dram_of(design, BOARD)
    nbytes, stride = runs * run_bursts * 64, (run_bursts + gap) * 64
    end = transfer(dram, Access(64 * address, nbytes, runs, stride, direction), 10.0)
    peak_bytes_per_s = channels * min(DDR4_2400.peak_bytes_per_s, axi_bits / 8 * clock_hz)
    assert (end - 10.0) / clock_hz >= nbytes / peak_bytes_per_s * (1 - 1e-9)


@pytest.mark.parametrize("clock_hz", [200e6, 300e6])
def test_a_lone_read_takes_the_access_latency_and_its_burst(clock_hz: float) -> None:
    design = machine(4, clock_hz)
    dram = dram_of(design, BOARD)
    burst_cycles = max(1.0, DDR4_2400.burst_s * clock_hz)
    expected = access_latency_s(DDR4_2400) * clock_hz + burst_cycles
    assert transfer(dram, Access(0, 64, 1, 64, READ), 0.0) == pytest.approx(expected)


def test_a_second_read_of_an_open_row_does_not_wait_for_it_to_open() -> None:
    dram = dram_of(machine(1, 200e6), BOARD)
    first = transfer(dram, Access(0, 64, 1, 64, READ), 0.0)
    second = transfer(dram, Access(64, 64, 1, 64, READ), 1000.0) - 1000.0
    assert first - second == pytest.approx(DDR4_2400.row_miss_s * 200e6)
    assert statistics(dram)["row_misses"] == 1


def test_turning_the_bus_costs_its_idle_time_each_way() -> None:
    dram = dram_of(machine(1, 200e6), BOARD)
    transfer(dram, Access(0, 64, 1, 64, READ), 0.0)
    bus_free = idle_from(dram)
    written = transfer(dram, Access(64, 64, 1, 64, WRITE), 0.0)
    assert written - bus_free == pytest.approx(DDR4_2400.read_to_write_s * 200e6 + 1)
    read = transfer(dram, Access(128, 64, 1, 64, READ), 0.0)
    latency = (DDR4_2400.cas_latency_s + CONTROLLER_LATENCY_S) * 200e6
    assert read - written == pytest.approx(DDR4_2400.write_to_read_idle_s * 200e6 + 1 + latency)
    assert statistics(dram)["turnarounds"] == 2


def test_refresh_takes_its_share_of_a_long_transfer() -> None:
    dram = dram_of(machine(1, 200e6), BOARD)
    nbytes = 64 << 20
    cycles = transfer(dram, Access(0, nbytes, 1, nbytes, READ), 0.0)
    busy = nbytes / 64
    assert busy / cycles == pytest.approx(1 - DDR4_2400.refresh_share, rel=0.001)
    assert statistics(dram)["refreshes"] == int(cycles / (7.8e-6 * 200e6))


def test_refreshes_of_an_idle_time_are_counted_and_delay_nothing() -> None:
    dram = dram_of(machine(1, 200e6), BOARD)
    # 1 ms later, between two refreshes: 1560 cycles apart, 70 long.
    start = 128.5 * 1560.0
    assert transfer(dram, Access(0, 64, 1, 64, WRITE), start) == pytest.approx(start + 5.664 + 1)
    assert statistics(dram)["refreshes"] == 128


@pytest.mark.parametrize("axi_bits", [128, 512, 1024])
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_every_channel_moves_a_burst_or_a_beat_at_least(channels: int, axi_bits: int) -> None:
    dram = dram_of(machine(channels, 200e6, axi_bits), BOARD)
    least_bytes = max(64, axi_bits // 8)
    assert int(dram.timing["burst_bytes"]) == channels * least_bytes
    assert float(dram.timing["burst_cycles"]) == least_bytes * 200e6 / min(19.2e9, axi_bits / 8 * 200e6)
    transfer(dram, Access(0, int(dram.timing["burst_bytes"]), 1, 0, WRITE), 0.0)
    opened = DDR4_2400.row_miss_s * 200e6
    assert dram.channel["free_at"] - opened == pytest.approx(float(dram.timing["burst_cycles"]))


def test_unlimited_memory_takes_no_time() -> None:
    dram = dram_of(override(SAT, {"memory.unlimited": True}), BOARD)
    assert transfer(dram, Access(0, 1 << 30, 1, 1 << 30, READ), 5.0) == 5.0


def test_nothing_to_move_takes_no_time() -> None:
    dram = dram_of(SAT, BOARD)
    assert transfer(dram, Access(0, 0, 1, 0, READ), 5.0) == 5.0
