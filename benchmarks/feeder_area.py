"""``python -m benchmarks.feeder_area [PORTS ...]``: what the left feeder of ``sat-vcu1525`` takes, as a Markdown table.

A row for each number of groups that a read gives (``buffers.group_ports``; 1, 2, 4 and 16 by default). Blocks are
mapped once and multiplied up, as ``heddle synth`` does. Paths are relative, as ``benchmarks.yosys`` says.
"""

from __future__ import annotations

import argparse

from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.hls.emit import Block
from heddle.hls.feed.left_feeder import LeftFeeder
from heddle.hls.system.shape import MachineShape
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.mapping import map_blocks
from heddle.synth.yosys.plan import hierarchy_of
from heddle.synth.yosys.run import own_cells, plain_name
from heddle.synth.yosys.sources import Hierarchy

_BASE = "sat-vcu1525"
_PORTS = (1, 2, 4, 16)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ports", nargs="*", type=int, default=_PORTS)
    print("| groups of a read | LUT | of these as memory | FF | DSP | RAMB36 | worst path | of |")
    print("|---|---|---|---|---|---|---|---|")
    for ports in parser.parse_args().ports:
        print(row(str(ports), feeder(override(load_design(_BASE), {"buffers.group_ports": ports}))), flush=True)


def feeder(design: Design) -> Hierarchy:
    """The feeder's modules."""
    return hierarchy_of(Block("feeder", lambda: LeftFeeder(design, MachineShape(design).addresses.left)))


def row(name: str, modules: Hierarchy) -> str:
    """Map ``modules``, and return their row of the table."""
    mapped = map_blocks(modules, workers=1)
    used = [
        (modules.counts[block], usage_of(own_cells(found, modules), plain_name(block)))
        for block, found in mapped.items()
    ]
    fields = ("lut", "lut_as_memory", "ff", "dsp", "bram36")
    sums = [sum(count * getattr(usage, field) for count, usage in used) for field in fields]
    paths = [(found.worst.delay_ns, plain_name(block)) for block, found in mapped.items() if found.worst]
    delay_ns, block = max(paths)
    return f"| {name} | {' | '.join(f'{value:,g}' for value in sums)} | {delay_ns:.2f} ns | `{block}` |"


if __name__ == "__main__":
    main()
