"""What the engines keep of a memory: its timing, its channels at work, and an access to it.

A board's DRAM, or a memory of fixed latency and bandwidth as the machine's bench has it. The machine asks all channels
for the same bursts in the same clocks (docs/accelerator.md, *Memory channels*): so they are one here, with bursts, rows
and pages as long as those of all of them together.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.dram import CONTROLLER_LATENCY_S
from heddle.arch.instructions import PAGE_BYTES
from heddle.arch.memory_clocks import MemoryClocks
from heddle.arch.port_parts import PortParts, least_bytes
from heddle.arch.records import Rows, record_dtype, rows_of

READ, WRITE = 0, 1


class DramRow(TypedDict):
    """Memory timing of one design in cycles of its clock; bytes are those of all channels.

    ``burst_bytes`` is the least that an access moves, ``page_bytes`` what updates ask for at a time. ``free`` is 1 for
    unlimited memory, which takes no time, and ``fixed`` for a memory of fixed latency and bandwidth.
    """

    banks: int
    row_bytes: int
    burst_bytes: int
    page_bytes: int
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
    """The channels at work: when their data buses are free, which way they last went, the number of the next refresh.

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
    """A DRAM at work: its timing, its channels, and the open row of each bank (-1: none), the same on all of them."""

    timing: DramRow
    channel: ChannelRow
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
    burst_bytes = least_bytes(design, timing)
    port_cycles = burst_bytes / PortParts.of(design).word_bytes
    bus_s = timing.burst_s * burst_bytes / (channels * timing.burst_bytes)
    by_bank_s = timing.row_cycle_s / timing.banks
    activate_s = max(timing.activate_to_activate_s, timing.four_activates_s / 4, by_bank_s)
    latency_s = 0.0 if design.memory.unlimited else timing.cas_latency_s + CONTROLLER_LATENCY_S
    row: DramRow = {
        "banks": timing.banks,
        "row_bytes": channels * timing.row_bytes,
        "burst_bytes": burst_bytes,
        "page_bytes": channels * PAGE_BYTES,
        "free": design.memory.unlimited,
        "fixed": 0,
        "burst_cycles": max(bus_s * clock_hz, port_cycles),
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
    parts = PortParts.of(design)
    row: DramRow = {
        "banks": 1,
        "row_bytes": parts.channels * PAGE_BYTES,
        "burst_bytes": parts.word_bytes,
        "page_bytes": parts.channels * PAGE_BYTES,
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
    channel: ChannelRow = np.zeros(1, CHANNEL)[0]
    channel["direction"], channel["refresh"] = READ, 1
    return Dram(timing, channel, np.full(int(timing["banks"]), -1, np.int64))
