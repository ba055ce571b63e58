"""How long transfers take at most, whatever the DRAM is at: what can be said of them without running them."""

from __future__ import annotations

from heddle.arch.jit import kernel
from heddle.sim.engines.dram import channel_work
from heddle.sim.engines.dram_rows import READ, Access, DramRow


@kernel
def longest_turn_cycles(timing: DramRow) -> float:
    """Cycles for which the bus idles at most when it turns."""
    return max(timing["read_to_write_cycles"], timing["write_to_read_cycles"])


@kernel
def longest_cycles(timing: DramRow, nbytes: int, runs: int, stride: int) -> float:
    """Cycles at most that the bus is held by a transfer wherever it begins, less the refreshes on its way."""
    if timing["free"] or nbytes == 0:
        return 0.0
    before_data = max(timing["row_miss_cycles"], longest_turn_cycles(timing))
    return before_data + channel_work(timing, Access(0, nbytes, runs, stride, READ)).busy_cycles


@kernel
def prompt_by(timing: DramRow, first: float, last: float, cycles: float) -> float:
    """When transfers of ``cycles`` (``longest_cycles``) are over at the latest, and the bus turned for what follows.

    They are asked for from ``first``, when all buses are free, to ``last``. A refresh that is under way at ``first``
    and every one that falls due up to the end takes its cycles: with R cycles in each interval I, an end E after
    ``first`` has at most (E + R) / I + 1 of them.
    """
    if timing["free"]:
        return last
    refresh = timing["refresh_cycles"]
    share = refresh / timing["refresh_interval_cycles"]
    over = (last - first + cycles + refresh * (1.0 + share)) / (1.0 - share)
    latency = timing["read_latency_cycles"] + timing["write_latency_cycles"]
    return first + over + latency + longest_turn_cycles(timing) + 1.0
