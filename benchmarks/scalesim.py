"""Heddle's estimate against SCALE-Sim 3 on ResNet-18's forward products: CPU seconds and cycles, in one run.

SCALE-Sim needs numpy < 2, so it runs from an environment of its own (build/scalesim), made on first use. Both
get the same 21 products, a 32 x 32 output-stationary array, batch 1. SCALE-Sim's time is the CPU time of its
process; the estimate's is that of the call ``estimate(step, design, board)``, mean of many, kernels compiled.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.dataflow.load import load_network
from heddle.dataflow.recipes import DENSE
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.zoo.registry import zoo_network
from heddle.sim.estimate import estimate
from heddle.sim.result import StepResult

ENVIRONMENT = Path("build/scalesim")
REQUIREMENTS = ("scalesim==3.0.0", "numpy==1.26.4")
CONFIG = """[general]
run_name = heddle

[architecture_presets]
ArrayHeight: 32
ArrayWidth: 32
IfmapSramSzkB: 1024
FilterSramSzkB: 1024
OfmapSramSzkB: 1024
IfmapOffset: 0
FilterOffset: 10000000
OfmapOffset: 20000000
Dataflow: os
Bandwidth: 1000
MemoryBanks: 1
ReadRequestBuffer: 64
WriteRequestBuffer: 64

[layout]
IfmapCustomLayout: False
IfmapSRAMBankBandwidth: 10
IfmapSRAMBankNum: 10
IfmapSRAMBankPort: 2
FilterCustomLayout: False
FilterSRAMBankBandwidth: 10
FilterSRAMBankNum: 10
FilterSRAMBankPort: 2

[sparsity]
SparsitySupport: false

[run_presets]
InterfaceBandwidth: CALC
UseRamulatorTrace: False
"""


def write_products(path: Path, layers: int) -> None:
    """Write ResNet-18's forward products, the first ``layers`` of them, as a SCALE-Sim GEMM topology."""
    step = training_step(
        zoo_network("resnet18"), DENSE, load_design("ideal-32x32").sparsity, StepOptions(1, passes=("ff",))
    )
    products = [(item.layer, item.products[0]) for item in step.items if hasattr(item, "products")]
    lines = ["Layer, M, N, K,"]
    lines += [f"{name}, {p.m}, {p.n}, {p.k}," for name, p in products[:layers]]
    path.write_text("\n".join(lines) + "\n")


def ensure_environment(folder: Path = ENVIRONMENT) -> Path:
    """Return the Python of SCALE-Sim's own environment in ``folder``, made if need be.

    A mark, written last, tells that it is whole: one that was left half made, or made of other versions, is made anew.
    """
    python, mark, made_of = folder / "bin" / "python", folder / "made-of.txt", "\n".join(REQUIREMENTS)
    if not (mark.is_file() and mark.read_text() == made_of):
        shutil.rmtree(folder, ignore_errors=True)
        # Heddle's own constraints, which make hands on, pin a NumPy that SCALE-Sim cannot use.
        unconstrained = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True, env=unconstrained)
        mark.write_text(made_of)
    return python.absolute()


def run_scalesim(python: Path, topology: Path, folder: Path) -> tuple[float, dict[str, int]]:
    """Return SCALE-Sim's CPU seconds and its compute cycles by layer number."""
    (folder / "scale.cfg").write_text(CONFIG)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    options = ("-t", topology, "-l", topology, "-c", folder / "scale.cfg", "-p", folder, "-i", "gemm", "-s", "N")
    subprocess.run(
        [python, "-m", "scalesim.scale", *options],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with (folder / "heddle" / "COMPUTE_REPORT.csv").open() as report:
        rows = list(csv.DictReader(report, skipinitialspace=True))
    return seconds, {row["LayerID"].strip(): _compute_cycles(row) for row in rows}


def _compute_cycles(row: dict[str, str]) -> int:
    """Return the array's own cycles: SCALE-Sim's total less its memory stalls."""
    return round(float(row["Total Cycles"]) - float(row["Stall Cycles"]))


def run_heddle(topology: Path, repeats: int) -> tuple[float, StepResult]:
    """Return the mean CPU seconds of one estimate of the same products, and its result."""
    design, board = load_design("ideal-32x32"), load_board("vcu1525")
    network = load_network(str(topology))
    step = training_step(network, DENSE, design.sparsity, StepOptions(1, passes=("ff",)))
    result = estimate(step, design, board, "os")
    start = time.process_time()
    for _ in range(repeats):
        result = estimate(step, design, board, "os")
    return (time.process_time() - start) / repeats, result


def main() -> None:
    """Run both, print the ratio and the cycles of every layer side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=21, help="how many of the 21 products (default: all)")
    parser.add_argument("--repeats", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        topology = folder / "resnet18_gemm.csv"
        write_products(topology, arguments.layers)
        ours_s, result = run_heddle(topology, arguments.repeats)
        theirs_s, cycles = run_scalesim(ensure_environment(), topology, folder)
    print("| layer | Heddle | SCALE-Sim | ratio |\n|---|---|---|---|")
    for item, theirs in zip(result.passes, cycles.values(), strict=True):
        print(f"| {item.layer} | {item.cycles:,.0f} | {theirs:,} | {item.cycles / theirs:.4f} |")
    record = {
        "benchmark": "scalesim",
        "layers": len(result.passes),
        "heddle_cpu_s": ours_s,
        "scalesim_cpu_s": theirs_s,
        "times_faster": theirs_s / ours_s,
        "heddle_cycles": result.cycles,
        "scalesim_cycles": sum(cycles.values()),
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main()
