"""Blocks mapped to cells, each once: from the cache, or by yosys in two runs side by side."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from arch.errors import HeddleError
from arch.run_dir import cache_home, sha256_of_text, write_atomically
from reports.synthesis.jobs import WRAPPER, Job, block_names, block_text, jobs, mapped_blocks
from reports.synthesis.sources import Hierarchy
from reports.synthesis.timing import WorstPath, worst_paths
from reports.synthesis.yosys import run_yosys, yosys_version

Progress = Callable[[int, int], None]

#: An assertion's message is a cell of its own and would keep the assertion's logic alive.
_SCRIPT = (
    f"read_verilog -sv {{name}}.v; hierarchy -top {WRAPPER}; proc; chformal -remove; delete t:$print; "
    f"synth_xilinx -family xcup -flatten -noiopad -noclkbuf -top {WRAPPER}; "
    "tee -q -o {name}.json stat -tech xilinx -json; write_verilog {name}.net.v"
)
_FORMAT = 1


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
    found = {name: block for name, key in keys.items() if (block := _cached(key))}
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


def _path(key: str) -> Path | None:
    """Where a block's result is kept; None where no folder takes files."""
    folder = cache_home() / "heddle" / "synthesis"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder / f"{key}.json" if os.access(folder, os.W_OK) else None


def _cached(key: str) -> MappedBlock | None:
    path = _path(key)
    if path is None or not path.is_file():
        return None
    try:
        entry = json.loads(path.read_text())
        return MappedBlock(entry["cells"], WorstPath(**entry["worst"]) if entry["worst"] else None)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # damaged: mapped anew, and then replaced


def _keep(key: str, block: MappedBlock) -> None:
    path = _path(key)
    if path is None:
        return
    entry = {"cells": dict(block.cells), "worst": asdict(block.worst) if block.worst else None}
    try:
        write_atomically(path, json.dumps(entry).encode())
    except HeddleError:
        return  # a full disk costs the next run its time, not this one its result
