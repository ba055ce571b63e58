"""``python -m benchmarks.calibration.machine_measure [--set fit|held-out]``: map the blocks around the array.

Load and store unit, fetch, control, feeders and buffers of each machine are mapped by yosys, as ``heddle synth --top
accelerator`` does it, and written a line for each kind of block; of some designs the left feeder alone. Blocks that are
one in the whole machine (the read engine of the load unit and that of fetch) are mapped once. What was mapped before
comes from the cache of ``heddle synth``. An hour or so on two cores.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict

from amaranth.lib import wiring

from benchmarks.calibration.designs import FIT, HELD_OUT
from benchmarks.calibration.machine_blocks import blocks
from benchmarks.calibration.machine_designs import feeders, machines
from benchmarks.calibration.measure import BOARD
from benchmarks.feeder_area import feeder
from heddle.arch.boards import load_board
from heddle.arch.calibration.machine import MACHINE_COLUMNS, machine_path
from heddle.arch.design import Design
from heddle.arch.run_dir import write_atomically
from heddle.hls.emit import Block
from heddle.hls.generate import accelerator_blocks
from heddle.hls.system.shape import MachineShape
from heddle.synth.result import NOTHING, Usage
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.jobs import mapped_blocks
from heddle.synth.yosys.lines import cut_lines
from heddle.synth.yosys.mapping import map_blocks
from heddle.synth.yosys.plan import hierarchy_of, parts_within, texts_of
from heddle.synth.yosys.run import joined, own_cells, plain_name
from heddle.synth.yosys.sources import Hierarchy, counted, hierarchy

_ROOT = "heddle_blocks_of_a_machine"
#: Of a fitted machine with a port of so many bits only the units that depend on the port are mapped: the others are
#: known from machines that take less time.
_WIDE_PORT_BITS, _BY_PORT = 512, ("group_buffer", "load_unit", "store_unit", "fetch")
#: Machines that are emitted whole: what stands between the parts depends neither on the array nor on the port.
_EMITTED_WHOLE = ("machine-fit-6", "tiny")
#: Blocks within a unit that have a line of their own, by what their module's name has; the rest is the unit's.
_WITHIN = {
    "read_engine": "read_engine",
    "coalescer": "coalescer",
    "place_walk": "place_walk",
    "left_gearbox": "left_gearbox",
    "right_gearbox_2": "indices_gearbox",
    "right_gearbox": "values_gearbox",
    "index_counter": "index_counter",
    "narrower": "narrower",
}
#: Blocks of the left feeder; the rest is that of its words.
_WITHIN_FEEDER = {
    "left_order": "left_walk",
    "multiply_add": "left_walk",
    "left_address": "left_walk",
    "reader": "left_reader",
    "recoder": "left_recoders",
    "left_rows": "left_walk",
    "left_row": "left_row",
}
#: What stands in several units is counted in the first of them only.
_ELSEWHERE = {
    ("fetch", "read_engine"),
    ("store_unit", "coalescer"),
    ("store_unit", "place_walk"),
}


def main() -> None:
    """Map the sets that are named, both by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=(FIT, HELD_OUT), help="which machines (default: both)")
    chosen = parser.parse_args().set
    for which in (FIT, HELD_OUT) if chosen is None else (chosen,):
        text = io.StringIO()
        writer = csv.DictWriter(text, MACHINE_COLUMNS, lineterminator="\n")
        writer.writeheader()
        for design in machines(which):
            is_wide = which == FIT and design.memory.axi_bits >= _WIDE_PORT_BITS
            writer.writerows(rows(design, _BY_PORT if is_wide else None))
            writer.writerows(feeder_rows(design))
        for design in feeders(which):
            writer.writerows(feeder_rows(design))
        print(write_atomically(machine_path(which), text.getvalue().encode()))


def rows(design: Design, only: Collection[str] | None = None) -> Iterator[dict[str, object]]:
    """Yield a line for each kind of block of ``design`` but its left feeder; of ``only`` these units, or of all."""
    begun_s = time.monotonic()
    made = blocks(design, load_board(BOARD))
    units = _units({name: make for name, make in made.items() if only is None or name in only})
    mapped = map_blocks(units, 1)
    for unit in units.modules[_ROOT].children:
        found: dict[str, Usage] = {}
        below = counted(unit, units.modules)
        for name in mapped_blocks(units):
            if below.counts[name]:
                usage = usage_of(own_cells(mapped[name], units), plain_name(name))
                kind = _kind_of(unit, name)
                found[kind] = found.get(kind, NOTHING) + usage.times(below.counts[name])
        for kind, usage in found.items():
            if (unit, kind) not in _ELSEWHERE:
                yield {**parameters(design), "kind": kind, **asdict(usage)}
    if design.name in _EMITTED_WHOLE:
        yield {**parameters(design), "kind": "accelerator", **asdict(_between(design))}
    print(f"{design.name}: {time.monotonic() - begun_s:.0f} s", file=sys.stderr, flush=True)


def feeder_rows(design: Design) -> Iterator[dict[str, object]]:
    """Yield a line for each kind of block of the left feeder of ``design``, whose parts keep their boundaries."""
    begun_s = time.monotonic()
    modules = feeder(design)
    found: dict[str, Usage] = {}
    for name, mapped in map_blocks(modules, 1).items():
        usage = usage_of(own_cells(mapped, modules), plain_name(name)).times(modules.counts[name])
        kind = next((kind for mark, kind in _WITHIN_FEEDER.items() if mark in name), "left_words")
        found[kind] = found.get(kind, NOTHING) + usage
    for kind, usage in found.items():
        yield {**parameters(design), "kind": kind, **asdict(usage)}
    print(f"{design.name}, left feeder: {time.monotonic() - begun_s:.0f} s", file=sys.stderr, flush=True)


def _between(design: Design) -> Usage:
    """What stands between the parts of a machine, which is emitted whole for that."""
    parts = list(parts_within(hierarchy_of(*accelerator_blocks(design, load_board(BOARD)))))
    machine, counts = joined(parts), parts[-1].modules.counts
    wanted = [name for name in mapped_blocks(machine) if counts.get(name)]
    mapped = map_blocks(machine, 1, only=wanted)
    usages = (usage_of(own_cells(mapped[name], machine), plain_name(name)).times(counts[name]) for name in wanted)
    return sum(usages, NOTHING)


def _units(units: Mapping[str, Callable[[], wiring.Component]]) -> Hierarchy:
    """All ``units`` below one root, so that a module of several is one."""
    texts = [text for name, make in units.items() for text in texts_of(Block(name, make))]
    # An instance without a pin would be none to the reader of Verilog.
    instances = "".join(f"  {name}  of_{name} (\n    .clk(clk)\n  );\n" for name in units)
    root = f"module {_ROOT}(clk);\n  input clk;\n  wire clk;\n{instances}endmodule\n"
    return cut_lines(hierarchy(_ROOT, [*texts, root]))


def _kind_of(unit: str, module: str) -> str:
    if plain_name(module) == unit:
        return unit
    return next((kind for mark, kind in _WITHIN.items() if mark in module), unit)


def parameters(design: Design) -> dict[str, object]:
    """Return what of ``design`` its blocks depend on."""
    array, buffers = design.array, design.buffers
    return {
        "design": design.name,
        "rows": array.rows,
        "cols": array.cols,
        "n": design.sparsity.n,
        "m": design.sparsity.m,
        "interleave": array.interleave,
        "dataflows": "+".join(array.dataflows),
        "interleave_axes": array.interleave_axes,
        "operand": design.numbers.operand,
        "activation_bytes": buffers.activation_bytes,
        "weight_bytes": buffers.weight_bytes,
        "output_bytes": buffers.output_bytes,
        "group_ports": buffers.group_ports,
        "port_bits": 8 * MachineShape(design).port.data_bytes,
    }


if __name__ == "__main__":
    main()
