"""Tables of docs/accelerator.md: how large a preset's machine is, and how long its own blocks take."""

from __future__ import annotations

from benchmarks.docs_tables.pages import Table, table
from heddle.arch.design_io import load_design
from heddle.hls.control.instruction import WORD_BITS
from heddle.hls.feed.left_address import LeftAddress
from heddle.hls.feed.prepare import Prepare
from heddle.hls.system.shape import MachineShape

_PRESETS = ("tiny", "sat-vcu1525")


def machine_sizes() -> Table:
    """The memory port, the halves of the buffers, and the clocks of a left word."""
    heading = ("", *(f"`{name}`" for name in _PRESETS))
    return table(heading, [list(row) for row in zip(_NAMES, *map(_sizes, _PRESETS), strict=True)])


_NAMES = (
    "a memory port",
    "clocks for an instruction to come through it",
    "activation groups put a clock, at most",
    "half of the activation buffer",
    "half of the weight buffer, values",
    "half of the weight buffer, indices",
    "half of the output buffer",
    "clocks to read a left word: OS (R)",
    "the same: WS, dense (R / M)",
    "the same: WS, at the design's N:M (R / N)",
    "the same: OS, turned, where channels fill their groups (R / M × (2M − 1))",
)


def _sizes(preset: str) -> list[str]:
    design = load_design(preset)
    shape, array, group_m = MachineShape(design), design.array, design.sparsity.m
    return [
        f"{8 * shape.port.data_bytes} bits",
        f"{WORD_BITS // (8 * shape.port.data_bytes)}",
        f"{shape.lanes}",
        f"{shape.left_groups:,} groups of {shape.group.size} bits",
        f"{shape.right_words:,} words of {shape.values.size} bits",
        f"{shape.right_words:,} words of {shape.indices.size} bits",
        f"{shape.out_words:,} words of {32 * array.cols:,} bits",
        f"{array.rows}",
        f"{array.rows // group_m}",
        f"{array.rows // design.sparsity.n}",
        f"{array.rows // group_m * (2 * group_m - 1)}",
    ]


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
            ["`LeftWords`", "1 from a word's last read", "a read a clock"],
            ["`ResultWriter`", "0 to the buffer; 1 more to `done`", "a word a clock"],
            [
                "`HalfBuffer`, `GroupBuffer`",
                "3 from an address to its word",
                "a word put (or a beat's groups) and a word read a clock",
            ],
            ["`SharedReader`", "0", "a word a clock for both readers together"],
        ],
    )
