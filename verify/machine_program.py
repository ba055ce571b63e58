"""A compiled program on the whole machine in RTL: ``python -m heddle.verify.machine_program DIR``.

``DIR`` is what ``heddle compile --out DIR`` wrote, its memory image included. The RTL of the design that it was
compiled for carries the program out, and so does the instruction-set simulator; every byte of memory must be the same.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.json_file import read_json
from heddle.arch.program_file import read_program
from heddle.arch.toml_file import check_model
from heddle.dataflow.program.memory_image import Image
from heddle.hls.control.instruction import Stop
from heddle.sim.program.execute import execute
from heddle.verify.machine import Machine, MemoryTiming

_MAP, _PROGRAM, _IMAGE = "memory.json", "program.bin", "memory.bin"
#: A long step of a small design; at some 60,000 clocks a second this is a day.
_MOST_CLOCKS = 5_000_000_000


def compiled_design(folder: Path) -> Design:
    """Return the design that the program in ``folder`` was compiled for. Raises HeddleError where there is none."""
    document = read_json(folder / _MAP)
    if "design" not in document:
        raise HeddleError(f"{folder / _MAP}: names no design; write the folder with heddle compile --out")
    return check_model(Design, document["design"], f"{folder / _MAP}: design")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program that ``arguments`` name; return the exit status."""
    chosen = _parser().parse_args(arguments)
    timing = MemoryTiming(latency_clocks=chosen.latency, beat_clocks=chosen.beat_clocks)
    try:
        design = compiled_design(chosen.folder)
        program, image = _read(chosen.folder / _PROGRAM), _image(chosen.folder / _IMAGE)
        instructions = read_program(program, design, str(chosen.folder / _PROGRAM))
        run = Machine(design).run(program, image, timing, _MOST_CLOCKS)
        execute(instructions, image, design)
    except HeddleError as error:
        print(error, file=sys.stderr)
        return 2
    facts = f"{chosen.folder}: {len(instructions):,} instructions on {design.name}, {run.cycles:,} clocks"
    if run.stop != Stop.NONE:
        print(f"{facts}, STOPPED by {run.stop.name} at instruction {run.stop_number}")
        return 1
    wrong = int((run.image != image).sum())
    print(f"{facts}, {f'{wrong:,} bytes WRONG' if wrong else f'all {len(image):,} bytes of memory equal'}")
    return 1 if wrong else 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HeddleError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None


def _image(path: Path) -> Image:
    if not path.exists():
        raise HeddleError(f"{path}: no such file; write it with heddle compile --image --out {path.parent}")
    return np.frombuffer(_read(path), np.uint8).copy()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m heddle.verify.machine_program", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="what heddle compile --out wrote")
    parser.add_argument("--latency", type=int, default=40, help="clocks of memory from a request to its first beat")
    parser.add_argument("--beat-clocks", type=int, default=1, help="clocks that memory takes for a beat")
    return parser


if __name__ == "__main__":
    sys.exit(main())
