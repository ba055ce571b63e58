"""All files of a generated design: the Verilog of its blocks, what a simulator needs, and the manifest beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.hls.description import ModuleDescription
from heddle.hls.emit import Block, emit_rtl
from heddle.hls.generate import array_blocks, buffer_block, check_generable, double_buffers, lane_blocks, slice_blocks
from heddle.hls.manifest import manifest
from heddle.hls.memory.buffer_shape import SLICE_LATENCY

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class GeneratedDesign:
    """A design as RTL: the name of its top module, and the text of every file by name, the manifest among them."""

    top: str
    files: Mapping[str, str]


def generated_design(design: Design, board: Board, buffer_latency: int = SLICE_LATENCY) -> GeneratedDesign:
    """Return array core, lanes and buffers of ``design`` as files; raises HeddleError for a design that is no hardware.

    ``buffer_latency`` is at least 2: clocks from a buffer's address to its word. The same arguments give the same text.
    """
    check_generable(design)
    core, element = array_blocks(design)
    tops: list[tuple[Block, list[Block]]] = [(core, [element])]
    tops += [(lane, []) for lane in lane_blocks(design)]
    buffers = double_buffers(design, board, buffer_latency)
    tops += [(buffer_block(part, buffer), slice_blocks(buffer)) for part, buffer in buffers.items()]
    files: dict[str, str] = {}
    modules: dict[str, ModuleDescription] = {}  # by name: two buffers may instantiate the same slice
    for top, repeated in tops:
        rtl = emit_rtl(top, repeated)
        files |= rtl.files
        modules |= {module.name: module for module in rtl.modules}
    document = manifest(design, modules.values(), core.name, files).text()
    return GeneratedDesign(core.name, {**dict(sorted(files.items())), MANIFEST_NAME: document})
