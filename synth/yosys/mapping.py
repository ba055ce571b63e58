"""Blocks mapped to cells, each once: from the cache, or by a run of yosys for each, several side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from heddle.arch.errors import HeddleError
from heddle.arch.scratch_folder import scratch_folder
from heddle.synth.yosys.cache import cached, keep, key_of, number_of, text_of
from heddle.synth.yosys.jobs import WRAPPER, Job, block_names, job_of, mapped_blocks
from heddle.synth.yosys.path_delay import WorstPath, worst_paths
from heddle.synth.yosys.slices import with_timed_slices
from heddle.synth.yosys.sources import Hierarchy
from heddle.synth.yosys.tool import run_yosys, yosys_version

Progress = Callable[[int, int], None]

#: Families of devices that blocks are mapped for: that of the boards, and the one whose DSP slices have timing arcs.
Family = Literal["xcup", "xc7"]
OF_THE_BOARDS: Family = "xcup"
WITH_DSP_ARCS: Family = "xc7"

#: An assertion's message is a cell of its own and would keep the assertion's logic alive.
_SCRIPT = (
    f"read_verilog -sv {{name}}.v; hierarchy -top {WRAPPER}; proc; chformal -remove; delete t:$print; "
    f"synth_xilinx -family {{family}} -flatten -noiopad -noclkbuf -top {WRAPPER}; "
    "tee -q -o {name}.json stat -tech xilinx -json; write_verilog {name}.net.v"
)
_FORMAT = 2


@dataclass(frozen=True)
class MappedBlock:
    """Cells of a block by type, other blocks within it among them by name, and its worst path where it has one."""

    cells: Mapping[str, int]
    worst: WorstPath | None


def map_blocks(
    design: Hierarchy,
    workers: int,
    progress: Progress | None = None,
    only: Collection[str] | None = None,
    family: Family = OF_THE_BOARDS,
    boundaries: Collection[str] | None = None,
) -> dict[str, MappedBlock]:
    """Return every block of ``design`` that has cells of its own, mapped; those of them in ``only`` where it is given.

    ``boundaries`` are the modules that are blocks, those of ``block_names`` by default; all others are flattened into
    them.

    ``family`` is what they are mapped for. Cells of another than the boards' are no count of a board's; its paths have
    arcs through DSP slices.

    ``workers`` runs of yosys go side by side, and each has one block, which is kept as soon as it is mapped.
    ``progress`` is told the blocks done and all of them. Raises HeddleError when yosys is missing or fails; the log
    that the message names is kept.
    """
    blocks = block_names(design) if boundaries is None else boundaries
    chosen = [name for name in mapped_blocks(design, blocks) if only is None or name in only]
    made = {name: job_of(design, name, blocks) for name in chosen}
    found = {job.text: block for job in made.values() if (block := cached(_key(job.text, family), _block)) is not None}
    wanted = sorted({job.text: job for job in made.values() if job.text not in found}.values(), key=_heaviest_first)

    def tell() -> None:
        if progress:
            progress(sum(job.text in found for job in made.values()), len(made))

    tell()
    with scratch_folder("synthesis") as folder, _cancelled_on_error(workers) as pool:
        runs = {pool.submit(_map_and_keep, job, family, folder, f"run{index}"): job for index, job in enumerate(wanted)}
        for run in as_completed(runs):
            found[runs[run].text] = run.result()
            tell()
    return {name: _with_own_names(found[job.text], job) for name, job in made.items()}


def _heaviest_first(job: Job) -> tuple[int, str]:
    return -job.weight, job.text


@contextmanager
def _cancelled_on_error(workers: int) -> Iterator[ThreadPoolExecutor]:
    """A pool that begins nothing more after an error or Ctrl-C."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _map_and_keep(job: Job, family: Family, folder: Path, name: str) -> MappedBlock:
    block = _map(job, family, folder, name)
    keep(_key(job.text, family), _entry(block))
    return block


def _with_own_names(block: MappedBlock, job: Job) -> MappedBlock:
    """``block`` with the blocks within it under their own names."""
    return replace(block, cells={job.below.get(cell, cell): count for cell, count in block.cells.items()})


def map_flat(text: str, top: str, folder: Path) -> MappedBlock:
    """Return all of a Verilog ``text`` below ``top`` mapped as one block, without the cache: for a check."""
    job = Job(f"{text}\nmodule {WRAPPER};\n  (* keep, keep_hierarchy *) {top}  block0 ();\nendmodule\n", top, {})
    return _map(job, OF_THE_BOARDS, folder, "flat")


def _map(job: Job, family: Family, folder: Path, name: str) -> MappedBlock:
    (folder / f"{name}.v").write_text(with_timed_slices(job.text) if family == WITH_DSP_ARCS else job.text)
    run_yosys(_SCRIPT.format(name=name, family=family), folder, f"{name}.log", [f"{name}.json", f"{name}.net.v"])
    cells, block = _cells(folder / f"{name}.json"), job.block.removeprefix("\\")
    if block not in cells:
        raise HeddleError(f"yosys lost module {job.block} (log: {folder / f'{name}.log'})")
    return MappedBlock(cells[block], worst_paths(folder, f"{name}.net.v").get(block))


def _cells(path: Path) -> dict[str, dict[str, int]]:
    """Cells by type of each module that yosys' statistics name."""
    modules = json.loads(path.read_text())["modules"]
    return {name.removeprefix("\\"): dict(entry["num_cells_by_type"]) for name, entry in modules.items()}


@cache
def _tool(family: Family) -> str:
    return f"{_FORMAT} {yosys_version()} {_SCRIPT.replace('{family}', family)}"


def _key(text: str, family: Family) -> str:
    return key_of(_tool(family), text)


def _block(entry: dict[str, Any]) -> MappedBlock:
    """Return the block of a document of the cache; raises as any damaged one for another document."""
    worst = entry["worst"]
    path = (
        None if worst is None else WorstPath(float(worst["delay_ns"]), text_of(worst["start"]), text_of(worst["end"]))
    )
    return MappedBlock({cell: number_of(count) for cell, count in entry["cells"].items()}, path)


def _entry(block: MappedBlock) -> dict[str, Any]:
    return {"cells": dict(block.cells), "worst": asdict(block.worst) if block.worst else None}
