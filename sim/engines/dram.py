"""DRAM channels as the engines see them: a transfer comes in, and the time of its last data goes out.

The channels move the same bursts in lock step, so what is kept of one holds for all: when the data bus is free, which
way the bus last went, the open row of each bank, and when the next refresh is due. A contiguous transfer streams row
after row through the banks, so only its first row can show a miss; a transfer of many short runs is bound by
its bursts or by the rate of row activations (tRRD, tFAW, tRC over the banks), whichever is slower.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.dataflow.cost import ceil_div
from heddle.sim.engines.dram_rows import READ, WRITE, Access, ChannelRow, Dram, DramRow
from heddle.sim.engines.fixed_memory import fixed_transfer


@kernel
def idle_from(dram: Dram) -> float:
    """When the data buses are free."""
    return max(0.0, max(dram.channel["free_at"], dram.channel["writes_free_at"]))


@kernel
def first_row_of(timing: DramRow, access: Access) -> int:
    """The row of the first byte."""
    return access.address // timing["row_bytes"]


@kernel
def _open_rows(open_row: npt.NDArray[np.int64], first_row: int, bank: int, rows: int) -> None:
    """Leave the last rows of a stream open in their banks; the first of them lies in ``bank``."""
    banks = open_row.shape[0]
    row, end_row = first_row, first_row + rows
    if rows > banks:
        row = end_row - banks
        bank = row % banks
    while row < end_row:
        open_row[bank] = row
        row += 1
        bank = bank + 1 if bank + 1 < banks else 0


@kernel
def _refreshed_end(timing: DramRow, channel: ChannelRow, start: float, busy: float) -> float:
    """End of ``busy`` cycles of data from ``start``, with the refreshes that fall due on the way.

    Which refreshes those are follows from ``start`` alone: the first that is not over by then, and what comes after.
    """
    interval, cycles = timing["refresh_interval_cycles"], timing["refresh_cycles"]
    number = max(channel["refresh"], int((start - cycles) / interval))
    while number * interval + cycles <= start:
        number += 1
    end = start + busy
    while number * interval < end:
        due = number * interval
        end += cycles if due >= start else due + cycles - start
        number += 1
    channel["refresh"] = number
    return end


@kernel
def _occupy(timing: DramRow, channel: ChannelRow, is_open: bool, ready: float, direction: int, busy: float) -> float:
    """Put ``busy`` cycles of data on the bus and return when they end; ``is_open``: their first row is.

    A row miss shows only where the request comes too late for the row to open while earlier data still streams.
    """
    free_at = channel["free_at"]
    start = max(ready, free_at)
    if channel["direction"] != direction:
        channel["turnarounds"] += 1
        idle = timing["read_to_write_cycles"] if direction == WRITE else timing["write_to_read_cycles"]
        start = max(start, free_at + idle)
    if not is_open:
        channel["row_misses"] += 1
        start = max(start, ready + timing["row_miss_cycles"])
    end = _refreshed_end(timing, channel, start, busy)
    channel["free_at"] = end
    channel["direction"] = direction
    return end


class ChannelWork(NamedTuple):
    """What an access takes of the channels: cycles of their buses, and rows opened."""

    busy_cycles: float
    rows: int


@kernel
def channel_work(timing: DramRow, access: Access) -> ChannelWork:
    """Return what ``access`` takes of the channels: bursts, or the activations of many short runs."""
    row_bytes = timing["row_bytes"]
    busy = ceil_div(access.nbytes, timing["burst_bytes"]) * timing["burst_cycles"]
    if access.runs <= 1:
        return ChannelWork(busy, ceil_div(access.nbytes, row_bytes))
    rows = min(access.runs, ceil_div(access.runs * access.stride, row_bytes))
    return ChannelWork(max(busy, rows * timing["activate_cycles"]), rows)


@kernel
def transfer(dram: Dram, access: Access, ready: float) -> float:
    """Make ``access`` from ``ready`` on; return when the last of its data is there.

    Reads add the controller's and the DRAM's latency, which delays the data but does not hold the bus.
    """
    timing, channel = dram.timing, dram.channel
    if timing["free"] or access.nbytes == 0:
        return ready
    if timing["fixed"]:
        return fixed_transfer(timing, channel, access, ready)
    first_row, work = first_row_of(timing, access), channel_work(timing, access)
    bank = first_row % timing["banks"]
    is_open = dram.open_row[bank] == first_row
    end = _occupy(timing, channel, is_open, ready, access.direction, work.busy_cycles)
    _open_rows(dram.open_row, first_row, bank, work.rows)
    return end + timing["read_latency_cycles"] if access.direction == READ else end
