"""DRAM channels as the engines see them: a transfer comes in, and the time of its last data goes out.

Tensors are striped over the channels. Of each channel the model keeps when its data bus is free, which way the
bus last went, the open row of each bank, and when the next refresh is due. A contiguous transfer streams row
after row through the banks, so only its first row can show a miss; a transfer of many short runs is bound by
its bursts or by the rate of row activations (tRRD, tFAW, tRC over the banks), whichever is slower.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.dram import CONTROLLER_LATENCY_S, STRIPE_BYTES
from heddle.arch.jit import kernel
from heddle.dataflow.cost import ceil_div

READ, WRITE = 0, 1

#: DRAM timing of one design in cycles of its clock. ``free`` is 1 for unlimited memory, which takes no time.
DRAM = np.dtype(
    [(name, np.int64) for name in ("channels", "banks", "row_bytes", "burst_bytes", "free")]
    + [
        (name, np.float64)
        for name in (
            "burst_cycles",
            "row_miss_cycles",
            "activate_cycles",
            "read_to_write_cycles",
            "write_to_read_cycles",
            "refresh_cycles",
            "refresh_interval_cycles",
            "read_latency_cycles",
        )
    ]
)

STATISTICS = ("row_misses", "turnarounds", "refreshes")
ROW_MISSES, TURNAROUNDS, REFRESHES = range(3)


class DramState(NamedTuple):
    """Mutable arrays: one entry a channel, ``open_row`` one a channel and bank, ``statistics`` as STATISTICS."""

    free_at: np.ndarray
    direction: np.ndarray
    refresh_at: np.ndarray
    open_row: np.ndarray
    statistics: np.ndarray


def dram_row(design: Design, board: Board) -> np.ndarray:
    """Return the DRAM row (shape [1]) of ``design`` on ``board``: bursts as fast as bus and AXI port allow."""
    timing, clock_hz = board.memory.timing, design.clock_hz
    row = np.zeros(1, DRAM)
    row["channels"] = design.memory.channels
    row["banks"] = timing.banks
    row["row_bytes"] = timing.row_bytes
    row["burst_bytes"] = timing.burst_bytes
    row["free"] = design.memory.unlimited
    port_cycles = timing.burst_bytes / (design.memory.axi_bits / 8)
    row["burst_cycles"] = max(timing.burst_s * clock_hz, port_cycles)
    row["row_miss_cycles"] = timing.row_miss_s * clock_hz
    by_bank_s = timing.row_cycle_s / timing.banks
    row["activate_cycles"] = max(timing.activate_to_activate_s, timing.four_activates_s / 4, by_bank_s) * clock_hz
    row["read_to_write_cycles"] = timing.read_to_write_s * clock_hz
    row["write_to_read_cycles"] = timing.write_to_read_idle_s * clock_hz
    row["refresh_cycles"] = timing.refresh_cycle_s * clock_hz
    row["refresh_interval_cycles"] = timing.refresh_interval_s * clock_hz
    row["read_latency_cycles"] = (timing.cas_latency_s + CONTROLLER_LATENCY_S) * clock_hz
    return row


def dram_state(dram: np.ndarray) -> DramState:
    """Return the state at time 0: buses free, rows closed, the first refresh one interval away."""
    channels, banks = int(dram[0]["channels"]), int(dram[0]["banks"])
    return DramState(
        free_at=np.zeros(channels),
        direction=np.full(channels, READ, np.int64),
        refresh_at=np.full(channels, dram[0]["refresh_interval_cycles"]),
        open_row=np.full((channels, banks), -1, np.int64),
        statistics=np.zeros(len(STATISTICS), np.int64),
    )


@kernel
def idle_from(state) -> float:  # type: ignore[no-untyped-def]
    """When all data buses are free."""
    return state.free_at.max()


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
def _open_rows(dram, state, channel: int, first_row: int, rows: int) -> None:  # type: ignore[no-untyped-def]
    """Leave the last rows of a stream open in their banks."""
    banks = dram["banks"]
    for row in range(max(first_row, first_row + rows - banks), first_row + rows):
        state.open_row[channel, row % banks] = row


@kernel
def _refreshed_end(dram, state, channel: int, start: float, busy: float) -> float:  # type: ignore[no-untyped-def]
    """End of ``busy`` cycles of data from ``start``, with the refreshes that fall due on the way."""
    interval, cycles = dram["refresh_interval_cycles"], dram["refresh_cycles"]
    due = state.refresh_at[channel]
    if due + cycles <= start:
        missed = np.floor((start - cycles - due) / interval) + 1.0
        due += missed * interval
        state.statistics[REFRESHES] += int(missed)
    end = start + busy
    while due < end:
        end += cycles if due >= start else due + cycles - start
        due += interval
        state.statistics[REFRESHES] += 1
    state.refresh_at[channel] = due
    return end


@kernel
def _occupy(dram, state, channel: int, row: int, ready: float, direction: int, busy: float) -> float:  # type: ignore[no-untyped-def]
    """Put ``busy`` cycles of data on a channel's bus, the first of them in ``row``; return when they end.

    A row miss shows only where the request comes too late for the row to open while earlier data still streams.
    """
    free_at, bank = state.free_at[channel], row % dram["banks"]
    start = max(ready, free_at)
    if state.direction[channel] != direction:
        state.statistics[TURNAROUNDS] += 1
        idle = dram["read_to_write_cycles"] if direction == WRITE else dram["write_to_read_cycles"]
        start = max(start, free_at + idle)
    if state.open_row[channel, bank] != row:
        state.statistics[ROW_MISSES] += 1
        start = max(start, ready + dram["row_miss_cycles"])
    end = _refreshed_end(dram, state, channel, start, busy)
    state.free_at[channel] = end
    state.direction[channel] = direction
    return end


@kernel
def transfer(dram, state, address: int, nbytes: int, runs: int, stride: int, ready: float, direction: int) -> float:  # type: ignore[no-untyped-def]
    """Move ``nbytes`` (whole bursts) in ``runs`` equal runs ``stride`` bytes apart; return when the last is there.

    Reads add the controller's and the DRAM's latency, which delays the data but does not hold the bus.
    """
    if dram["free"] or nbytes == 0:
        return ready
    channels, row_bytes = dram["channels"], dram["row_bytes"]
    end = ready
    for channel in range(channels):
        if runs >= channels:
            share = ceil_div(runs, channels) * (nbytes // runs)
        else:
            share = _channel_share(address, nbytes, channel, channels)
        if share <= 0:
            continue
        first_row = address // (row_bytes * channels)
        busy = ceil_div(share, dram["burst_bytes"]) * dram["burst_cycles"]
        rows = ceil_div(share, row_bytes)
        if runs > 1:
            rows = min(ceil_div(runs, channels), ceil_div(runs * stride, row_bytes * channels))
            busy = max(busy, rows * dram["activate_cycles"])
        end = max(end, _occupy(dram, state, channel, first_row, ready, direction, busy))
        _open_rows(dram, state, channel, first_row, rows)
    return end + dram["read_latency_cycles"] if direction == READ else end
