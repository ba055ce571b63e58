"""What is synthesised of a design: its parts with RTL, and how often each block stands in the machine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.dataflow.choices import Optimizer
from heddle.hls.emit import Block, emit_block
from heddle.hls.generate import (
    accelerator_blocks,
    array_core_blocks,
    buffer_block,
    check_accelerator,
    check_generable,
    double_buffers,
    slice_blocks,
    sore_block,
    wuve_block,
)
from heddle.hls.lanes.wuve import UPDATE_RULES
from heddle.hls.names import Top
from heddle.synth.yosys.lines import cut_lines
from heddle.synth.yosys.slices import UltraScaleSlices
from heddle.synth.yosys.sources import Hierarchy, counted, hierarchy, whole_name

#: Parts that a top leaves out, and of these those without RTL; the resource model estimates them.
NOT_SYNTHESISED: Mapping[Top, tuple[str, ...]] = {
    "array": ("vector", "left_feeder", "dma", "controller", "dram_controllers", "host_link"),
    "accelerator": ("vector", "dram_controllers", "host_link"),
}
#: The parts of the whole machine by the modules that begin them; all others, as the top itself, are the controller's.
_CONTROLLER = "controller"
_MACHINE_PARTS = {
    "array": "array_core",
    "left_feeder": "left_feeder",
    "buffers": "group_buffer|half_buffer|shared_buffer",
    "dma": "load_unit|store_unit",
    _CONTROLLER: "fetch|dispatch|registers|prepare|right_feeder|partial_feeder|result_writer",
}


@dataclass(frozen=True)
class Part:
    """A part of the machine: the modules below its top, and how many of that top there are."""

    name: str
    count: int
    modules: Hierarchy


def parts_of(top: Top, design: Design, board: Board, optimizer: Optimizer) -> Iterator[Part]:
    """Yield the parts of ``top``, as ``parts`` or ``machine_parts`` do."""
    return (parts if top == "array" else machine_parts)(design, board, optimizer)


def parts(design: Design, board: Board, optimizer: Optimizer) -> Iterator[Part]:
    """Yield parts of ``design`` by themselves: array, SORE, WUVE for ``optimizer``, double buffers.

    Raises HeddleError for a design that is no hardware.
    """
    check_generable(design)
    core, element = array_core_blocks(design)
    yield Part("array", 1, hierarchy_of(core, element))
    yield from _lanes(design, optimizer)
    for name, buffer in double_buffers(design, board).items():
        yield Part("buffers", 1, hierarchy_of(buffer_block(name, buffer), *slice_blocks(buffer)))


def machine_parts(design: Design, board: Board, optimizer: Optimizer) -> Iterator[Part]:
    """Yield the parts of the whole machine, and the lanes of SORE and WUVE, which it does not have yet.

    Raises HeddleError for a design that is no hardware, or has no whole machine.
    """
    check_accelerator(design)
    yield from parts_within(hierarchy_of(*accelerator_blocks(design, board)))
    yield from _lanes(design, optimizer)


def parts_within(machine: Hierarchy) -> Iterator[Part]:
    """Yield the parts of a whole machine, each of its modules in one; last what stands between them."""
    taken: Counter[str] = Counter()
    for part, modules in _MACHINE_PARTS.items():
        begins = re.compile(rf"{machine.top}_({modules})(_\d+)?")
        for name, count in machine.counts.items():
            if count and begins.fullmatch(whole_name(name)):
                below = counted(name, machine.modules)
                taken.update({module: count * each for module, each in below.counts.items()})
                yield Part(part, count, below)
    rest = {name: count - taken[name] for name, count in machine.counts.items()}
    yield Part(_CONTROLLER, 1, Hierarchy(machine.top, machine.modules, rest))


def _lanes(design: Design, optimizer: Optimizer) -> Iterator[Part]:
    yield Part("sore", design.lanes.sore, hierarchy_of(sore_block(design)))
    yield Part("wuve", design.lanes.wuve, hierarchy_of(wuve_block(design, UPDATE_RULES[optimizer])))


def hierarchy_of(top: Block, *below: Block) -> Hierarchy:
    """Return the modules of ``top`` and of the blocks that it instantiates by name, delay lines cut into bits."""
    return cut_lines(hierarchy(top.name, texts_of(top, *below)))


def texts_of(*blocks: Block) -> list[str]:
    """Return the Verilog of each block as yosys is to have it: multiply-adds are DSP slices with their registers."""
    return [emit_block(block, UltraScaleSlices()).verilog for block in blocks]
