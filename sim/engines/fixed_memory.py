"""A memory of fixed latency and bandwidth as the engines see it: a transfer comes in, and the time of its end goes out.

It is the bench's (``heddle.arch.memory_clocks``), a transfer at a time. Beats of a read move a latency after it is
asked for; what the channel idles until then is left to writes. A write is over when memory has answered it.
"""

from __future__ import annotations

from heddle.arch.jit import kernel
from heddle.sim.engines.dram_rows import READ, Access, ChannelRow, DramRow


@kernel
def fixed_transfer(timing: DramRow, channel: ChannelRow, access: Access, ready: float) -> float:
    """Make ``access``, which is asked for at ``ready``; return when its last beat is there, or its write answered."""
    busy = access.nbytes // timing["burst_bytes"] * timing["burst_cycles"]
    if access.direction == READ:
        return _keep(channel, ready + timing["read_latency_cycles"], busy)
    begin = max(ready, channel["gap_from"])
    early = min(busy, max(0.0, channel["gap_to"] - begin))
    if early > 0.0:
        channel["gap_from"] = begin + early
    end = begin + early if early == busy else _keep(channel, ready, busy - early)
    return end + timing["write_latency_cycles"]


@kernel
def _keep(channel: ChannelRow, ready: float, busy: float) -> float:
    """Keep the channel for ``busy`` cycles behind all that it is promised to; return when they end."""
    begin = max(ready, channel["free_at"])
    if begin > channel["free_at"]:
        channel["gap_from"], channel["gap_to"] = channel["free_at"], begin
    channel["free_at"] = begin + busy
    return begin + busy
