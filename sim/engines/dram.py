"""DRAM channels as the engines see them: a transfer comes in, and the time of its last data goes out.

Tensors are striped over the channels. Of each channel the model keeps when its data bus is free, which way the
bus last went, the open row of each bank, and when the next refresh is due. A contiguous transfer streams row
after row through the banks, so only its first row can show a miss; a transfer of many short runs is bound by
its bursts or by the rate of row activations (tRRD, tFAW, tRC over the banks), whichever is slower.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heddle.arch.dram import STRIPE_BYTES
from heddle.arch.jit import kernel
from heddle.dataflow.cost import ceil_div
from heddle.sim.engines.dram_rows import READ, WRITE, Access, ChannelRow, Dram, DramRow
from heddle.sim.engines.fixed_memory import fixed_transfer


@kernel
def idle_from(dram: Dram) -> float:
    """When all data buses are free."""
    at, channels = 0.0, dram.channels
    for channel in range(channels.shape[0]):
        at = max(at, max(channels[channel]["free_at"], channels[channel]["writes_free_at"]))
    return at


class Spread(NamedTuple):
    """How an access falls on the channels.

    Of runs enough for all, each channel has ``even_bytes``. Else (0) its bytes lie in stripes, counted from the channel
    of the first byte: each of ``deep`` channels has ``stripes + 1``, the others ``stripes``; the first lacks
    ``head_bytes`` of its first stripe, the one ``last`` after it ``tail_bytes`` of its last.
    """

    even_bytes: int
    first: int
    stripes: int
    deep: int
    head_bytes: int
    last: int
    tail_bytes: int


@kernel
def spread_of(access: Access, channels: int) -> Spread:
    """Return the Spread of ``access`` over ``channels``. Strided runs spread evenly."""
    if access.runs >= channels:
        return Spread(ceil_div(access.runs, channels) * (access.nbytes // access.runs), 0, 0, 0, 0, 0, 0)
    first_stripe = access.address // STRIPE_BYTES
    head_bytes = access.address - first_stripe * STRIPE_BYTES
    stripes = ceil_div(head_bytes + access.nbytes, STRIPE_BYTES)
    each = stripes // channels
    deep = stripes - each * channels
    last = (deep if deep else channels) - 1
    tail_bytes = stripes * STRIPE_BYTES - head_bytes - access.nbytes
    return Spread(0, first_stripe % channels, each, deep, head_bytes, last, tail_bytes)


@kernel
def share_of(spread: Spread, channel: int, channels: int) -> int:
    """Bytes that lie on ``channel``."""
    if spread.even_bytes:
        return spread.even_bytes
    place = channel - spread.first
    if place < 0:
        place += channels
    share = (spread.stripes + (place < spread.deep)) * STRIPE_BYTES
    if place == 0:
        share -= spread.head_bytes
    if place == spread.last:
        share -= spread.tail_bytes
    return share


@kernel
def first_row_of(timing: DramRow, access: Access) -> int:
    """The row of the first byte, the same on all channels."""
    return access.address // (timing["row_bytes"] * timing["channels"])


@kernel
def _open_rows(open_row: npt.NDArray[np.int64], channel: int, first_row: int, bank: int, rows: int) -> None:
    """Leave the last rows of a stream open in their banks; the first of them lies in ``bank``."""
    banks = open_row.shape[1]
    row, end_row = first_row, first_row + rows
    if rows > banks:
        row = end_row - banks
        bank = row % banks
    while row < end_row:
        open_row[channel, bank] = row
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
    """Put ``busy`` cycles of data on a channel's bus and return when they end; ``is_open``: their first row is.

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
    """What a share of an access takes of its channel: cycles of its bus, and rows opened."""

    busy_cycles: float
    rows: int


@kernel
def channel_work(timing: DramRow, access: Access, share: int) -> ChannelWork:
    """Return what ``share`` bytes of ``access`` take of a channel: bursts, or the activations of many short runs."""
    channels, row_bytes = timing["channels"], timing["row_bytes"]
    busy = ceil_div(share, timing["burst_bytes"]) * timing["burst_cycles"]
    if access.runs <= 1:
        return ChannelWork(busy, ceil_div(share, row_bytes))
    rows = min(ceil_div(access.runs, channels), ceil_div(access.runs * access.stride, row_bytes * channels))
    return ChannelWork(max(busy, rows * timing["activate_cycles"]), rows)


@kernel
def transfer(dram: Dram, access: Access, ready: float) -> float:
    """Make ``access`` from ``ready`` on; return when the last of its data is there.

    Reads add the controller's and the DRAM's latency, which delays the data but does not hold the bus.
    """
    timing, rows, open_row = dram.timing, dram.channels, dram.open_row
    if timing["free"] or access.nbytes == 0:
        return ready
    if timing["fixed"]:
        return fixed_transfer(timing, rows[0], access, ready)
    channels, first_row = timing["channels"], first_row_of(timing, access)
    bank, spread = first_row % timing["banks"], spread_of(access, channels)
    end = ready
    for channel in range(channels):
        share = share_of(spread, channel, channels)
        if share <= 0:
            continue
        work = channel_work(timing, access, share)
        is_open = open_row[channel, bank] == first_row
        end = max(end, _occupy(timing, rows[channel], is_open, ready, access.direction, work.busy_cycles))
        _open_rows(open_row, channel, first_row, bank, work.rows)
    return end + timing["read_latency_cycles"] if access.direction == READ else end
