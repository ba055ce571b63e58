"""What a program's time depends on beside the program: sizes of the machine, and the memory that it runs on."""

from __future__ import annotations

from typing import NamedTuple

from heddle.arch.design import Design
from heddle.arch.formats import FP32
from heddle.arch.instructions import INSTRUCTION_BYTES, PAGE_BYTES
from heddle.arch.machine_timing import OUTSTANDING_BURSTS, group_turn_cycles, packing_cycles, rotation_cycles
from heddle.arch.memory_clocks import MemoryClocks
from heddle.arch.nm import index_bits

_BYTE_BITS = 8
#: Beats of AXI4's longest burst: a narrow port's bursts leave a page in several.
_MOST_BEATS = 256


class MachineShape(NamedTuple):
    """Sizes of a machine, and its memory.

    ``value_part``, ``index_part``, ``narrow_part``, ``wide_part``: columns that a gearbox takes in one clock.
    """

    rows: int
    cols: int
    cuts: int
    interleave: int
    adder_stages: int
    multiplier_stages: int
    group_m: int
    group_ports: int
    group_turn: int
    word_bytes: int
    page_bytes: int
    queue_beats: int
    instruction_beats: int
    packing: int
    rotation: int
    lanes: int
    element_bits: int
    index_bits: int
    value_part: int
    index_part: int
    narrow_part: int
    wide_part: int
    latency: int
    beat_clocks: int


def machine_shape(design: Design, memory: MemoryClocks) -> MachineShape:
    """Return the sizes of ``design``'s machine on ``memory``."""
    array, word_bytes = design.array, design.memory.axi_bits // _BYTE_BITS
    element_bits, bits_of_index = design.numbers.operand_format.width, index_bits(design.sparsity.m)
    page_bytes = min(PAGE_BYTES, word_bytes * _MOST_BEATS)
    # What stands between two slots' indices is less than a byte, and a piece takes it along.
    index_room = _BYTE_BITS * word_bytes - (_BYTE_BITS - 1 if bits_of_index < _BYTE_BITS else 0)
    return MachineShape(
        rows=array.rows,
        cols=array.cols,
        cuts=len(array.slr_cuts),
        interleave=array.interleave,
        adder_stages=array.adder_stages,
        multiplier_stages=array.multiplier_stages,
        group_m=design.sparsity.m,
        group_ports=design.buffers.group_ports,
        group_turn=group_turn_cycles(design.buffers.group_ports),
        word_bytes=word_bytes,
        page_bytes=page_bytes,
        queue_beats=OUTSTANDING_BURSTS * page_bytes // word_bytes,
        instruction_beats=INSTRUCTION_BYTES // word_bytes,
        packing=packing_cycles(word_bytes),
        rotation=rotation_cycles(word_bytes),
        lanes=_BYTE_BITS * word_bytes // (element_bits * design.sparsity.m),
        element_bits=element_bits,
        index_bits=bits_of_index,
        value_part=_part(array.cols, _BYTE_BITS * word_bytes // element_bits),
        index_part=_part(array.cols, index_room // bits_of_index),
        narrow_part=_part(array.cols, _BYTE_BITS * word_bytes // element_bits),
        wide_part=_part(array.cols, word_bytes // FP32.width_bytes),
        latency=memory.latency_clocks,
        beat_clocks=memory.beat_clocks,
    )


def _part(cols: int, most: int) -> int:
    """The largest number of columns, up to ``most``, that divides ``cols``."""
    return next(part for part in range(min(cols, most), 0, -1) if cols % part == 0)
