"""What is emitted of a design: the machine, and by themselves the array core with its PE, lanes and double buffers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from amaranth.hdl import Shape

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP32, ProductRange
from heddle.arch.port_widths import buffer_words
from heddle.arch.resource_inputs import ResourceInputs
from heddle.hls.array.core import ArrayCore
from heddle.hls.array.grid import USPE_MODULE
from heddle.hls.array.top import ArrayTop
from heddle.hls.array.uspe import Uspe
from heddle.hls.emit import Block, Rtl, emit_rtl
from heddle.hls.fp.units import Units
from heddle.hls.lanes.sore import SoreLane
from heddle.hls.lanes.wuve import UPDATE_RULES, UpdateRule, Wuve
from heddle.hls.memory.buffer import BufferSlice, DoubleBuffer
from heddle.hls.memory.buffer_shape import SLICE_LATENCY, BufferShape, ram_kind
from heddle.hls.names import ACCELERATOR_MODULE, ARRAY_CORE_MODULE, ARRAY_MODULE
from heddle.hls.system.shape import MachineShape
from heddle.hls.system.top import AcceleratorTop

SORE_MODULE = "heddle_sore_lane"
BUFFER_MODULE = "heddle_buffer"


def check_generable(design: Design) -> None:
    """Raise HeddleError for a design that is an idealisation, or whose multiplier does not exist."""
    if design.array.drain == "direct":
        raise HeddleError(
            f"design {design.name!r} has array.drain = direct, an idealisation without RTL (valid: chain)"
        )
    operand = design.numbers.operand_format
    if operand.product_in(FP32) is ProductRange.ROUNDED:
        raise HeddleError(
            f"design {design.name!r} has operands of {operand}, whose products do not fit FP32's fraction: there is no "
            "multiplier that rounds them (hls/fp/multiplier.py)"
        )


def accelerator_fault(design: Design) -> str | None:
    """Return why there is no whole machine of ``design``, whose array is one, in words that end a line; or None."""
    shape, channels = MachineShape(design), design.memory.channels
    if channels & (channels - 1):
        return f"memory.channels = {channels} is no power of two"
    port_bits, group_bits = 8 * shape.port.data_bytes, Shape.cast(shape.group).width
    if port_bits < group_bits:
        bits = f"memory.axi_bits = {design.memory.axi_bits}"
        each = f"{channels} x {bits}" if channels > 1 else bits
        return f"{each} is less than the {group_bits} bits of an activation group"
    halves = {"activation": shape.left_groups // shape.lanes, "weight": shape.right_words, "output": shape.out_words}
    for part, words in halves.items():
        if words == 0:
            return f"half of buffers.{part}_bytes does not hold a word of the machine's"
    return None


def check_accelerator(design: Design) -> None:
    """Raise HeddleError, as ``check_generable`` does, and where ``design`` has no whole machine."""
    check_generable(design)
    fault = accelerator_fault(design)
    if fault is not None:
        raise HeddleError(f"design {design.name!r} has no accelerator: {fault}")


def accelerator_blocks(design: Design, board: Board) -> tuple[Block, Block]:
    """Return the whole machine and the PE that its array instantiates; ``check_accelerator`` says whether it exists."""
    return Block(ACCELERATOR_MODULE, partial(AcceleratorTop, design, board)), Block(USPE_MODULE, partial(Uspe, design))


def array_blocks(design: Design) -> tuple[Block, Block]:
    """Return the array by itself and the PE that it instantiates."""
    return Block(ARRAY_MODULE, partial(ArrayTop, design)), Block(USPE_MODULE, partial(Uspe, design))


def array_core_blocks(design: Design) -> tuple[Block, Block]:
    """Return the array's core as it stands in the machine, and the PE that it instantiates."""
    return Block(ARRAY_CORE_MODULE, partial(ArrayCore, design)), Block(USPE_MODULE, partial(Uspe, design))


def sore_block(design: Design) -> Block:
    """Return one lane of SORE for the design's N:M."""
    n, m = design.sparsity.n, design.sparsity.m
    return Block(SORE_MODULE, partial(SoreLane, n, m, design.numbers.operand_format.width))


def wuve_block(design: Design, rule: UpdateRule) -> Block:
    """Return one lane of WUVE for an optimiser, with operands in the design's format."""
    return Block(f"heddle_wuve_{rule.name}", partial(Wuve, rule, units=lane_units(design)))


def lane_units(design: Design) -> Units:
    """Return the units of a lane of WUVE."""
    return Units(operand=design.numbers.operand_format)


def lane_blocks(design: Design) -> Iterator[Block]:
    """Yield one SORE lane and, for each optimiser, one lane of WUVE."""
    yield sore_block(design)
    yield from (wuve_block(design, rule) for rule in UPDATE_RULES.values())


def array_rtl(design: Design) -> Rtl:
    """Return the array by itself as Verilog, the PE once; raises HeddleError for a design that is no hardware."""
    check_generable(design)
    core, element = array_blocks(design)
    return emit_rtl(core, [element])


def double_buffers(design: Design, board: Board, read_latency: int = SLICE_LATENCY) -> dict[str, BufferShape]:
    """Return the on-chip buffers by part (activation, weight, output), words ``read_latency`` clocks after asked.

    A word is what the array takes in a clock (``heddle.arch.port_widths``); of results it is two steps', as partial
    sums are read while results are written. A half has half of the capacity, rounded up to whole words.
    """
    capacity_bytes = {
        "activation": design.buffers.activation_bytes,
        "weight": design.buffers.weight_bytes,
        "output": design.buffers.output_bytes,
    }
    words = buffer_words(ResourceInputs.of(design, board))
    word_bits = {"activation": int(words.activation), "weight": int(words.weight), "output": int(words.output)}
    return {
        part: BufferShape(
            bits, -(-4 * capacity_bytes[part] // bits), ram_kind(part, capacity_bytes[part], board), read_latency
        )
        for part, bits in word_bits.items()
    }


def buffer_block(part: str, buffer: BufferShape) -> Block:
    """Return a part's buffer under its module name; ``slice_blocks`` gives what it instantiates."""
    return Block(f"{BUFFER_MODULE}_{part}", partial(DoubleBuffer, buffer))


def slice_blocks(buffer: BufferShape) -> list[Block]:
    """Return the RAM slices that a buffer instantiates by name, one of each module."""
    return [Block(size.module, partial(BufferSlice, size)) for size in buffer.slices]
