"""Tables of docs/accelerator.md: how large a preset's machine is, how long its blocks take, and how the array waits."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from benchmarks.docs_tables.pages import Table, table
from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.arch.left_feed import LeftTile, os_tile_cycles, ws_tile_cycles
from heddle.arch.timing import ring_cycles
from heddle.hls.control.instruction import WORD_BITS
from heddle.hls.feed.left_address import LeftAddress
from heddle.hls.feed.left_rows import LeftRows
from heddle.hls.feed.prepare import Prepare
from heddle.hls.system.shape import MachineShape

_PRESETS = ("tiny", "sat-vcu1525")


def machine_sizes() -> Table:
    """The memory port, and the halves of the buffers."""
    heading = ("", *(f"`{name}`" for name in _PRESETS))
    return table(heading, [list(row) for row in zip(_NAMES, *map(_sizes, _PRESETS), strict=True)])


_NAMES = (
    "a memory port: channels × bits of each",
    "clocks for an instruction to come through it",
    "activation groups put a clock, at most",
    "activation groups of a read (`buffers.group_ports`)",
    "half of the activation buffer",
    "half of the weight buffer, values",
    "half of the weight buffer, indices",
    "half of the output buffer",
)


def _sizes(preset: str) -> list[str]:
    design = load_design(preset)
    shape, array = MachineShape(design), design.array
    return [
        f"{shape.port.channels} × {8 * shape.port.of_channel.data_bytes}",
        f"{Fraction(WORD_BITS, 8 * shape.port.data_bytes)}",
        f"{shape.lanes}",
        f"{design.buffers.group_ports}",
        f"{shape.left_groups:,} groups of {shape.group.size} bits",
        f"{shape.right_words:,} words of {shape.values.size} bits",
        f"{shape.right_words:,} words of {shape.indices.size} bits",
        f"{shape.out_words:,} words of {32 * array.cols:,} bits",
    ]


#: What a read may give, and the products of ``left_waits``: a recipe's passes with a reduction of 512 or 1,024.
_PORTS = (1, 2, 4, 16)
_SLOTS = {"2:8": 2, "dense": 8}


def left_waits() -> Table:
    """Cycles of an array tile of ``sat-vcu1525`` against those of its steps, by the groups that a read gives."""
    design = load_design("sat-vcu1525")
    rows = [[name, *(f"{cycles(design, ports):.2f}" for ports in _PORTS)] for name, cycles in _WAITS.items()]
    return table(("", *(f"{ports} a read" for ports in _PORTS)), rows)


def _os_wait(slots: int, outputs: int, turned: int = 0) -> Callable[[Design, int], float]:
    def waits(design: Design, ports: int) -> float:
        array, group_m = design.array, design.sparsity.m
        ring = ring_cycles(array.interleave, array.adder_stages)
        left = LeftTile(turned, 1, 1, 0, 512, 512, group_m, slots)
        steps = 512 // group_m * slots * ring
        return os_tile_cycles(left, 0, array.rows, ports, outputs, steps, steps, ring) / steps

    return waits


def _ws_wait(slots: int, turned: int = 0) -> Callable[[Design, int], float]:
    def waits(design: Design, ports: int) -> float:
        left = LeftTile(turned, 1, 1, 0, 1024, 1024, design.sparsity.m, slots)
        return ws_tile_cycles(left, 0, design.array.rows, ports, 1024, 1024) / 1024

    return waits


_WAITS: dict[str, Callable[[Design, int], float]] = {
    **{f"OS, outputs along columns, {name}": _os_wait(slots, 1) for name, slots in _SLOTS.items()},
    **{f"OS, all 8 outputs along rows, {name}": _os_wait(slots, 8) for name, slots in _SLOTS.items()},
    **{f"WS, {name}": _ws_wait(slots) for name, slots in _SLOTS.items()},
    "turned: OS, outputs along columns": _os_wait(8, 1, turned=1),
    "turned: OS, all 8 outputs along rows": _os_wait(8, 8, turned=1),
    "turned: WS": _ws_wait(8, turned=1),
}


def feeder_latencies() -> Table:
    """Latency and throughput of what only this page describes."""
    return table(
        ("block", "latency in clocks", "throughput"),
        [
            [
                "`Fetch`",
                "memory's answer twice (header, then instructions), and 25 with a port of 64 bytes",
                "an instruction a clock, or what its port brings",
            ],
            ["`Checksum`", "1", "an instruction a clock"],
            ["`Prepare`", f"{Prepare.latency}", f"a computation in {Prepare.latency + 1}"],
            [
                "an order: `LeftOrder`, `RightOrder`, `SumsOrder`",
                "2 to the first word",
                "a word a clock; 2 between computations",
            ],
            ["`LeftAddress`", f"{LeftAddress.latency}", "a read a clock"],
            ["`Reader`", "the buffer's", "a word a clock, where the buffer answers in fewer than 8"],
            ["`LeftRows`", f"{LeftRows.latency}", "a read a clock"],
            ["`LeftWords`", "3 from a chunk's last read; turned, M + 3", "a read and a word a clock"],
            ["`ResultWriter`", "0 to the buffer; 1 more to `done`", "a word a clock"],
            [
                "`HalfBuffer`",
                "3 from an address to its word",
                "a word put and a word read a clock",
            ],
            [
                "`GroupBuffer`",
                "3 from an address to its groups; 4 where a read gives 2 or 4, 5 for 8 or 16, 6 for 32",
                "a beat's groups put and a read's a clock",
            ],
            [
                "`SharedBuffer`",
                "3 from an address to its word",
                "a word put, and one read of each half, a clock",
            ],
        ],
    )
