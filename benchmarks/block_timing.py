"""``python -m benchmarks.block_timing [--only KIND ...]``: time each block by itself.

Maps every block that a design's clock can hang on (``benchmarks.timed_blocks``) with yosys for the family whose DSP
slices have timing arcs (``synth_xilinx -family xc7``; buffers for UltraScale+, as they have UltraRAM), runs ``sta``,
and writes ``arch/calibration/pe-timing.csv`` and ``block-timing.csv``. ``--only`` leaves the other kinds as they are.
Blocks that were mapped before come from the cache of ``heddle synth``, so that a stopped run goes on.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, fields
from pathlib import Path

from benchmarks.timed_blocks import KINDS, Kind, TimedBlock, blocks, other_blocks, pe_kinds
from heddle.arch.calibration.block_timing import (
    BlockKind,
    LongestPath,
    PeKind,
    block_timing,
    block_timing_path,
    pe_timing,
    pe_timing_path,
)
from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import write_atomically
from heddle.synth.yosys.mapping import map_blocks


def main() -> None:
    """Measure the kinds that are named, all by default; each table is written anew with every block that is timed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=KINDS, help="which kinds of block (default: all)")
    parser.add_argument("--workers", type=int, default=2, help="runs of yosys at a time (default: 2)")
    options = parser.parse_args()
    wanted = [block for block in blocks() if block.kind.block in options.only]
    forget(options.only)
    with ThreadPoolExecutor(options.workers) as pool:
        for run in as_completed([pool.submit(timed, block) for block in wanted]):
            store(*run.result())


def timed(block: TimedBlock) -> tuple[Kind, LongestPath]:
    """Return a block with its longest path."""
    return block.kind, longest_path(block)


def forget(kinds: Collection[str]) -> None:
    """Take the blocks of ``kinds`` out of their tables, so that a stopped run leaves none of an older RTL."""
    if PeKind.block in kinds:
        _write_pes({})
    _write_others({kind: path for kind, path in block_timing().items() if kind.block not in kinds})


def store(kind: Kind, path: LongestPath) -> None:
    """Put a block into its table."""
    if isinstance(kind, PeKind):
        _write_pes({**pe_timing(), kind: path})
    else:
        _write_others({**block_timing(), kind: path})


def _write_pes(found: Mapping[PeKind, LongestPath]) -> None:
    write_table(pe_timing_path(), PeKind, {kind: found[kind] for kind in pe_kinds() if kind in found})
    pe_timing.cache_clear()


def _write_others(found: Mapping[BlockKind, LongestPath]) -> None:
    order = [block.kind for block in other_blocks() if isinstance(block.kind, BlockKind)]
    write_table(block_timing_path(), BlockKind, {kind: found[kind] for kind in order if kind in found})
    block_timing.cache_clear()


def longest_path(block: TimedBlock) -> LongestPath:
    """Return the longest path of a block, of all modules that it is made of."""
    modules = block.modules()
    mapped = map_blocks(
        modules, 1, only=block.names(modules), family=block.family, boundaries=block.boundaries(modules)
    )
    worst = max((each.worst for each in mapped.values() if each.worst), key=lambda path: path.delay_ns, default=None)
    if worst is None:
        raise HeddleError(f"{block.kind}: yosys finds no timed path")
    print(f"{worst.delay_ns:.3f} ns  {block.kind}", file=sys.stderr, flush=True)
    return LongestPath(worst.delay_ns, worst.start, worst.end)


def write_table(path: Path, kind: type[Kind], found: Mapping[Kind, LongestPath]) -> None:
    """Write a table of blocks of one ``kind``, a line each."""
    text = io.StringIO()
    columns = [field.name for field in (*fields(kind), *fields(LongestPath))]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**asdict(block), **asdict(longest)} for block, longest in found.items())
    write_atomically(path, text.getvalue().encode())


if __name__ == "__main__":
    main()
