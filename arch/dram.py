"""The kinds of DRAM, by their timing's JEDEC names, and what a channel sustains.

A new kind is a row of DRAM_KINDS; a board's file names it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class DramTiming:
    """Timing of one DRAM channel of ``bus_bytes``. ``row_bytes`` is the page of all devices on that bus."""

    name: str
    data_rate_per_s: float
    bus_bytes: int
    burst_length: int
    banks: int
    row_bytes: int
    cas_latency_s: float
    cas_write_latency_s: float
    activate_to_access_s: float
    precharge_s: float
    row_cycle_s: float
    activate_to_activate_s: float
    four_activates_s: float
    write_to_read_s: float
    refresh_cycle_s: float
    refresh_interval_s: float

    def of_width(self, bus_bytes: int) -> DramTiming:
        """Return the same kind on a bus of ``bus_bytes``: as many devices more or fewer, and their pages with them."""
        return replace(self, bus_bytes=bus_bytes, row_bytes=self.row_bytes * bus_bytes // self.bus_bytes)

    @property
    def burst_bytes(self) -> int:
        """Bytes of one burst: the unit of every access."""
        return self.bus_bytes * self.burst_length

    @property
    def burst_s(self) -> float:
        """Time of one burst on the data bus."""
        return self.burst_length / self.data_rate_per_s

    @property
    def peak_bytes_per_s(self) -> float:
        """Bytes a second while the data bus never idles."""
        return self.data_rate_per_s * self.bus_bytes

    @property
    def refresh_share(self) -> float:
        """Share of time that refresh takes from all banks: tRFC / tREFI."""
        return self.refresh_cycle_s / self.refresh_interval_s

    @property
    def read_to_write_s(self) -> float:
        """Idle data-bus time when a write follows a read: tRTW less the burst, two clocks to turn the bus."""
        clock_s = 2.0 / self.data_rate_per_s
        return max(0.0, self.cas_latency_s - self.cas_write_latency_s) + 2 * clock_s

    @property
    def write_to_read_idle_s(self) -> float:
        """Idle data-bus time when a read follows a write: tWTR_L, then a column read's latency."""
        return self.write_to_read_s + self.cas_latency_s

    @property
    def row_miss_s(self) -> float:
        """Time to close a row and open another before its first column access: tRP + tRCD."""
        return self.precharge_s + self.activate_to_access_s


_TCK_S = 1 / 1.2e9

#: The DDR4-2400 (17-17-17) speed bin, 8 Gb x8 devices of 1 KiB pages, JESD79-4: cycles of tCK = 0.833 ns where the
#: standard counts clocks, seconds where it counts time.
DDR4_2400 = DramTiming(
    name="DDR4-2400",
    data_rate_per_s=2.4e9,
    bus_bytes=8,
    burst_length=8,
    banks=16,
    row_bytes=8192,
    cas_latency_s=17 * _TCK_S,  # CL 17
    cas_write_latency_s=12 * _TCK_S,  # CWL 12, the first set of this speed
    activate_to_access_s=14.16e-9,  # tRCD
    precharge_s=14.16e-9,  # tRP
    row_cycle_s=46.16e-9,  # tRC = tRAS 32 ns + tRP
    activate_to_activate_s=4.9e-9,  # tRRD_L, 1 KiB page
    four_activates_s=21e-9,  # tFAW, 1 KiB page
    write_to_read_s=7.5e-9,  # tWTR_L
    refresh_cycle_s=350e-9,  # tRFC1, 8 Gb
    refresh_interval_s=7.8e-6,  # tREFI up to 85 C
)

#: Every kind of memory that a board can have, by the name that its file gives.
DRAM_KINDS = {kind.name: kind for kind in (DDR4_2400,)}

#: Streams through the vector unit and WUVE alternate between reading and writing after this many bytes.
STREAM_CHUNK_BYTES = 65536

#: Request to first data through DMA, interconnect and memory controller, beyond the DRAM's own access time.
#: An assumption: about 30 cycles of a 300 MHz controller clock; it counts once for each pass and each stall.
CONTROLLER_LATENCY_S = 100e-9


def channel_bytes_per_s(timing: DramTiming, axi_bits: int, clock_hz: float) -> float:
    """Bytes a second that one channel sustains: the slower of DRAM bus and AXI port, less refresh."""
    port = axi_bits / 8 * clock_hz
    return min(timing.peak_bytes_per_s, port) * (1 - timing.refresh_share)


def request_latency_s(timing: DramTiming) -> float:
    """Request to first data on an idle channel whose row is open."""
    return CONTROLLER_LATENCY_S + timing.cas_latency_s


def access_latency_s(timing: DramTiming) -> float:
    """Request to first data on an idle channel whose row is closed."""
    return request_latency_s(timing) + timing.row_miss_s
