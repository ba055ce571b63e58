"""``python -m benchmarks.engine_agreement``: the engines' time of products against the machine's of the same, compiled.

Passes of drawn layers and of larger ones are run in memories of several latencies and bandwidths: by the engines as
scheduled products (``heddle.sim.engines.product_time``), and on the machine as programs (``heddle.sim.program.timing``,
or with ``--rtl`` the Verilator model). Markdown tables say how far the engines are from the machine, by memory and by
cause, and which passes they are farthest from.

The engines leave out what a program takes until its first load begins, which in a step is fetched while others run. It
is taken off the machine's clocks here, and shown beside them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.arch.memory_clocks import MemoryClocks
from heddle.dataflow.lowering import NOT_PRUNED
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer, ProductLayer
from heddle.sim.engines.product_time import ProductTime, product_time
from heddle.sim.program.timing import time_program
from heddle.verify.machine import Machine, MemoryTiming
from heddle.verify.machine_cases import LayerCase, can_prune, drawn_cases, pruning_of
from heddle.verify.machine_suite import PRODUCT_PASSES

#: Latency in clocks, and the clocks that a beat takes.
MEMORIES = ((20, 1), (20, 4), (100, 1), (100, 2), (400, 1), (400, 4))
#: What counts as close, of the machine's clocks.
CLOSE = 0.03
_SEED = 11
_FARTHEST = 8
_MEMORY = ("passes", "latency", "clocks a beat")
_CAUSES = ("fill", "load_left", "load_right", "store", "feed", "drain")
#: Rows, reduction and columns of the larger products; a convolution and attention's products beside them.
_LARGER = ((64, 64, 64), (128, 256, 64), (256, 128, 128), (64, 512, 256))
_BESIDE: tuple[ProductLayer, ...] = (
    ConvLayer("conv14", 14, 14, 32, 14, 14, 32, 3, 3, 1, 1),
    MatmulLayer("qk128", 128, 64, 128, count=2),
    MatmulLayer("pv197", 197, 197, 64),
)


@dataclass(frozen=True)
class Clocks:
    """Clocks from the first load on: all, the array's own, the others by cause; and the program's clocks before it."""

    cycles: float
    array_cycles: float
    stalls: Mapping[str, float]
    start_cycles: float = 0.0


@dataclass(frozen=True)
class Pair:
    """A pass in a memory: what the machine takes, and what the engines say."""

    name: str
    machine: Clocks
    engines: Clocks

    @property
    def off(self) -> float:
        """The difference, of the machine's clocks."""
        return self.engines.cycles / self.machine.cycles - 1

    def off_by(self, cause: str) -> float:
        """Clocks by which the engines have more of a cause."""
        return self.engines.stalls.get(cause, 0.0) - self.machine.stalls[cause]


def designs() -> Sequence[Design]:
    """Return the machines of the table: 4 x 4 PEs, 3 x 5, 8 x 8, and two of them on several channels."""
    tiny, small = load_design("tiny"), load_design("small")
    return (
        tiny,
        override(tiny, {"name": "3x5", "array.rows": 3, "array.cols": 5}),
        small,
        override(tiny, {"name": "tiny, 2 channels", "memory.channels": 2}),
        override(small, {"name": "small, 4 channels", "memory.channels": 4}),
    )


def larger_cases(design: Design) -> Iterator[LayerCase]:
    """Yield passes of products of 64 to 512, dense and as the design prunes them, of a convolution and of attention."""
    layers = [LinearLayer(f"{m}x{k}x{n}", m, k, n) for m, k, n in _LARGER]
    for layer in (*layers, *_BESIDE):
        for pass_name in PRODUCT_PASSES:
            yield LayerCase(layer, pass_name, 1, NOT_PRUNED, MemoryTiming())
            if can_prune(layer, pass_name, design):
                yield LayerCase(layer, pass_name, 1, pruning_of(design.sparsity.n, design), MemoryTiming())


def engines_clocks(case: LayerCase, design: Design, board: Board, memory: MemoryClocks) -> Clocks:
    """Return what the engines say of a pass."""
    products = [(each.plan.product.product, each.plan.mapping) for each in case.compiled(design, board).products]
    found: ProductTime = product_time(products, design, board, memory)
    return Clocks(found.cycles, found.array_cycles, found.stalls)


def machine_clocks(
    case: LayerCase, design: Design, board: Board, memory: MemoryClocks, machine: Machine | None
) -> Clocks:
    """Return what the machine takes for a pass: the Verilator model where there is one, else the simulated program."""
    words = case.compiled(design, board).words
    timed = time_program(words, design, memory)
    start, cycles, array_cycles, stalls = int(timed.begun[0]), timed.cycles, timed.array_cycles, dict(timed.stalls)
    if machine is not None:
        prepared = case.prepared(design, board)
        run = machine.run(prepared.data, prepared.image, MemoryTiming(memory.latency_clocks, memory.beat_clocks))
        cycles, array_cycles, stalls = run.cycles, run.array_cycles, dict(run.stalls)
    stalls["fill"] -= start
    return Clocks(cycles - start, array_cycles, stalls, start)


def pairs(
    cases: Sequence[LayerCase], design: Design, board: Board, memory: MemoryClocks, machine: Machine | None
) -> Iterator[Pair]:
    """Yield each case that has a product, on ``design`` in ``memory``."""
    for case in cases:
        if case.compiled(design, board).products:
            kept = "dense" if case.pruning == NOT_PRUNED else f"{case.pruning.keep_n}:{case.pruning.group_m}"
            name = f"{case.layer.name}-{case.pass_name}-{kept}"
            found = machine_clocks(case, design, board, memory, machine)
            yield Pair(name, found, engines_clocks(case, design, board, memory))


def line(label: str, memory: MemoryClocks, found: Sequence[Pair]) -> str:
    """Return the line of the table for passes on a design in a memory."""
    total = sum(each.machine.cycles for each in found)
    off = [abs(each.off) for each in found]
    causes = " | ".join(f"{100 * sum(each.off_by(cause) for each in found) / total:+.1f}" for cause in _CAUSES)
    array = 100 * sum(each.engines.array_cycles - each.machine.array_cycles for each in found) / total
    return (
        f"| {label} | {memory.latency_clocks} | {memory.beat_clocks} | {len(found)} | {total:,} "
        f"| {100 * sum(each.machine.start_cycles for each in found) / total:.1f} % "
        f"| {100 * (sum(each.engines.cycles for each in found) / total - 1):+.1f} % "
        f"| {sum(each <= CLOSE for each in off)} | {100 * max(off):.1f} % | {array:+.1f} | {causes} |"
    )


def _header(*columns: str) -> str:
    return f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=30, help="how many passes of drawn layers for each design")
    parser.add_argument("--rtl", action="store_true", help="run the Verilator model too: minutes for each design")
    options = parser.parse_args(arguments)
    print(
        "| passes | latency | clocks a beat | number | machine's clocks | before | all | within 3 % | farthest ", end=""
    )
    print(f"| array | {' | '.join(_CAUSES)} |\n|{'---|' * (10 + len(_CAUSES))}")
    everything: list[tuple[str, MemoryClocks, Pair]] = []
    for design in designs():
        board = load_board(design.board)
        machine = Machine(design, board) if options.rtl else None
        kinds = {"drawn": list(drawn_cases(design, board, options.cases, _SEED)), "larger": list(larger_cases(design))}
        for kind, cases in kinds.items():
            for memory in (MemoryClocks(*each) for each in MEMORIES):
                label = f"{design.name}, {kind}"
                found = list(pairs(cases, design, board, memory, machine))
                everything += ((label, memory, each) for each in found)
                print(line(label, memory, found), flush=True)
    print(
        "\n| passes | latency | clocks a beat | pass | machine | engines | difference |\n|---|---|---|---|---|---|---|"
    )
    for label, memory, each in sorted(everything, key=lambda entry: -abs(entry[2].off))[:_FARTHEST]:
        print(f"| {label} | {memory.latency_clocks} | {memory.beat_clocks} | {each.name} ", end="")
        print(f"| {each.machine.cycles:,} | {each.engines.cycles:,.0f} | {100 * each.off:+.1f} % |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
