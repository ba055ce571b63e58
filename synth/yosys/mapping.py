"""Blocks mapped to cells, each once: from the cache, or by yosys in two runs side by side."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import cache_home, sha256_of_text, write_atomically
from heddle.synth.yosys.jobs import WRAPPER, Job, block_names, block_text, jobs, mapped_blocks
from heddle.synth.yosys.path_delay import WorstPath, worst_paths
from heddle.synth.yosys.sources import Hierarchy
from heddle.synth.yosys.tool import run_yosys, yosys_version

Progress = Callable[[int, int], None]

#: An assertion's message is a cell of its own and would keep the assertion's logic alive.
_SCRIPT = (
    f"read_verilog -sv {{name}}.v; hierarchy -top {WRAPPER}; proc; chformal -remove; delete t:$print; "
    f"synth_xilinx -family xcup -flatten -noiopad -noclkbuf -top {WRAPPER}; "
    "tee -q -o {name}.json stat -tech xilinx -json; write_verilog {name}.net.v"
)
_FORMAT = 1
# What reading an entry of the cache raises where it is missing or damaged.
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class MappedBlock:
    """Cells of a block by type, other blocks within it among them by name, and its worst path where it has one."""

    cells: Mapping[str, int]
    worst: WorstPath | None


def map_blocks(
    design: Hierarchy, workers: int, progress: Progress | None = None, only: Collection[str] | None = None
) -> dict[str, MappedBlock]:
    """Return every block of ``design`` that has cells of its own, mapped; those of them in ``only`` where it is given.

    ``progress`` is told the blocks done and all of them. Raises HeddleError when yosys is missing or fails; the log
    that the message names is kept.
    """
    blocks = block_names(design)
    chosen = [name for name in mapped_blocks(design) if only is None or name in only]
    keys = {name: _key(block_text(design, name, blocks)) for name in chosen}
    found = {name: block for name, key in keys.items() if (block := _cached(key)) is not None}
    wanted = [name for name in keys if name not in found]
    if progress:
        progress(len(found), len(keys))
    folder = Path(tempfile.mkdtemp(prefix="heddle-synthesis-"))
    with ThreadPoolExecutor(workers) as pool:
        runs = [
            pool.submit(_map, job, folder, f"run{index}") for index, job in enumerate(jobs(design, wanted, workers))
        ]
        for run in as_completed(runs):
            for name, block in run.result().items():
                found[name] = block
                _keep(keys[name], block)
            if progress:
                progress(len(found), len(keys))
    # Reached without an error only: after one, the logs that its message names are still wanted.
    shutil.rmtree(folder, ignore_errors=True)
    return {name: found[name] for name in keys}


def map_flat(text: str, top: str, folder: Path) -> MappedBlock:
    """Return all of a Verilog ``text`` below ``top`` mapped as one block, without the cache: for a check."""
    job = Job(f"{text}\nmodule {WRAPPER};\n  (* keep, keep_hierarchy *) {top}  block0 ();\nendmodule\n", (top,))
    return _map(job, folder, "flat")[top]


def _map(job: Job, folder: Path, name: str) -> dict[str, MappedBlock]:
    (folder / f"{name}.v").write_text(job.text)
    run_yosys(_SCRIPT.format(name=name), folder, f"{name}.log", [f"{name}.json", f"{name}.net.v"])
    cells = _cells(folder / f"{name}.json")
    paths = worst_paths(folder, f"{name}.net.v")
    missing = [block for block in job.blocks if block.removeprefix("\\") not in cells]
    if missing:
        raise HeddleError(f"yosys lost module {missing[0]} (log: {folder / f'{name}.log'})")
    return {
        block: MappedBlock(cells[block.removeprefix("\\")], paths.get(block.removeprefix("\\"))) for block in job.blocks
    }


def _cells(path: Path) -> dict[str, dict[str, int]]:
    """Cells by type of each module that yosys' statistics name."""
    modules = json.loads(path.read_text())["modules"]
    return {name.removeprefix("\\"): dict(entry["num_cells_by_type"]) for name, entry in modules.items()}


@cache
def _tool() -> str:
    return f"{_FORMAT} {yosys_version()} {_SCRIPT}"


def _key(text: str) -> str:
    return sha256_of_text(f"{_tool()}\n{text}")


def _path(key: str) -> Path:
    """Where a block's result is kept."""
    return cache_home() / "heddle" / "synthesis" / f"{key}.json"


def _cached(key: str) -> MappedBlock | None:
    """A block that was mapped before; None where there is none, or a damaged one, which is then mapped anew."""
    try:
        return _block(json.loads(_path(key).read_text()))
    except _UNREADABLE:
        return None


def _block(entry: dict[str, Any]) -> MappedBlock:
    """Return the block of a document of the cache; raises one of ``_UNREADABLE`` for another document."""
    worst = entry["worst"]
    path = None if worst is None else WorstPath(float(worst["delay_ns"]), _text(worst["start"]), _text(worst["end"]))
    return MappedBlock({cell: _number(count) for cell, count in entry["cells"].items()}, path)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _keep(key: str, block: MappedBlock) -> None:
    path = _path(key)
    entry = {"cells": dict(block.cells), "worst": asdict(block.worst) if block.worst else None}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(entry).encode())
    except (OSError, HeddleError):
        return  # no folder that takes files costs the next run its time, not this one its result
