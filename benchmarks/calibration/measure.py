"""``python -m benchmarks.calibration.measure [--set fit|held-out]``: synthesise the calibration's designs.

Every design is synthesised as ``heddle synth`` does it, and what each kind of block takes is written, a line each, to
``arch/calibration/SET.csv``. Blocks that were mapped before come from the cache of ``heddle synth``. About half an hour
on two cores for both sets.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import asdict

from arch.boards import load_board
from arch.calibration import COLUMNS, KINDS, measured_path
from arch.design import Design
from arch.run_dir import write_atomically
from benchmarks.calibration.designs import FIT, HELD_OUT, designs
from reports.synthesis.result import NOTHING, ModuleUsage
from reports.synthesis.run import synthesise

BOARD = "vcu1525"


def main() -> None:
    """Synthesise the sets that are named, all by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=(FIT, HELD_OUT), help="which designs (default: both)")
    chosen = parser.parse_args().set
    for which in (FIT, HELD_OUT) if chosen is None else (chosen,):
        rows = [row for design in designs(which) for row in _measured(design)]
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        print(write_atomically(measured_path(which), text.getvalue().encode()))


def _measured(design: Design) -> Iterator[dict[str, object]]:
    """One row for each kind of block of a synthesised design."""
    found = synthesise(design, load_board(BOARD))
    print(f"{design.name}: {found.total.lut:,} LUT, {found.seconds:.0f} s", file=sys.stderr, flush=True)
    for kind in KINDS:
        modules = [module for module in found.modules if kind_of(module) == kind]
        usage = sum((module.total for module in modules), NOTHING)
        yield {
            **_parameters(design),
            "kind": kind,
            **asdict(usage),
        }


def kind_of(module: ModuleUsage) -> str:
    """Return which of ``KINDS`` a module counts to."""
    if module.part != "array":
        return module.part
    if module.name.startswith("heddle_uspe"):
        return "pe"
    inner = module.name.rpartition(".")[2]
    return next((kind for mark, kind in _MARKS.items() if inner.startswith(mark)), "core")


_MARKS = {
    "heddle_line": "lines",
    "west_": "lines",
    "north_": "lines",
    "deskew": "lines",
    "recode": "recoders",
    "wait": "waits",
}


def _parameters(design: Design) -> dict[str, object]:
    array = design.array
    return {
        "design": design.name,
        "rows": array.rows,
        "cols": array.cols,
        "n": design.sparsity.n,
        "m": design.sparsity.m,
        "dataflows": "+".join(array.dataflows),
        "interleave": array.interleave,
        "adder_stages": array.adder_stages,
        "multiplier_stages": array.multiplier_stages,
        "operand": design.numbers.operand,
        "sore_lanes": design.lanes.sore,
        "wuve_lanes": design.lanes.wuve,
        "activation_bytes": design.buffers.activation_bytes,
        "weight_bytes": design.buffers.weight_bytes,
        "output_bytes": design.buffers.output_bytes,
    }


if __name__ == "__main__":
    main()
