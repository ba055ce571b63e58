"""A design synthesised: each distinct block once, multiplied up the hierarchy."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.dataflow.choices import Optimizer
from heddle.hls.names import Top
from heddle.synth.result import ModuleUsage, Stage, Synthesis
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.fan_out import largest_of_the_array
from heddle.synth.yosys.mapping import WITH_DSP_ARCS, MappedBlock, Progress, map_blocks
from heddle.synth.yosys.path_delay import WorstPath
from heddle.synth.yosys.plan import NOT_SYNTHESISED, Part, parts_of
from heddle.synth.yosys.sources import Hierarchy, VerilogModule, counted, whole_name
from heddle.synth.yosys.tool import find_yosys, yosys_version

#: Above the parts' own tops, so that one pass maps the blocks of all of them.
_ROOT = "heddle_design"
_DSP_SLICE = "DSP48E2"


def synthesise(
    design: Design,
    board: Board | None = None,
    optimizer: Optimizer = "sgd",
    workers: int = 2,
    progress: Progress | None = None,
    top: Top = "array",
) -> Synthesis:
    """Return ``design`` synthesised by yosys for UltraScale+: array, SORE, WUVE for ``optimizer``, buffers.

    With ``top`` accelerator, the whole machine, and the lanes beside it. ``board`` is the design's own where none is
    given. ``workers`` runs of yosys go side by side, a block each; their number changes no count. Blocks with DSP
    slices are mapped once more, for the family that has timing arcs of them. ``progress`` is told the blocks done and
    all of them. Raises HeddleError for a design that is no hardware, and when yosys is missing or fails.

    >>> heddle.synth(design).frame().groupby("part")["lut"].sum()  # doctest: +SKIP
    """
    begun_s = time.monotonic()
    board = board or load_board(design.board)
    find_yosys()
    whole = list(parts_of(top, design, board, optimizer))
    every = joined(whole)
    mapped = map_blocks(every, workers, progress)
    modules = tuple(usage for part in whole for usage in _module_usages(part, mapped))
    return Synthesis(
        tool=f"yosys {yosys_version()} synth_xilinx -family xcup",
        design=design.name,
        board=board.name,
        modules=modules,
        stages=_stages(_worst_paths(every, mapped, workers, progress)),
        fan_outs=largest_of_the_array(design),
        covers=tuple(dict.fromkeys(part.name for part in whole)),
        missing=NOT_SYNTHESISED[top],
        seconds=time.monotonic() - begun_s,
        top=top,
    )


def joined(whole: Sequence[Part]) -> Hierarchy:
    """Return all parts below one root that instantiates each top; equal modules of several parts have equal names."""
    modules: dict[str, VerilogModule] = {}
    for part in whole:
        modules.update(part.modules.modules)
    tops = tuple(dict.fromkeys(part.modules.top for part in whole))
    modules[_ROOT] = VerilogModule(_ROOT, f"module {_ROOT}();\nendmodule\n", tops)
    return counted(_ROOT, modules)


def _module_usages(part: Part, mapped: Mapping[str, MappedBlock]) -> list[ModuleUsage]:
    """The part's blocks, its top first; other blocks within a block are counted under their own names."""
    names = [name for name in reversed(tuple(part.modules.modules)) if name in mapped and part.modules.counts[name]]
    return [
        ModuleUsage(
            name=plain_name(name),
            part=part.name,
            count=part.count * part.modules.counts[name],
            each=usage_of(own_cells(mapped[name], part.modules), plain_name(name)),
        )
        for name in names
    ]


def own_cells(block: MappedBlock, modules: Hierarchy) -> dict[str, int]:
    """Return the cells of a block without the other blocks of ``modules`` that stand within it."""
    inner = {plain_name(name) for name in modules.modules}
    return {cell: count for cell, count in block.cells.items() if plain_name(cell) not in inner}


def _worst_paths(
    design: Hierarchy, mapped: Mapping[str, MappedBlock], workers: int, progress: Progress | None
) -> dict[str, WorstPath]:
    """The worst path of each block; of one with DSP slices that for the family with arcs of them where it is longer.

    A module without some of its outputs has no path that the whole module lacks: where that stands too, it is left out.
    """
    names = {plain_name(name) for name in mapped}
    whole = {
        name: block
        for name, block in mapped.items()
        if whole_name(name) == plain_name(name) or whole_name(name) not in names
    }
    with_slices = [name for name, block in whole.items() if block.cells.get(_DSP_SLICE)]

    def tell(done: int, of: int) -> None:
        if progress:
            progress(len(mapped) + done, len(mapped) + of)

    timed = map_blocks(design, workers, tell, only=with_slices, family=WITH_DSP_ARCS) if with_slices else {}
    paths = {name: [block.worst, timed[name].worst if name in timed else None] for name, block in whole.items()}
    known = {name: [path for path in found if path] for name, found in paths.items()}
    return {name: max(found, key=lambda path: path.delay_ns) for name, found in known.items() if found}


def _stages(worst: Mapping[str, WorstPath]) -> tuple[Stage, ...]:
    """The worst path of each block, the slowest first, against the slowest of all."""
    timed = sorted(worst.items(), key=lambda entry: (-entry[1].delay_ns, entry[0]))
    slowest_ns = timed[0][1].delay_ns if timed else 1.0
    return tuple(
        Stage(plain_name(name), path.start, path.end, path.delay_ns, path.delay_ns / slowest_ns) for name, path in timed
    )


def plain_name(module: str) -> str:
    """Return a module's name as a person writes it, without Verilog's escape."""
    return module.removeprefix("\\")
