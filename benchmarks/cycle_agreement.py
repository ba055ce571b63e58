"""``python -m benchmarks.cycle_agreement``: clocks of the machine's RTL against the simulator's of a program's time.

Passes of drawn layers run on the Verilator model of each design's machine, in memories of several latencies and
bandwidths, without stalls and resets. A Markdown table says how far ``heddle.sim.program.timing`` is from them, a
second one which programs it is farthest from. Exits with 1 where one of them is more than ``MOST`` off.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.sim.program.timing import time_program
from heddle.verify.machine import Machine, MemoryTiming
from heddle.verify.machine_cases import LayerCase, drawn_cases

#: Latency in clocks, and the clocks that a beat takes.
MEMORIES = ((1, 1), (100, 2), (400, 1), (400, 4))
#: The most that a run may differ, of the RTL's clocks.
MOST = 0.03
_SEED = 11
_FARTHEST = 5


@dataclass(frozen=True)
class Pair:
    """A program in a memory: what the RTL takes, and what the simulator says."""

    case: LayerCase
    rtl_cycles: int
    sim_cycles: int

    @property
    def off(self) -> float:
        """The difference, of the RTL's clocks."""
        return (self.sim_cycles - self.rtl_cycles) / self.rtl_cycles


def designs() -> Sequence[Design]:
    """Return the machines of the table: of 4 x 4 PEs, of 3 x 5, and of 4 x 4 with 4 groups a read."""
    tiny = load_design("tiny")
    changes = ({"name": "3x5", "array.rows": 3, "array.cols": 5}, {"name": "4x4-g4", "buffers.group_ports": 4})
    return tiny, *(override(tiny, each) for each in changes)


def pairs(design: Design, board: Board, machine: Machine, cases: int, memory: tuple[int, int]) -> Iterator[Pair]:
    """Yield ``cases`` programs on ``design`` in a memory."""
    for drawn in drawn_cases(design, board, cases, _SEED):
        case = drawn.on(MemoryTiming(*memory))
        prepared = case.prepared(design, board)
        run = machine.run(prepared.data, prepared.image, case.timing)
        yield Pair(case, run.cycles, time_program(prepared.words, design, case.timing).cycles)


def line(design: Design, memory: tuple[int, int], found: Sequence[Pair]) -> str:
    """Return the line of the table for a design in a memory."""
    off = [abs(each.off) for each in found]
    total = sum(each.sim_cycles for each in found) / sum(each.rtl_cycles for each in found) - 1
    equal, close = sum(each == 0 for each in off), sum(each <= MOST for each in off)
    return (
        f"| {design.name} | {memory[0]} | {memory[1]} | {len(found)} | {sum(each.rtl_cycles for each in found):,} "
        f"| {100 * total:+.2f} % | {equal} | {close} | {100 * max(off):.2f} % |"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=30, help="how many passes of layers for each memory")
    cases = parser.parse_args(arguments).cases
    print("| design | latency | clocks a beat | programs | RTL clocks | all | equal | within 3 % | farthest |")
    print("|---|---|---|---|---|---|---|---|---|")
    everything: list[tuple[Design, Pair]] = []
    for design in designs():
        board = load_board(design.board)
        machine = Machine(design, board)
        for memory in MEMORIES:
            found = list(pairs(design, board, machine, cases, memory))
            everything += ((design, each) for each in found)
            print(line(design, memory, found), flush=True)
    print("\n| design | program | RTL | simulated | difference |\n|---|---|---|---|---|")
    for design, each in sorted(everything, key=lambda entry: -abs(entry[1].off))[:_FARTHEST]:
        print(f"| {design.name} | {each.case.name} | {each.rtl_cycles:,} | {each.sim_cycles:,} ", end="")
        print(f"| {100 * each.off:+.2f} % |")
    return int(any(abs(each.off) > MOST for _, each in everything))


if __name__ == "__main__":
    sys.exit(main())
