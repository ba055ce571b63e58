"""``python -m benchmarks.memory_area``: what the way to memory takes, block by block, as a Markdown table.

The machine's port: 512 bits, 8 bursts outstanding. Engines count what is in them; the blocks below them are these.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from amaranth.lib import wiring

from benchmarks.yosys import Netlist, synthesise
from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.coalescer import Coalescer
from heddle.hls.axi.packer import Packer
from heddle.hls.axi.place_walk import PlaceWalk
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.requester import Requester
from heddle.hls.axi.spreader import Spreader
from heddle.hls.axi.write_engine import WriteEngine

_PORT = AxiShape()
_BURSTS = 8
BLOCKS: Mapping[str, Callable[[], wiring.Component]] = {
    "walk over places": PlaceWalk,
    "coalescer": lambda: Coalescer(_PORT),
    "requester": lambda: Requester(_PORT, _BURSTS),
    "packer": lambda: Packer(_PORT),
    "spreader": lambda: Spreader(_PORT),
    "read engine": lambda: ReadEngine(_PORT, _BURSTS),
    "write engine": lambda: WriteEngine(_PORT, _BURSTS),
}


def _row(name: str, netlist: Netlist) -> str:
    area, path = netlist.area, netlist.worst_path()
    counts = " | ".join(f"{count:,}" for count in (area.lut, area.lut_memory, area.ff))
    return f"| {name} | {counts} | {area.bram36:g} | {path.arrival_ps / 1000:.2f} ns | {path.start or 'an input'} |"


def main() -> None:
    """Print the table."""
    print("| | LUT | LUT as memory | FF | RAMB36 | worst path | from |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, make) in enumerate(BLOCKS.items()):
            print(_row(name, synthesise(make(), f"block{number}", Path(folder))), flush=True)


if __name__ == "__main__":
    main()
