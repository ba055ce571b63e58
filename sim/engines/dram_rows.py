"""What the engines keep of a memory: its timing, its channels at work, and an access to it.

A board's DRAM, or a memory of fixed latency and bandwidth as the machine's bench has it.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.dram import CONTROLLER_LATENCY_S, STRIPE_BYTES
from heddle.arch.memory_clocks import MemoryClocks
from heddle.arch.port_parts import PortParts
from heddle.arch.records import Rows, record_dtype, rows_of

READ, WRITE = 0, 1


class DramRow(TypedDict):
    """Memory timing of one design in cycles of its clock.

    ``free`` is 1 for unlimited memory, which takes no time, and ``fixed`` for a memory of fixed latency and bandwidth.
    """

    channels: int
    banks: int
    row_bytes: int
    burst_bytes: int
    free: int
    fixed: int
    burst_cycles: float
    row_miss_cycles: float
    activate_cycles: float
    read_to_write_cycles: float
    write_to_read_cycles: float
    refresh_cycles: float
    refresh_interval_cycles: float
    read_latency_cycles: float
    write_latency_cycles: float


DRAM = record_dtype(DramRow)


class ChannelRow(TypedDict):
    """A channel at work: when its data bus is free, which way it last went, and the number of its next refresh.

    A refresh is due its number of intervals after time 0. ``row_misses`` and ``turnarounds`` count those of transfers.
    Of a fixed memory ``free_at`` is for reads, which go first, their last ones being from ``reads_from`` on, and
    ``writes_free_at`` for writes.
    """

    free_at: float
    direction: int
    refresh: int
    row_misses: int
    turnarounds: int
    reads_from: float
    writes_free_at: float


CHANNEL = record_dtype(ChannelRow)


class Dram(NamedTuple):
    """A DRAM at work: its timing, a CHANNEL row a channel, and the open row of each of its banks (-1: none)."""

    timing: DramRow
    channels: Rows
    open_row: npt.NDArray[np.int64]


class Access(NamedTuple):
    """``nbytes`` (whole bursts) from ``address`` on, in ``runs`` equal runs ``stride`` bytes apart."""

    address: int
    nbytes: int
    runs: int
    stride: int
    direction: int


def dram_row(design: Design, board: Board) -> Rows:
    """Return the DRAM row (shape [1]) of ``design`` on ``board``: bursts as fast as bus and AXI port allow."""
    timing, clock_hz, channels = board.memory.timing, design.clock_hz, design.memory.channels
    port_cycles = timing.burst_bytes / (design.memory.axi_bits / 8)
    by_bank_s = timing.row_cycle_s / timing.banks
    activate_s = max(timing.activate_to_activate_s, timing.four_activates_s / 4, by_bank_s)
    latency_s = 0.0 if design.memory.unlimited else timing.cas_latency_s + CONTROLLER_LATENCY_S
    row: DramRow = {
        "channels": 1,
        "banks": timing.banks,
        "row_bytes": channels * timing.row_bytes,
        "burst_bytes": channels * timing.burst_bytes,
        "free": design.memory.unlimited,
        "fixed": 0,
        "burst_cycles": max(timing.burst_s * clock_hz, port_cycles),
        "row_miss_cycles": timing.row_miss_s * clock_hz,
        "activate_cycles": activate_s * clock_hz,
        "read_to_write_cycles": timing.read_to_write_s * clock_hz,
        "write_to_read_cycles": timing.write_to_read_idle_s * clock_hz,
        "refresh_cycles": timing.refresh_cycle_s * clock_hz,
        "refresh_interval_cycles": timing.refresh_interval_s * clock_hz,
        "read_latency_cycles": latency_s * clock_hz,
        "write_latency_cycles": 0.0,
    }
    return rows_of(DRAM, [row])


def dram_of(design: Design, board: Board) -> Dram:
    """Return the DRAM at time 0: buses free, rows closed, the first refresh one interval away."""
    return _at_start(dram_row(design, board)[0])


def fixed_memory_of(design: Design, memory: MemoryClocks) -> Dram:
    """Return ``memory`` at time 0, as the machine of ``design`` finds it at its ports: a beat a burst, and no rows."""
    row: DramRow = {
        "channels": 1,
        "banks": 1,
        "row_bytes": STRIPE_BYTES,
        "burst_bytes": PortParts.of(design).word_bytes,
        "free": 0,
        "fixed": 1,
        "burst_cycles": memory.beat_clocks,
        "row_miss_cycles": 0.0,
        "activate_cycles": 0.0,
        "read_to_write_cycles": 0.0,
        "write_to_read_cycles": 0.0,
        "refresh_cycles": 0.0,
        "refresh_interval_cycles": np.inf,
        "read_latency_cycles": max(1, memory.latency_clocks),
        "write_latency_cycles": max(1, memory.latency_clocks),
    }
    return _at_start(rows_of(DRAM, [row])[0])


def _at_start(timing: DramRow) -> Dram:
    count, banks = int(timing["channels"]), int(timing["banks"])
    channels = np.zeros(count, CHANNEL)
    channels["direction"], channels["refresh"] = READ, 1
    return Dram(timing, channels, np.full((count, banks), -1, np.int64))
