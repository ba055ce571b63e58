"""What a program's time depends on beside the program: sizes of the machine, and the memory that it runs on."""

from __future__ import annotations

from typing import NamedTuple

from heddle.arch.design import Design
from heddle.arch.instructions import INSTRUCTION_BYTES
from heddle.arch.machine_timing import OUTSTANDING_BURSTS, group_turn_cycles, packing_cycles, rotation_cycles
from heddle.arch.memory_clocks import MemoryClocks
from heddle.arch.port_parts import PortParts


class MachineShape(NamedTuple):
    """Sizes of a machine, and its memory.

    ``instruction_words``: bus words of an instruction, where one has no more than it; ``word_instructions``: the
    instructions of a bus word, where it has more. ``value_part``, ``index_part``, ``narrow_part``, ``wide_part``:
    columns that a gearbox takes in one clock.
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
    instruction_words: int
    word_instructions: int
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
    """Return the sizes of ``design``'s machine on ``memory``.

    Where it has several channels, all of them move a beat in the same clock, as they are asked for the same bursts.
    """
    array, parts = design.array, PortParts.of(design)
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
        word_bytes=parts.word_bytes,
        page_bytes=parts.page_bytes,
        queue_beats=OUTSTANDING_BURSTS * parts.page_bytes // parts.word_bytes,
        instruction_words=max(1, INSTRUCTION_BYTES // parts.word_bytes),
        word_instructions=max(1, parts.word_bytes // INSTRUCTION_BYTES),
        packing=packing_cycles(parts.word_bytes),
        rotation=rotation_cycles(parts.word_bytes),
        lanes=parts.lanes,
        element_bits=parts.element_bits,
        index_bits=parts.index_bits,
        value_part=parts.value_part,
        index_part=parts.index_part,
        narrow_part=parts.narrow_part,
        wide_part=parts.wide_part,
        latency=memory.latency_clocks,
        beat_clocks=memory.beat_clocks,
    )
