"""The longest path of each block that a design's clock can hang on, as measured and kept beside this module.

``pe-timing.csv`` holds PEs, ``block-timing.csv`` the other blocks; ``python -m benchmarks.block_timing`` renews both.
The paths are yosys' (``sta``), by Artix-7's arcs, those of its DSP slices with them, and without routing. They are
relative: they compare blocks and depths, and are no clock of any card.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from heddle.arch.calibration import data_path

PE_FILE, BLOCK_FILE = "pe-timing.csv", "block-timing.csv"


@dataclass(frozen=True)
class PeKind:
    """A PE, as far as its paths depend on it: ``dataflows`` are joined by +, as in a space."""

    operand: str
    dataflows: str
    m: int
    interleave: int
    multiplier_stages: int
    adder_stages: int

    block: ClassVar[str] = "pe"


@dataclass(frozen=True)
class BlockKind:
    """Another block: what it is, which one of its kind, and for which operands and M; empty and 0 mean any."""

    block: str
    variant: str
    operand: str
    m: int


@dataclass(frozen=True)
class LongestPath:
    """A path's time, ns; the registers that it leaves (empty: an input) and ends in (empty: an output)."""

    delay_ns: float
    start: str
    end: str


def pe_timing_path() -> Path:
    """Return the file of the measured PEs."""
    return data_path(PE_FILE)


def block_timing_path() -> Path:
    """Return the file of the other measured blocks."""
    return data_path(BLOCK_FILE)


@cache
def pe_timing() -> Mapping[PeKind, LongestPath]:
    """Return the longest path of every PE that was measured."""
    return {
        PeKind(
            operand=row["operand"],
            dataflows=row["dataflows"],
            m=int(row["m"]),
            interleave=int(row["interleave"]),
            multiplier_stages=int(row["multiplier_stages"]),
            adder_stages=int(row["adder_stages"]),
        ): _path_of(row)
        for row in _rows(pe_timing_path())
    }


@cache
def block_timing() -> Mapping[BlockKind, LongestPath]:
    """Return the longest path of every other block that was measured."""
    return {
        BlockKind(block=row["block"], variant=row["variant"], operand=row["operand"], m=int(row["m"])): _path_of(row)
        for row in _rows(block_timing_path())
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _path_of(row: Mapping[str, str]) -> LongestPath:
    return LongestPath(float(row["delay_ns"]), row["start"], row["end"])
