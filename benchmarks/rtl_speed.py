"""How long the RTL's model takes to build, and how fast it runs, by the size of the array.

``python -m benchmarks.rtl_speed [--quick]`` prints a Markdown table. Each size is emitted and compiled into an empty
model cache; then a dense OS product runs that is long enough to time, the simulator's start taken off by a product of
one element. CPU seconds are those of all processes started, and hardly depend on what else the machine does.
``--quick`` leaves the 16 x 16 and the 32 x 32 array out.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from heddle.arch.boards import load_board
from heddle.arch.design import Design, SparsityConfig
from heddle.arch.design_io import load_design
from heddle.hls.generate import array_rtl
from heddle.verify.model import Model
from heddle.verify.operands import Extents
from heddle.verify.product_cases import ProductRun, run_case
from heddle.verify.results import all_passed
from heddle.verify.simulation import run_cases
from heddle.verify.verilator import build_verilator_model

#: Preset, rows and columns, and cycles that take some ten seconds.
_SIZES = (("tiny", 4, 300_000), ("small", 8, 200_000), ("sat-vcu1525", 16, 60_000), ("sat-vcu1525", 32, 16_000))
_QUICK_SIZES = 2
_REDUCTION = 256


@dataclass(frozen=True)
class Spent:
    """Time: ``wall_s`` by the clock, ``cpu_s`` of this process' finished children."""

    wall_s: float
    cpu_s: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.wall_s - other.wall_s, self.cpu_s - other.cpu_s)

    def __str__(self) -> str:
        return f"{self.wall_s:.1f} s ({self.cpu_s:.1f} s)"


def now() -> Spent:
    """Return the time spent since some moment in the past."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(time.perf_counter(), children.ru_utime + children.ru_stime)


@dataclass(frozen=True)
class Measured:
    """One size: time of each step, and the cycles that ran."""

    design: Design
    emission: Spent
    build: Spent
    cycles: int
    run: Spent

    @property
    def row(self) -> str:
        """The size's line of the table."""
        array = self.design.array
        return (
            f"| {array.rows} × {array.cols} | {self.design.name} | {self.emission.wall_s:.1f} s | {self.build} "
            f"| {self.cycles:,} | {self.run} | {self.cycles / self.run.cpu_s:,.0f} |"
        )


def sized(preset: str, size: int) -> Design:
    """Return the preset with an array of ``size`` x ``size`` PEs."""
    design = load_design(preset)
    return design.model_copy(update={"array": design.array.model_copy(update={"rows": size, "cols": size})})


def measure(design: Design, cycles: int, folder: Path) -> Measured:
    """Emit, build and run one size; files go to ``folder``. Raises RuntimeError where RTL and simulator differ."""
    begun = now()
    rtl = array_rtl(design)
    emitted = now()
    model = build_verilator_model(rtl)
    built = now()
    array = design.array
    tiles = max(1, cycles // (_REDUCTION * array.interleave))
    start, _ = _run(design, model, Extents(1, 1, 1), folder)
    run, ran = _run(design, model, Extents(array.rows * array.interleave, _REDUCTION, array.cols * tiles), folder)
    return Measured(design, emitted - begun, built - emitted, ran, run - start)


def _run(design: Design, model: Model, extents: Extents, folder: Path) -> tuple[Spent, int]:
    """Time and cycles of a dense OS product in a simulator of its own."""
    dense = SparsityConfig(n=design.sparsity.m, m=design.sparsity.m)
    case = run_case(ProductRun(extents, dense, "os"), design, load_board(design.board))
    begun = now()
    verdicts = run_cases(model, [case], folder, lambda done, total: None)
    spent = now() - begun
    if not all_passed(verdicts):
        raise RuntimeError(f"{design.name}, {case.name}: {'; '.join(verdicts[0].problems)}")
    return spent, verdicts[0].rtl_cycles or 0


def main() -> None:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only the two small arrays")
    sizes = _SIZES[:_QUICK_SIZES] if parser.parse_args().quick else _SIZES
    print("| array | design | emission | Verilator and g++ (CPU) | cycles | run (CPU) | cycles a CPU second |")
    print("|---|---|---|---|---|---|---|")
    for preset, size, cycles in sizes:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = folder  # compiled models and Verilator's runtime: none
            print(measure(sized(preset, size), cycles, Path(folder)).row, flush=True)


if __name__ == "__main__":
    main()
