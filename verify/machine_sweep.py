"""The sweep of the whole machine: several machines, drawn programs on each, every byte of memory and the clocks.

``python -m heddle.verify.machine_sweep`` runs all of it; ``--machine NAME`` only one. Same seed, same programs.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.arch.errors import HeddleError, unknown
from heddle.verify.machine_check import drawn_verdicts
from heddle.verify.results import MachineVerdict

#: Programs of one machine.
PROGRAMS = 50
#: What sets each machine apart from the preset ``tiny``: an array of one row or of fewer rows than columns and more,
#: one dataflow only, every way to put and to read groups, ports of 64 to 256 bits, one to four channels, BF16.
_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "4x4-os+ws-m4-g1": {},
    "3x5-os+ws-m4-g2": {"array.rows": 3, "array.cols": 5, "buffers.group_ports": 2},
    "2x2-ws-m2-g8": {
        "array.rows": 2,
        "array.cols": 2,
        "array.dataflows": ["ws"],
        "sparsity.n": 1,
        "sparsity.m": 2,
        "buffers.group_ports": 8,
    },
    "2x3-os-m8-g4-bf16-c2": {
        "array.rows": 2,
        "array.cols": 3,
        "array.dataflows": ["os"],
        "sparsity.m": 8,
        "lanes.wuve": 8,
        "buffers.group_ports": 4,
        "numbers.operand": "bf16",
        "memory.channels": 2,
    },
    "5x2-os+ws-m4-g4-axi64-c4": {
        "array.rows": 5,
        "array.cols": 2,
        "array.interleave": 2,
        "array.adder_stages": 2,
        "buffers.group_ports": 4,
        "memory.axi_bits": 64,
        "memory.channels": 4,
    },
    "1x6-os+ws-m16-g1-axi256": {
        "array.rows": 1,
        "array.cols": 6,
        "array.interleave": 8,
        "array.adder_stages": 5,
        "sparsity.m": 16,
        "lanes.wuve": 16,
        "memory.axi_bits": 256,
    },
}


def machines() -> dict[str, Design]:
    """Return the machines of the sweep by their names: shape, dataflows, M, groups of a read, and what is not usual."""
    tiny = load_design("tiny")
    return {name: override(tiny, {**changes, "name": name}) for name, changes in _CHANGES.items()}


@dataclass(frozen=True)
class Swept:
    """The verdicts on one machine's programs."""

    verdicts: tuple[MachineVerdict, ...]

    @cached_property
    def failed(self) -> list[MachineVerdict]:
        """Those where a byte is wrong, or that did not end."""
        return [verdict for verdict in self.verdicts if not verdict.passed]

    @cached_property
    def off(self) -> list[float]:
        """How far the simulator's clocks are from the RTL's, of these, where neither stalls nor a reset were drawn."""
        return [
            abs(verdict.sim_cycles - verdict.rtl_cycles) / verdict.rtl_cycles
            for verdict in self.verdicts
            if verdict.sim_cycles is not None and verdict.rtl_cycles is not None
        ]

    @property
    def cycles(self) -> int:
        """Clocks that all programs took in RTL."""
        return sum(verdict.rtl_cycles or 0 for verdict in self.verdicts)


def sweep_machine(design: Design, programs: int = PROGRAMS, seed: int = 0) -> Swept:
    """Compile one machine, run drawn programs on it, and return the verdicts."""
    return Swept(tuple(drawn_verdicts(design, programs, zlib.crc32(design.name.encode()) + seed)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sweep; 0 when every program passed."""
    parser = argparse.ArgumentParser(prog="python -m heddle.verify.machine_sweep", description=__doc__)
    parser.add_argument("--machine", metavar="NAME", help="only this machine (default: all)")
    parser.add_argument("--programs", type=int, default=PROGRAMS, help=f"of each machine (default: {PROGRAMS})")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    every = machines()
    try:
        if given.machine is not None and given.machine not in every:
            raise unknown("machine", given.machine, every, "--machine")
        if given.programs < 1:
            raise HeddleError(f"--programs: {given.programs} is out of range (valid: from 1 on)")
        chosen = [given.machine] if given.machine else list(every)
        failed = sum(_print_machine(name, every[name], given.programs, given.seed) for name in chosen)
    except HeddleError as error:
        print(f"heddle: {error}", file=sys.stderr)
        return 2
    return 1 if failed else 0


def _print_machine(name: str, design: Design, programs: int, seed: int) -> int:
    """Run one machine, print a line and what failed; return how many programs did."""
    swept = sweep_machine(design, programs, seed)
    equal = sum(each == 0 for each in swept.off)
    print(
        f"{name:24} {len(swept.verdicts):3} programs, {swept.cycles:9,} cycles, {len(swept.failed)} failed; simulated "
        f"time equal in {equal} of {len(swept.off)}, farthest {100 * max(swept.off, default=0):.2f} %",
        flush=True,
    )
    for verdict in swept.failed:
        print(f"  {verdict.name}: {'; '.join(verdict.problems)}")
    return len(swept.failed)


if __name__ == "__main__":
    sys.exit(main())
