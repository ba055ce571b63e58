"""``python -m benchmarks.calibration.measure [--set fit|held-out] [--kind KIND]``: synthesise calibration's designs.

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
from collections.abc import Collection, Iterator, Mapping
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
from heddle.synth.yosys.run import own_cells, plain_name

BOARD = "vcu1525"


def main() -> None:
    """Synthesise the sets that are named, all by default; of one kind of block where it is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=(FIT, HELD_OUT), help="which designs (default: both)")
    parser.add_argument("--kind", choices=KINDS, help="only the lines of these blocks; the others stay as they are")
    chosen = parser.parse_args()
    for which in (FIT, HELD_OUT) if chosen.set is None else (chosen.set,):
        kinds = (chosen.kind,) if chosen.kind else _KINDS_OF[which]
        rows = [row for design in designs(which) for row in _rows(design, which, kinds)]
        if chosen.kind:
            rows = _renewed(which, {(str(row["design"]), str(row["kind"])): row for row in rows})
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        print(write_atomically(measured_path(which), text.getvalue().encode()))


def _renewed(which: str, measured: Mapping[tuple[str, str], dict[str, object]]) -> list[dict[str, object]]:
    """The stored lines of a set, those that were measured anew in their places."""
    with measured_path(which).open(newline="") as file:
        return [measured.get((row["design"], row["kind"]), dict(row)) for row in csv.DictReader(file)]


def _rows(design: Design, which: str, kinds: Collection[str]) -> Iterator[dict[str, object]]:
    """Yield a line for each of ``kinds``: of one block of a design to fit, of all blocks of one that only tests."""
    begun_s = time.monotonic()
    found = dict.fromkeys(KINDS, NOTHING)
    for part in parts(design, load_board(BOARD), "sgd"):
        every = {name: kind_of(part.name, plain_name(name)) for name in mapped_blocks(part.modules)}
        wanted = [name for name, kind in every.items() if kind in kinds]
        counts, lanes = part.modules.counts, part.count
        if which == FIT:
            lanes = 1
            if part.name == "array":
                # Of blocks that differ by what is read of them, the first is the one within the array.
                wanted = list({every[name]: name for name in reversed(wanted)}.values())
                counts = dict.fromkeys(wanted, 1)
        mapped = map_blocks(part.modules, 2, only=wanted)
        for name in wanted:
            found[every[name]] += _usage(part, mapped, name).times(counts[name] * lanes)
    yield from (_row(design, kind, found[kind]) for kind in KINDS if kind in kinds)
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
    return next((kind for mark, kind in _MARKS.items() if mark in module), "core")


_MARKS = {"heddle_uspe": "pe", "heddle_line": "lines", "recoded_register": "recoders", "step_delay": "waits"}


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


_KINDS_OF = {FIT: ("pe", "recoders", "core", "sore", "wuve"), HELD_OUT: KINDS}


if __name__ == "__main__":
    main()
