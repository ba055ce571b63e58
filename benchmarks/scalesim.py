"""Heddle's estimate against SCALE-Sim 3 on ResNet-18's forward products: CPU seconds and cycles, in one run.

SCALE-Sim needs numpy < 2, so it runs from an environment of its own (build/scalesim), made on first use. Both
get the same 21 products, a 32 x 32 output-stationary array, batch 1. SCALE-Sim takes up to a minute of CPU a product.
Each runs in a process of its own, equal ones once and counted as often as they stand; one that outlasts ``--limit-s``
says so and is left out of both sums. SCALE-Sim's time is CPU time, without imports and traces; the estimate's is that
of the call ``estimate(step, design, board)``, mean of many, kernels compiled.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

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


#: What SCALE-Sim's Python runs, in a folder with the two files. Its command writes traces (140 MB a product) whatever
#: its option says; its class can be told not to.
DRIVER = """
import contextlib, json, os, time
from scalesim.scale_sim import scalesim

begun = time.process_time()
with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
    run = scalesim(True, False, "scale.cfg", "product.csv", "product.csv", input_type_gemm=True)
    run.run_scale(".")
    _, total, stalls, *_ = run.runner.single_layer_sim_object_list[0].get_compute_report_items()
print(json.dumps([time.process_time() - begun, int(total - stalls)]))
"""


class Product(NamedTuple):
    """A forward product, M x K by K x N."""

    m: int
    n: int
    k: int


@dataclass(frozen=True)
class Simulated:
    """What SCALE-Sim took for one product, and the array's own cycles: its total less its memory stalls."""

    cpu_s: float
    cycles: int


def forward_products(layers: int) -> dict[str, Product]:
    """Return ResNet-18's forward products by layer, the first ``layers`` of them."""
    step = training_step(
        zoo_network("resnet18"), DENSE, load_design("ideal-32x32").sparsity, StepOptions(1, passes=("ff",))
    )
    products = [(item.layer, item.products[0]) for item in step.items if hasattr(item, "products")]
    return {layer: Product(each.m, each.n, each.k) for layer, each in products[:layers]}


def write_topology(path: Path, products: Mapping[str, Product]) -> None:
    """Write ``products`` as a SCALE-Sim GEMM topology."""
    lines = ["Layer, M, N, K,", *(f"{layer}, {each.m}, {each.n}, {each.k}," for layer, each in products.items())]
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


def run_scalesim(python: Path, product: Product, limit_s: float) -> Simulated | None:
    """Simulate one product in a process of its own; return None where it does not end in ``limit_s``."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "scale.cfg").write_text(CONFIG)
        write_topology(Path(folder) / "product.csv", {"product": product})
        try:
            run = subprocess.run(
                [python, "-c", DRIVER], cwd=folder, check=True, timeout=limit_s, stdout=subprocess.PIPE, text=True
            )
        except subprocess.TimeoutExpired:
            return None
    cpu_s, cycles = json.loads(run.stdout)
    return Simulated(cpu_s, cycles)


def run_heddle(products: Mapping[str, Product], repeats: int) -> tuple[float, StepResult]:
    """Return the mean CPU seconds of one estimate of the same products, and its result."""
    with tempfile.TemporaryDirectory() as folder:
        topology = Path(folder) / "products.csv"
        write_topology(topology, products)
        network = load_network(str(topology))
    design, board = load_design("ideal-32x32"), load_board("vcu1525")
    step = training_step(network, DENSE, design.sparsity, StepOptions(1, passes=("ff",)))
    result = estimate(step, design, board, "os")
    start = time.process_time()
    for _ in range(repeats):
        result = estimate(step, design, board, "os")
    return (time.process_time() - start) / repeats, result


def row(layer: str, cycles: float, simulated: Simulated | None, limit_s: float) -> str:
    """Return the layer's line of the table."""
    if simulated is None:
        return f"| {layer} | {cycles:,.0f} | not ended in {limit_s:.0f} s | |"
    return f"| {layer} | {cycles:,.0f} | {simulated.cycles:,} | {cycles / simulated.cycles:.4f} |"


def main() -> None:
    """Run both, print the cycles of every layer side by side as they come, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=21, help="how many of the 21 products (default: all)")
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--limit-s", type=float, default=300, help="seconds that a product may take (default: 300)")
    arguments = parser.parse_args()
    products, python = forward_products(arguments.layers), ensure_environment()
    _, whole = run_heddle(products, 1)
    simulated: dict[Product, Simulated | None] = {}
    print("| layer | Heddle | SCALE-Sim | ratio |\n|---|---|---|---|")
    for product, item in zip(products.values(), whole.passes, strict=True):
        if product not in simulated:
            simulated[product] = run_scalesim(python, product, arguments.limit_s)
        print(row(item.layer, item.cycles, simulated[product], arguments.limit_s), flush=True)
    ended = {layer: run for layer, product in products.items() if (run := simulated[product])}
    if not ended:
        sys.exit("no product ended; --limit-s gives more time")
    ours_s, result = run_heddle({layer: products[layer] for layer in ended}, arguments.repeats)
    theirs_s = sum(run.cpu_s for run in ended.values())
    record = {
        "benchmark": "scalesim",
        "layers": len(ended),
        "heddle_cpu_s": ours_s,
        "scalesim_cpu_s": theirs_s,
        "times_faster": theirs_s / ours_s,
        "heddle_cycles": result.cycles,
        "scalesim_cycles": sum(run.cycles for run in ended.values()),
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main()
