"""Cost of ``heddle simulate`` on a SCALE-Sim topology of 10⁶ rows that have 200 shapes, in a process of its own.

Prints one JSON line: CPU seconds, wall seconds and the largest memory of the command that writes the run folder, and
how many times the CPU seconds of a process that only reads the file with Python's csv module they are. ``--rows`` and
``--shapes`` ask for others; as many shapes as rows is a topology in which no layer comes again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROWS, SHAPES = 1_000_000, 200
HEADER = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
READ = "import csv, sys\nfor row in csv.reader(open(sys.argv[1])): pass"


class Cost(NamedTuple):
    """What a process took; memory is its largest resident size."""

    cpu_s: float
    wall_s: float
    memory_mib: float


def shape_cells(count: int) -> list[str]:
    """The cells of ``count`` different square convolutions, behind their name."""
    draw, found = random.Random(0), dict[str, None]()
    while len(found) < count:
        size, kernel, stride = draw.randint(7, 224), draw.choice((1, 3, 5)), draw.choice((1, 1, 2))
        channels, filters = 8 * draw.randint(1, 128), 8 * draw.randint(1, 128)
        found[f"{size}, {size}, {kernel}, {kernel}, {channels}, {filters}, {stride},"] = None
    return list(found)


def lines(rows: int, shapes: int) -> Iterator[str]:
    yield HEADER
    cells, draw = shape_cells(shapes), random.Random(1)
    order = draw.choices(cells, k=rows) if shapes < rows else cells
    yield from (f"conv_{at}, {each}\n" for at, each in enumerate(order))


def cost_of(command: list[str]) -> Cost:
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - begun, used.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--shapes", type=int, default=SHAPES)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        topology, small = Path(folder) / "rows.csv", Path(folder) / "small.csv"
        small.write_text("".join(lines(2, 2)))
        with topology.open("w") as file:
            file.writelines(lines(given.rows, given.shapes))
        simulate = [sys.executable, "-m", "heddle.cli.main", "simulate", "--out", f"{folder}/run", "--workload"]
        cost_of([*simulate, str(small)])  # compiles the kernels where they are not cached
        run, read = cost_of([*simulate, str(topology)]), cost_of([sys.executable, "-c", READ, str(topology)])
    record = {
        "benchmark": "topology_rows",
        "rows": given.rows,
        "shapes": given.shapes,
        "simulate_cpu_s": round(run.cpu_s, 1),
        "simulate_wall_s": round(run.wall_s, 1),
        "simulate_memory_mib": round(run.memory_mib),
        "read_alone_cpu_s": round(read.cpu_s, 2),
        "ratio_to_read_alone": round(run.cpu_s / read.cpu_s, 1),
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main()
