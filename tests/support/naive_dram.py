"""A DDR4 channel set, burst by burst: banks, open rows, activation windows, refresh, one data bus a channel.

Memory is striped over the channels by beats, and every channel moves the same beats: those of all words that are met.

Requests of a channel are served in order; its controller sees all of them, so a bank closes and opens rows as soon
as its own earlier accesses, tRC, tRRD and tFAW let it, while other banks use the data bus. Times in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from heddle.arch.dram import DramTiming


@dataclass
class Bank:
    """What a bank remembers."""

    open_row: int | None = None
    activated_at: float = float("-inf")
    last_data_at: float = float("-inf")


@dataclass
class Channel:
    """One channel: its banks, when its data bus is free, the times of its activations."""

    timing: DramTiming
    burst_s: float
    bus_free_at: float = 0.0
    activations: list[float] = field(default_factory=list)
    banks: dict[int, Bank] = field(default_factory=dict)
    refreshed: int = 0

    def burst(self, row: int, asked_at: float) -> float:
        """Serve one burst of ``row``; return when its last data is on the bus."""
        timing = self.timing
        bank = self.banks.setdefault(row % timing.banks, Bank())
        column_at = asked_at
        if bank.open_row != row:
            column_at = self._activate(bank, row, asked_at) + timing.activate_to_access_s
        data_at = max(column_at + timing.cas_latency_s, self.bus_free_at)
        data_at = self._after_refresh(data_at)
        self.bus_free_at = data_at + self.burst_s
        bank.last_data_at = self.bus_free_at - timing.cas_latency_s
        return self.bus_free_at

    def _activate(self, bank: Bank, row: int, asked_at: float) -> float:
        timing = self.timing
        precharge_at = max(asked_at, bank.last_data_at) if bank.open_row is not None else asked_at
        at = max(precharge_at + timing.precharge_s, bank.activated_at + timing.row_cycle_s)
        if self.activations:
            at = max(at, self.activations[-1] + timing.activate_to_activate_s)
        if len(self.activations) >= 4:
            at = max(at, self.activations[-4] + timing.four_activates_s)
        self.activations.append(at)
        bank.open_row, bank.activated_at = row, at
        return at

    def _after_refresh(self, at: float) -> float:
        """Data that falls due in a refresh waits for its end."""
        due = (self.refreshed + 1) * self.timing.refresh_interval_s
        while at >= due:
            at = max(at, due + self.timing.refresh_cycle_s)
            self.refreshed += 1
            due = (self.refreshed + 1) * self.timing.refresh_interval_s
        return at


class Memory:
    """Channels of ``beat_bytes`` side by side, which move whole beats in lock step."""

    def __init__(self, timing: DramTiming, channels: int, beat_bytes: int, port_bytes_per_s: float) -> None:
        self.timing, self.beat_bytes = timing, beat_bytes
        burst_s = max(timing.burst_s, timing.burst_bytes / port_bytes_per_s)
        self.channels = [Channel(timing, burst_s) for _ in range(channels)]

    def read(self, address: int, nbytes: int, asked_at: float = 0.0) -> float:
        """Read all words that hold a byte of [address, address + nbytes); return when the last is there."""
        word_bytes, burst_bytes = len(self.channels) * self.beat_bytes, self.timing.burst_bytes
        first = address // word_bytes * self.beat_bytes
        end = ((address + nbytes - 1) // word_bytes + 1) * self.beat_bytes
        bursts = range(first // burst_bytes, (end - 1) // burst_bytes + 1)
        return max(self._burst(channel, number, asked_at) for number in bursts for channel in self.channels)

    def _burst(self, channel: Channel, number: int, asked_at: float) -> float:
        return channel.burst(number * self.timing.burst_bytes // self.timing.row_bytes, asked_at)
