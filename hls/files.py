"""All files of a generated design: the Verilog of its blocks, what a simulator needs, and the manifest beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.hls.description import ModuleDescription
from heddle.hls.emit import Block, emit_rtl
from heddle.hls.generate import (
    accelerator_blocks,
    accelerator_fault,
    array_blocks,
    buffer_block,
    check_generable,
    double_buffers,
    lane_blocks,
    slice_blocks,
)
from heddle.hls.manifest import manifest
from heddle.hls.memory.buffer_shape import SLICE_LATENCY
from heddle.hls.names import ACCELERATOR_MODULE
from heddle.hls.register_header import REGISTER_HEADER_NAME, register_header

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class GeneratedDesign:
    """A design as RTL.

    ``top``: the module of the array core; ``files``: the text of each by its name, the manifest among them.
    ``left_out``: modules that the design has not, with the reason why.
    """

    top: str
    files: Mapping[str, str]
    left_out: Mapping[str, str]


def generated_design(design: Design, board: Board, buffer_latency: int = SLICE_LATENCY) -> GeneratedDesign:
    """Return ``design`` as files: the machine with a C header of its registers, array core, lanes and double buffers.

    A machine that does not exist is left out, and the rest is there. ``buffer_latency`` is at least 2: clocks from a
    double buffer's address to its word. The same arguments give the same text. Raises HeddleError for a design that is
    no hardware.
    """
    check_generable(design)
    core, element = array_blocks(design)
    tops: list[tuple[Block, list[Block]]] = [(core, [element])]
    tops += [(lane, []) for lane in lane_blocks(design)]
    buffers = double_buffers(design, board, buffer_latency)
    tops += [(buffer_block(part, buffer), slice_blocks(buffer)) for part, buffer in buffers.items()]
    fault = accelerator_fault(design)
    left_out = {} if fault is None else {ACCELERATOR_MODULE: fault}
    if fault is None:
        accelerator, its_element = accelerator_blocks(design, board)
        tops.append((accelerator, [its_element]))
    files: dict[str, str] = {}
    modules: dict[str, ModuleDescription] = {}  # by name: two buffers may instantiate the same slice
    for top, repeated in tops:
        rtl = emit_rtl(top, repeated)
        files |= rtl.files
        modules |= {module.name: module for module in rtl.modules}
    if fault is None:
        files[REGISTER_HEADER_NAME] = register_header(design)
    document = manifest(design, modules.values(), core.name, files, left_out).text()
    return GeneratedDesign(core.name, {**dict(sorted(files.items())), MANIFEST_NAME: document}, left_out)
