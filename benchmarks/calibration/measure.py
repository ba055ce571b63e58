"""``python -m benchmarks.calibration.measure [--set fit|held-out]``: synthesise the calibration's designs.

The held-out designs are synthesised whole, as ``heddle synth`` does it, and written a line for each kind of block with
what all blocks of that kind take. Of the designs to fit, the blocks whose cost no closed form gives are synthesised: a
PE within the array, a recoder, the core without its grid and delay lines, a lane of SORE and of WUVE; their lines are
of one block. Blocks that were mapped before come from the cache of ``heddle synth``. About half an hour on two cores.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from benchmarks.calibration.designs import FIT, HELD_OUT, designs
from heddle.arch.boards import load_board
from heddle.arch.calibration import COLUMNS, KINDS, measured_path
from heddle.arch.design import Design
from heddle.arch.run_dir import write_atomically
from heddle.synth.result import NOTHING, Usage
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.jobs import mapped_blocks
from heddle.synth.yosys.mapping import MappedBlock, map_blocks
from heddle.synth.yosys.plan import Part, parts
from heddle.synth.yosys.run import own_cells, plain_name, synthesise

BOARD = "vcu1525"


def main() -> None:
    """Synthesise the sets that are named, all by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=(FIT, HELD_OUT), help="which designs (default: both)")
    chosen = parser.parse_args().set
    for which in (FIT, HELD_OUT) if chosen is None else (chosen,):
        rows = [row for design in designs(which) for row in _MEASURES[which](design)]
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        print(write_atomically(measured_path(which), text.getvalue().encode()))


def _whole(design: Design) -> Iterator[dict[str, object]]:
    """One row for each kind of block of a synthesised design: all blocks of that kind."""
    found = synthesise(design, load_board(BOARD))
    _say(design, found.seconds)
    for kind in KINDS:
        modules = [module for module in found.modules if kind_of(module.part, module.name) == kind]
        yield _row(design, kind, sum((module.total for module in modules), NOTHING))


def _blocks(design: Design) -> Iterator[dict[str, object]]:
    """One row for each kind of block that is fitted: one block of it."""
    begun_s = time.monotonic()
    for part in parts(design, load_board(BOARD), "sgd"):
        if part.name not in _FITTED_PARTS:
            continue
        names = {kind_of(part.name, plain_name(name)): name for name in reversed(mapped_blocks(part.modules))}
        wanted = [name for kind, name in names.items() if kind in _FITTED]
        if part.name != "array":
            wanted = list(mapped_blocks(part.modules))
        mapped = map_blocks(part.modules, 2, only=wanted)
        for kind in _FITTED:
            modules = [name for name in wanted if kind_of(part.name, plain_name(name)) == kind]
            if modules:
                counts = part.modules.counts if part.name != "array" else dict.fromkeys(modules, 1)
                yield _row(
                    design, kind, sum((_usage(part, mapped, name).times(counts[name]) for name in modules), NOTHING)
                )
    _say(design, time.monotonic() - begun_s)


def _say(design: Design, seconds: float) -> None:
    print(f"{design.name}: {seconds:.0f} s", file=sys.stderr, flush=True)


def _usage(part: Part, mapped: Mapping[str, MappedBlock], name: str) -> Usage:
    return usage_of(own_cells(mapped[name], part.modules), plain_name(name))


def _row(design: Design, kind: str, usage: Usage) -> dict[str, object]:
    return {**_parameters(design), "kind": kind, **asdict(usage)}


def kind_of(part: str, module: str) -> str:
    """Return which of ``KINDS`` a module counts to."""
    if part != "array":
        return part
    if module.startswith("heddle_uspe"):
        return "pe"
    inner = module.rpartition(".")[2]
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


_FITTED_PARTS = ("array", "sore", "wuve")
_FITTED = ("pe", "recoders", "core", "sore", "wuve")
_MEASURES = {FIT: _blocks, HELD_OUT: _whole}


if __name__ == "__main__":
    main()
