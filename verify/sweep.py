"""The randomised sweep: many small machines, many products on each, every bit and every cycle.

``python -m heddle.verify.sweep`` runs all of it; ``--build NAME`` only one machine. Same seed, same cases.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from heddle.arch.boards import Board, load_board
from heddle.arch.design import ArrayConfig, BufferConfig, Design, SparsityConfig
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError, unknown
from heddle.arch.formats import BF16, FP16
from heddle.hls.generate import array_rtl
from heddle.verify.cases import Case, Stalls
from heddle.verify.command_faults import with_refused_commands
from heddle.verify.operands import DISTRIBUTIONS, Extents
from heddle.verify.product_cases import ProductRun, run_case
from heddle.verify.results import Verdict
from heddle.verify.simulation import run_cases
from heddle.verify.suite import changing_run, half_range_run
from heddle.verify.verilator import build_verilator_model

#: Cases of one build without stalls: they claim cycles, the others bits only.
EXACT_CASES = 32
#: Small enough that many products are cut along K, large enough for one group of 16 for every PE.
_BUFFERS = BufferConfig(activation_bytes=8192, weight_bytes=4096, output_bytes=16384)
#: Idle and backpressure of the stalled cases, two of each (where there are two dataflows, one of each for both): a
#: reader slower than the array, operands slower than the reader, and both at once.
_STALLS = ((0.0, 0.9), (0.5, 0.0), (0.5, 0.5), (0.9, 0.1))
STALLED_CASES = 2 * len(_STALLS)
#: Steps that every PE is busy in a product: more takes long and shows nothing else.
_MOST_STEPS = 12_000


@dataclass(frozen=True)
class _Build:
    """What sets a machine of the sweep apart; the rest is as in the preset ``tiny``."""

    array: ArrayConfig
    m: int
    operand: str = FP16.name

    @property
    def name(self) -> str:
        """Shape, dataflows, cuts between dies, M, I, depths and format in one word."""
        a = self.array
        kinds = "+".join(a.dataflows) + ("" if a.overlap_tiles else "-serial")
        kinds += "".join(f"-cut{row}" for row in a.slr_cuts)
        depths = f"i{a.interleave}-l{a.adder_stages}-p{a.multiplier_stages}"
        return f"{a.rows}x{a.cols}-{kinds}-m{self.m}-{depths}-{self.operand}"

    def design(self) -> Design:
        """Return the machine."""
        base = load_design("tiny")
        numbers = base.numbers.model_copy(update={"operand": self.operand})
        sparsity = SparsityConfig(n=min(2, self.m), m=self.m)
        changes = {
            "name": self.name,
            "array": self.array,
            "sparsity": sparsity,
            "numbers": numbers,
            "buffers": _BUFFERS,
        }
        return base.model_copy(update=changes)


def _array(
    rows: int,
    cols: int,
    interleave: int,
    adder: int,
    multiplier: int,
    dataflows: str = "os ws",
    overlap: bool = True,
    cuts: tuple[int, ...] = (),
) -> ArrayConfig:
    return ArrayConfig.model_validate(
        {
            "rows": rows,
            "cols": cols,
            "dataflows": tuple(dataflows.split()),
            "interleave": interleave,
            "adder_stages": adder,
            "multiplier_stages": multiplier,
            "overlap_tiles": overlap,
            "slr_cuts": cuts,
        }
    )


#: Every adder and multiplier depth, every M from 2 to 32, I below, at and above the adder's depth and at its most, one
#: row, one column, more rows than columns and fewer, one dataflow only, tiles that do not overlap, BF16, up to four
#: dies.
_BUILDS = (
    _Build(_array(2, 2, 1, 1, 0), 4),
    _Build(_array(2, 3, 4, 2, 1), 4),
    _Build(_array(3, 2, 4, 3, 1), 8),
    _Build(_array(4, 4, 4, 4, 2), 4),
    _Build(_array(4, 2, 6, 5, 1), 8),
    _Build(_array(2, 8, 6, 6, 3), 16),
    _Build(_array(8, 2, 2, 5, 2), 8),
    _Build(_array(5, 3, 3, 5, 1), 16),
    _Build(_array(3, 5, 8, 5, 1), 8, BF16.name),
    _Build(_array(2, 4, 5, 6, 0), 4, BF16.name),
    _Build(_array(4, 3, 4, 4, 1, "os"), 8),
    _Build(_array(3, 4, 1, 4, 1, "ws"), 8),
    _Build(_array(4, 4, 2, 2, 1, "os ws", overlap=False), 8),
    _Build(_array(1, 4, 4, 3, 1), 4),
    _Build(_array(4, 1, 4, 4, 1), 2),
    _Build(_array(6, 7, 8, 5, 1), 8),
    _Build(_array(8, 8, 8, 4, 1), 8),
    _Build(_array(2, 2, 64, 3, 1), 32),
    _Build(_array(3, 4, 6, 4, 2), 32, BF16.name),
    _Build(_array(4, 3, 64, 6, 1), 8),
    _Build(_array(8, 2, 2, 5, 2, cuts=(3, 4)), 8),
    _Build(_array(3, 4, 1, 4, 1, "ws", cuts=(1,)), 8),
    _Build(_array(4, 3, 4, 4, 1, "os", cuts=(1, 2, 3)), 8),
)
BUILDS = {build.name: build for build in _BUILDS}


def sweep_cases(design: Design, seed: int, rerun: str = "") -> Iterator[Case]:
    """Yield the cases of one machine.

    After the products, where it has both dataflows, one that changes between them; then some with refused commands,
    and one in each dataflow whose counts are beyond half of their range.
    """
    board = load_board(design.board)
    for run in sweep_runs(design, seed):
        yield run_case(run, design, board, rerun)
    if len(design.array.dataflows) > 1:
        yield replace(changing_run(design, seed).case(design, board, rerun), rerun=rerun)
    yield from _refusing_cases(design, board, seed, rerun)
    for dataflow in design.array.dataflows:
        yield replace(half_range_run(dataflow, seed).case(design, board, rerun), rerun=rerun)


def _refusing_cases(design: Design, board: Board, seed: int, rerun: str) -> Iterator[Case]:
    """A long reduction in each dataflow with commands between that are refused; without stalls, then with them."""
    array = design.array
    extents = Extents(array.rows, 500, 2 * array.cols + 1)
    for stalls in (Stalls(), Stalls(0.5, 0.5, seed)):
        for dataflow in array.dataflows:
            run = ProductRun(extents, design.sparsity, dataflow, "wide", seed, stalls)
            yield with_refused_commands(run_case(run, design, board, rerun), design, seed)


def sweep_runs(design: Design, seed: int) -> Iterator[ProductRun]:
    """Yield the products of one machine: ragged sizes from 1 up, every N of its M, every kind of operand."""
    rng = np.random.default_rng([seed, zlib.crc32(design.name.encode())])
    for number in range(EXACT_CASES + STALLED_CASES):
        dataflow = design.array.dataflows[number % len(design.array.dataflows)]
        group = design.sparsity.m
        keep = (1, 2, max(1, group // 2), group)[int(rng.integers(4))]
        stalls = Stalls()
        if number >= EXACT_CASES:
            idle, backpressure = _STALLS[(number - EXACT_CASES) // 2]
            stalls = Stalls(idle, backpressure, number)
        yield ProductRun(
            _extents(design, rng),
            SparsityConfig(n=min(keep, group), m=group),
            dataflow,
            distribution=list(DISTRIBUTIONS)[number % len(DISTRIBUTIONS)],
            seed=int(rng.integers(1 << 31)),
            stalls=stalls,
        )


def _extents(design: Design, rng: np.random.Generator) -> Extents:
    """Up to two and a half tiles of the array each way; one reduction in four is long enough to be cut.

    A long one has one tile of outputs down or across, so that it takes no longer, yet goes on with several tiles; so
    does one of a large M and I.
    """
    array = design.array
    m = int(rng.integers(1, int(2.5 * array.rows * array.interleave) + 2))
    n = int(rng.integers(1, int(2.5 * array.cols * array.interleave) + 2))
    long = rng.integers(4) == 0
    k = int(rng.integers(200, 600)) if long else int(rng.integers(1, 5 * design.sparsity.m + 2))
    if long:
        m, n = (min(m, array.rows), n) if rng.integers(2) else (m, min(n, array.cols))
    return Extents(m, k, max(1, min(n, _MOST_STEPS * array.rows * array.cols // (m * k))))


def sweep_build(name: str, folder: Path, seed: int = 0) -> list[Verdict]:
    """Compile one machine, run its cases, and return the verdicts; files go to ``folder``."""
    design = BUILDS[name].design()
    rerun = f"python -m heddle.verify.sweep --build {name} --seed {seed}"
    cases = list(sweep_cases(design, seed, rerun))
    model = build_verilator_model(array_rtl(design))
    return run_cases(model, cases, folder, lambda done, total: None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sweep; 0 when every case passed."""
    parser = argparse.ArgumentParser(prog="python -m heddle.verify.sweep", description=__doc__)
    parser.add_argument("--build", metavar="NAME", help="only this machine (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        if given.build is not None and given.build not in BUILDS:
            raise unknown("build", given.build, BUILDS, "--build")
        failed = sum(_print_build(name, given.seed) for name in ([given.build] if given.build else BUILDS))
    except HeddleError as error:
        print(f"heddle: {error}", file=sys.stderr)
        return 2
    return 1 if failed else 0


def _print_build(name: str, seed: int) -> int:
    """Run one machine, print a line and what failed; return how many cases did."""
    with tempfile.TemporaryDirectory() as folder:
        verdicts = sweep_build(name, Path(folder), seed)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    cycles = sum(verdict.rtl_cycles or 0 for verdict in verdicts)
    print(f"{name:40} {len(verdicts):3} cases, {cycles:8,} cycles, {len(failed)} failed", flush=True)
    for verdict in failed:
        print(f"  {verdict.name}: {'; '.join(verdict.problems)} (rerun: {verdict.rerun})")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
