"""Memory of fixed latency and bandwidth: what the machine's Verilator bench and its simulators run on.

docs/accelerator.md says it clock by clock (*Memory, as bench and simulator have it*). A board's DRAM is
``heddle.arch.dram``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MemoryClocks:
    """A memory whose channels all masters of a machine share: all of them are alike, each with a port of each master.

    ``latency_clocks`` from a request to its first beat, and from a burst's last written beat to its answer. A beat,
    read or written, keeps its channel for ``beat_clocks``.
    """

    latency_clocks: int = 40
    beat_clocks: int = 1
