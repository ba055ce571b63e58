"""What is synthesised of a design: its parts with RTL, and how often each block stands in the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.dataflow.choices import Optimizer
from heddle.hls.emit import Block, emit_block
from heddle.hls.generate import (
    array_core_blocks,
    buffer_block,
    check_generable,
    double_buffers,
    slice_blocks,
    sore_block,
    wuve_block,
)
from heddle.hls.lanes.wuve import UPDATE_RULES
from heddle.synth.yosys.lines import cut_lines
from heddle.synth.yosys.slices import UltraScaleSlices
from heddle.synth.yosys.sources import Hierarchy, hierarchy

#: Parts of a machine that no plan maps yet, or that have no RTL; the resource model estimates them.
NOT_SYNTHESISED = ("vector", "left_feeder", "dma", "controller", "dram_controllers", "host_link")


@dataclass(frozen=True)
class Part:
    """A part of the machine: the modules below its top, and how many of that top there are."""

    name: str
    count: int
    modules: Hierarchy


def parts(design: Design, board: Board, optimizer: Optimizer) -> Iterator[Part]:
    """Yield the parts of ``design`` that have RTL: array, SORE, WUVE for ``optimizer``, buffers.

    Raises HeddleError for a design that is no hardware.
    """
    check_generable(design)
    core, element = array_core_blocks(design)
    yield Part("array", 1, hierarchy_of(core, element))
    yield Part("sore", design.lanes.sore, hierarchy_of(sore_block(design)))
    yield Part("wuve", design.lanes.wuve, hierarchy_of(wuve_block(design, UPDATE_RULES[optimizer])))
    for name, buffer in double_buffers(design, board).items():
        yield Part("buffers", 1, hierarchy_of(buffer_block(name, buffer), *slice_blocks(buffer)))


def hierarchy_of(top: Block, *below: Block) -> Hierarchy:
    """Return the modules of ``top`` and of the blocks that it instantiates by name, delay lines cut into bits."""
    return cut_lines(hierarchy(top.name, texts_of(top, *below)))


def texts_of(*blocks: Block) -> list[str]:
    """Return the Verilog of each block as yosys is to have it: multiply-adds are DSP slices with their registers."""
    return [emit_block(block, UltraScaleSlices()).verilog for block in blocks]
