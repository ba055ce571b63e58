"""DRAM channels as the engines see them: a transfer comes in, and the time of its last data goes out.

Tensors are striped over the channels. Of each channel the model keeps when its data bus is free, which way the
bus last went, the open row of each bank, and when the next refresh is due. A contiguous transfer streams row
after row through the banks, so only its first row can show a miss; a transfer of many short runs is bound by
its bursts or by the rate of row activations (tRRD, tFAW, tRC over the banks), whichever is slower.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.dram import CONTROLLER_LATENCY_S, STRIPE_BYTES
from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype, rows_of
from heddle.dataflow.cost import ceil_div

READ, WRITE = 0, 1


class DramRow(TypedDict):
    """DRAM timing of one design in cycles of its clock. ``free`` is 1 for unlimited memory, which takes no time."""

    channels: int
    banks: int
    row_bytes: int
    burst_bytes: int
    free: int
    burst_cycles: float
    row_miss_cycles: float
    activate_cycles: float
    read_to_write_cycles: float
    write_to_read_cycles: float
    refresh_cycles: float
    refresh_interval_cycles: float
    read_latency_cycles: float


DRAM = record_dtype(DramRow)


class Statistic(IntEnum):
    """What is counted of the DRAM."""

    ROW_MISSES = 0
    TURNAROUNDS = 1
    REFRESHES = 2


STATISTICS = tuple(statistic.name.lower() for statistic in Statistic)


class Dram(NamedTuple):
    """A DRAM at work: its timing, and arrays that change: one entry a channel, of ``open_row`` one a channel and bank.

    ``statistics`` are counted as in Statistic.
    """

    timing: DramRow
    free_at: npt.NDArray[np.float64]
    direction: npt.NDArray[np.int64]
    refresh_at: npt.NDArray[np.float64]
    open_row: npt.NDArray[np.int64]
    statistics: npt.NDArray[np.int64]


class Access(NamedTuple):
    """``nbytes`` (whole bursts) from ``address`` on, in ``runs`` equal runs ``stride`` bytes apart."""

    address: int
    nbytes: int
    runs: int
    stride: int
    direction: int


def dram_row(design: Design, board: Board) -> Rows:
    """Return the DRAM row (shape [1]) of ``design`` on ``board``: bursts as fast as bus and AXI port allow."""
    timing, clock_hz = board.memory.timing, design.clock_hz
    port_cycles = timing.burst_bytes / (design.memory.axi_bits / 8)
    by_bank_s = timing.row_cycle_s / timing.banks
    activate_s = max(timing.activate_to_activate_s, timing.four_activates_s / 4, by_bank_s)
    row: DramRow = {
        "channels": design.memory.channels,
        "banks": timing.banks,
        "row_bytes": timing.row_bytes,
        "burst_bytes": timing.burst_bytes,
        "free": design.memory.unlimited,
        "burst_cycles": max(timing.burst_s * clock_hz, port_cycles),
        "row_miss_cycles": timing.row_miss_s * clock_hz,
        "activate_cycles": activate_s * clock_hz,
        "read_to_write_cycles": timing.read_to_write_s * clock_hz,
        "write_to_read_cycles": timing.write_to_read_idle_s * clock_hz,
        "refresh_cycles": timing.refresh_cycle_s * clock_hz,
        "refresh_interval_cycles": timing.refresh_interval_s * clock_hz,
        "read_latency_cycles": (timing.cas_latency_s + CONTROLLER_LATENCY_S) * clock_hz,
    }
    return rows_of(DRAM, [row])


def dram_of(design: Design, board: Board) -> Dram:
    """Return the DRAM at time 0: buses free, rows closed, the first refresh one interval away."""
    timing = dram_row(design, board)[0]
    channels, banks = int(timing["channels"]), int(timing["banks"])
    return Dram(
        timing=timing,
        free_at=np.zeros(channels),
        direction=np.full(channels, READ, np.int64),
        refresh_at=np.full(channels, timing["refresh_interval_cycles"]),
        open_row=np.full((channels, banks), -1, np.int64),
        statistics=np.zeros(len(STATISTICS), np.int64),
    )


@kernel
def idle_from(dram: Dram) -> float:
    """When all data buses are free."""
    return float(dram.free_at.max())


@kernel
def _channel_share(address: int, nbytes: int, channel: int, channels: int) -> int:
    """Bytes of [address, address + nbytes) that lie on ``channel``."""
    first, last = address // STRIPE_BYTES, (address + nbytes - 1) // STRIPE_BYTES
    whole = ceil_div(last + 1 - channel, channels) - ceil_div(first - channel, channels)
    share = whole * STRIPE_BYTES
    if first % channels == channel:
        share -= address - first * STRIPE_BYTES
    if last % channels == channel:
        share -= (last + 1) * STRIPE_BYTES - (address + nbytes)
    return share


@kernel
def _open_rows(dram: Dram, channel: int, first_row: int, rows: int) -> None:
    """Leave the last rows of a stream open in their banks."""
    banks = dram.timing["banks"]
    for row in range(max(first_row, first_row + rows - banks), first_row + rows):
        dram.open_row[channel, row % banks] = row


@kernel
def _refreshed_end(dram: Dram, channel: int, start: float, busy: float) -> float:
    """End of ``busy`` cycles of data from ``start``, with the refreshes that fall due on the way."""
    interval, cycles = dram.timing["refresh_interval_cycles"], dram.timing["refresh_cycles"]
    due = dram.refresh_at[channel]
    if due + cycles <= start:
        missed = np.floor((start - cycles - due) / interval) + 1.0
        due += missed * interval
        dram.statistics[Statistic.REFRESHES] += int(missed)
    end = start + busy
    while due < end:
        end += cycles if due >= start else due + cycles - start
        due += interval
        dram.statistics[Statistic.REFRESHES] += 1
    dram.refresh_at[channel] = due
    return end


@kernel
def _occupy(dram: Dram, channel: int, row: int, ready: float, direction: int, busy: float) -> float:
    """Put ``busy`` cycles of data on a channel's bus, the first of them in ``row``; return when they end.

    A row miss shows only where the request comes too late for the row to open while earlier data still streams.
    """
    free_at, bank = dram.free_at[channel], row % dram.timing["banks"]
    start = max(ready, free_at)
    if dram.direction[channel] != direction:
        dram.statistics[Statistic.TURNAROUNDS] += 1
        idle = dram.timing["read_to_write_cycles"] if direction == WRITE else dram.timing["write_to_read_cycles"]
        start = max(start, free_at + idle)
    if dram.open_row[channel, bank] != row:
        dram.statistics[Statistic.ROW_MISSES] += 1
        start = max(start, ready + dram.timing["row_miss_cycles"])
    end = _refreshed_end(dram, channel, start, busy)
    dram.free_at[channel] = end
    dram.direction[channel] = direction
    return end


@kernel
def transfer(dram: Dram, access: Access, ready: float) -> float:
    """Make ``access`` from ``ready`` on; return when the last of its data is there.

    Reads add the controller's and the DRAM's latency, which delays the data but does not hold the bus.
    """
    timing = dram.timing
    if timing["free"] or access.nbytes == 0:
        return ready
    channels, row_bytes = timing["channels"], timing["row_bytes"]
    end = ready
    for channel in range(channels):
        if access.runs >= channels:
            share = ceil_div(access.runs, channels) * (access.nbytes // access.runs)
        else:
            share = _channel_share(access.address, access.nbytes, channel, channels)
        if share <= 0:
            continue
        first_row = access.address // (row_bytes * channels)
        busy = ceil_div(share, timing["burst_bytes"]) * timing["burst_cycles"]
        rows = ceil_div(share, row_bytes)
        if access.runs > 1:
            rows = min(ceil_div(access.runs, channels), ceil_div(access.runs * access.stride, row_bytes * channels))
            busy = max(busy, rows * timing["activate_cycles"])
        end = max(end, _occupy(dram, channel, first_row, ready, access.direction, busy))
        _open_rows(dram, channel, first_row, rows)
    return end + timing["read_latency_cycles"] if access.direction == READ else end
