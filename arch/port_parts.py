"""Sizes of the machine's way to memory that follow from a design: its port's words, and what its gearboxes cut."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.design import Design
from heddle.arch.dram import DramTiming
from heddle.arch.formats import FP32
from heddle.arch.instructions import PAGE_BYTES
from heddle.arch.nm import index_bits

_BYTE_BITS = 8
#: Beats of AXI4's longest burst: a narrow port's bursts leave a page in several.
_MOST_BEATS = 256


@dataclass(frozen=True)
class PortParts:
    """A port of ``word_bytes``, whose bursts have at most ``page_bytes``; ``channels`` of memory share both evenly.

    ``lanes`` activation groups are in a word. ``value_part``, ``index_part``, ``narrow_part``, ``wide_part``: columns
    that a gearbox takes in one clock.
    """

    channels: int
    word_bytes: int
    page_bytes: int
    lanes: int
    element_bits: int
    index_bits: int
    value_part: int
    index_part: int
    narrow_part: int
    wide_part: int

    @classmethod
    def of(cls, design: Design) -> PortParts:
        """Return the parts of ``design``'s machine, whose port is as wide as all channels together."""
        channels, cols, beat_bytes = design.memory.channels, design.array.cols, design.memory.axi_bits // _BYTE_BITS
        word_bytes = channels * beat_bytes
        element_bits, bits_of_index = design.numbers.operand_format.width, index_bits(design.sparsity.m)
        # What stands between two slots' indices is less than a byte, and a piece takes it along.
        index_room = _BYTE_BITS * word_bytes - (_BYTE_BITS - 1 if bits_of_index < _BYTE_BITS else 0)
        return cls(
            channels=channels,
            word_bytes=word_bytes,
            page_bytes=channels * min(PAGE_BYTES, beat_bytes * _MOST_BEATS),
            lanes=_BYTE_BITS * word_bytes // (element_bits * design.sparsity.m),
            element_bits=element_bits,
            index_bits=bits_of_index,
            value_part=_part(cols, _BYTE_BITS * word_bytes // element_bits),
            index_part=_part(cols, index_room // bits_of_index),
            narrow_part=_part(cols, _BYTE_BITS * word_bytes // element_bits),
            wide_part=_part(cols, word_bytes // FP32.width_bytes),
        )


def least_bytes(design: Design, timing: DramTiming) -> int:
    """Bytes that the shortest access moves: on every channel a burst of memory, or a beat where that has more bytes."""
    return design.memory.channels * max(timing.burst_bytes, design.memory.axi_bits // _BYTE_BITS)


def _part(cols: int, most: int) -> int:
    """The largest number of columns, up to ``most``, that divides ``cols``."""
    return next(part for part in range(min(cols, most), 0, -1) if cols % part == 0)
