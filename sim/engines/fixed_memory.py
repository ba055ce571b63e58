"""A memory of fixed latency and bandwidth as the engines see it: a transfer comes in, its last clock goes out.

It is the bench's (``heddle.arch.memory_clocks``), a transfer at a time. Beats of a read move a latency after it is
asked for, and go before those of writes, which take what the channel idles before, between and after them. A write is
over when memory has answered it.
"""

from __future__ import annotations

from heddle.arch.jit import kernel
from heddle.sim.engines.dram_rows import READ, Access, ChannelRow, DramRow


@kernel
def fixed_transfer(timing: DramRow, channel: ChannelRow, access: Access, ready: float) -> float:
    """Make ``access``, which is asked for at ``ready``; return the clock of its last beat, or of a write's answer."""
    beat = timing["burst_cycles"]
    busy = access.nbytes // timing["burst_bytes"] * beat
    if access.direction == READ:
        return _read(channel, ready + timing["read_latency_cycles"], busy) - beat
    return _write(channel, ready, busy) - beat + timing["write_latency_cycles"]


@kernel
def _read(channel: ChannelRow, ready: float, busy: float) -> float:
    """Keep the channel for reads; what they take from a write that was to move then, later writes wait for."""
    begin = max(ready, channel["free_at"])
    if begin > channel["free_at"]:
        channel["reads_from"] = begin
    end = begin + busy
    if channel["writes_free_at"] > begin:
        channel["writes_free_at"] += busy
    channel["free_at"] = end
    return end


@kernel
def _write(channel: ChannelRow, ready: float, busy: float) -> float:
    """Keep the channel for a write, before the reads that it is promised to and behind them."""
    begin = max(ready, channel["writes_free_at"])
    early = min(busy, max(0.0, channel["reads_from"] - begin))
    end = begin + early
    if early < busy:
        end = max(end, channel["free_at"]) + busy - early
    channel["writes_free_at"] = end
    return end


@kernel
def moves_behind_reads(channel: ChannelRow, first: float, last: float) -> float:
    """When the last beat of a write moves which could move at ``last``, the first being ready at ``first``.

    While reads move, which go first, it stands still.
    """
    if last < channel["reads_from"] or first >= channel["free_at"]:
        return last
    return last + channel["free_at"] - max(first, channel["reads_from"])
