"""Cycles of the RTL against those of both simulator levels, product by product, and every bit.

``python -m benchmarks.rtl_agreement [--quick]`` prints a Markdown table and exits with 1 where a bit, or a cycle of
either level, differs. The presets that are hardware, and machines of the randomised sweep with other shapes, depths
and formats; ``--quick`` leaves ``sat-vcu1525`` out, whose model takes a minute to build and runs the slowest.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from heddle.arch.boards import load_board
from heddle.arch.design import Design, SparsityConfig
from heddle.arch.design_io import load_design
from heddle.dataflow.step_items import ProductPass, TrainingStep
from heddle.hls.generate import array_rtl
from heddle.sim.estimate import estimate
from heddle.verify.operands import Extents
from heddle.verify.product_cases import ProductRun, run_case
from heddle.verify.results import Verdict
from heddle.verify.simulation import run_cases
from heddle.verify.suite import two_tiles_of_k
from heddle.verify.sweep import BUILDS
from heddle.verify.verilator import build_verilator_model

PRESETS = ("tiny", "small", "sat-vcu1525")
SLOW_PRESET = "sat-vcu1525"
OF_THE_SWEEP = (
    "3x2-os+ws-m8-i4-l3-p1-fp16",
    "8x2-os+ws-m8-i2-l5-p2-fp16",
    "2x8-os+ws-m16-i6-l6-p3-fp16",
    "3x5-os+ws-m8-i8-l5-p1-bf16",
    "4x4-os+ws-serial-m8-i2-l2-p1-fp16",
)


@dataclass(frozen=True)
class Line:
    """One product on one machine."""

    design: Design
    run: ProductRun
    verdict: Verdict
    estimate_cycles: float

    @property
    def agrees(self) -> bool:
        """True when every bit is right and all three count the same cycles."""
        return self.verdict.passed and self.verdict.rtl_cycles == self.estimate_cycles

    @property
    def row(self) -> str:
        """The product's line of the table."""
        rtl, engines = self.verdict.rtl_cycles or 0, self.verdict.sim_cycles or 0
        product = self.run.product
        bits, closed = "equal" if self.verdict.bit_exact else "DIFFER", self.estimate_cycles
        return (
            f"| {self.design.name} | {product.m} × {product.k} × {product.n} | {product.sparsity_text} "
            f"| {self.run.dataflow} | {rtl:,} | {engines:,} | {closed:,.0f} "
            f"| {rtl - engines} | {rtl - closed:.0f} | {bits} |"
        )


def machines() -> list[Design]:
    """Return the machines of the table."""
    return [*map(load_design, PRESETS), *(BUILDS[name].design() for name in OF_THE_SWEEP)]


def suite(design: Design) -> Iterator[ProductRun]:
    """Yield the products of one machine: whole tiles, ragged ones, a long reduction; dense and N:M; each dataflow."""
    array, group = design.array, design.sparsity.m
    dense = SparsityConfig(n=group, m=group)
    whole = Extents(array.rows * array.interleave, 8 * group, 2 * array.cols)
    ragged = Extents(2 * array.rows + 1, 5 * group + 3, array.cols * array.interleave + 1)
    for dataflow in array.dataflows:
        for sparsity in (dense, design.sparsity):
            for extents in (whole, ragged, Extents(array.rows, two_tiles_of_k(design) + 1, array.cols)):
                yield ProductRun(extents, sparsity, dataflow)


def measure(design: Design, folder: Path) -> Iterator[Line]:
    """Run the suite of one machine on its RTL; files go to ``folder``."""
    board = load_board(design.board)
    runs = list(suite(design))
    cases = [run_case(run, design, board) for run in runs]
    verdicts = run_cases(build_verilator_model(array_rtl(design)), cases, folder, lambda done, total: None)
    for run, verdict in zip(runs, verdicts, strict=True):
        yield Line(design, run, verdict, estimate_cycles(run, design))


def estimate_cycles(run: ProductRun, design: Design) -> float:
    """Return the cycles that the closed form says the array computes for, in a step of this product alone."""
    step = TrainingStep(run.name, 1, "dense", "", (ProductPass(run.name, "ff", (run.product,)),))
    return estimate(step, design, load_board(design.board), run.dataflow).compute_cycles


def main() -> int:
    """Print the table and how many lines agree; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"without {SLOW_PRESET}")
    quick = parser.parse_args().quick
    designs = [design for design in machines() if not (quick and design.name == SLOW_PRESET)]
    print("| design | M × K × N | right operand | dataflow | RTL | engines | estimate | RTL − engines ", end="")
    print("| RTL − estimate | bits |\n|---|---|---|---|---|---|---|---|---|---|")
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for design in designs:
            for line in measure(design, Path(folder)):
                lines.append(line)
                print(line.row, flush=True)
    agreeing = sum(line.agrees for line in lines)
    print(f"\n{agreeing} of {len(lines)} products: bits equal, cycles equal at all three")
    return int(agreeing < len(lines))


if __name__ == "__main__":
    sys.exit(main())
