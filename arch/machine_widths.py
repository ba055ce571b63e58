"""Words, halves and parts of the whole machine that its resources follow from, for one design or for many.

``hls.system.shape`` and ``arch.port_parts`` say the same of one design; tests compare them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from heddle.arch.formats import FP32
from heddle.arch.resource_inputs import SUM_BITS, Amounts, Ints, ResourceInputs, ceil_div, index_bits_of

_BYTE_BITS = 8
#: Columns of the widest array.
_MOST_COLS = 512


@dataclass(frozen=True)
class MachineWidths:
    """``lanes`` activation groups are in a word of the port, whose bursts have at most ``page_beats`` words.

    ``*_part``: columns that a gearbox takes in one clock. ``left_groups``, ``right_words``, ``out_words``: what half of
    a buffer holds; ``*_address_bits`` tell them apart.
    """

    port_bits: Amounts
    page_beats: Amounts
    lanes: Amounts
    index_bits: Amounts
    value_part: Amounts
    index_part: Amounts
    narrow_part: Amounts
    wide_part: Amounts
    left_groups: Amounts
    right_words: Amounts
    out_words: Amounts

    @classmethod
    def of(cls, i: ResourceInputs) -> MachineWidths:
        """Return those of ``i``; of a machine that a word of its port or a half is too small for, the least ones."""
        port_bits, group_bits, index_bits = i.port_bits, i.m * i.operand_bits, index_bits_of(i.m)
        weight_bytes = ceil_div(i.cols * (i.operand_bits + index_bits), _BYTE_BITS)
        return cls(
            port_bits=port_bits,
            page_beats=i.page_beats,
            lanes=np.maximum(port_bits // group_bits, 1),
            index_bits=index_bits,
            value_part=largest_part(i.cols, port_bits // i.operand_bits),
            # What stands between two slots' indices is less than a byte, and a piece takes it along.
            index_part=largest_part(i.cols, (port_bits - (_BYTE_BITS - 1)) // index_bits),
            narrow_part=largest_part(i.cols, port_bits // i.operand_bits),
            wide_part=largest_part(i.cols, port_bits // SUM_BITS),
            left_groups=_of_half(i.activation_bytes, group_bits // _BYTE_BITS),
            right_words=_of_half(i.weight_bytes, weight_bytes),
            out_words=_of_half(i.output_bytes, i.cols * FP32.width_bytes),
        )

    @property
    def left_address_bits(self) -> Amounts:
        """Bits that tell the groups of a half of the activation buffer apart."""
        return bits_below(self.left_groups)

    @property
    def right_address_bits(self) -> Amounts:
        """Bits that tell the words of a half of the weight buffer apart."""
        return bits_below(self.right_words)

    @property
    def out_address_bits(self) -> Amounts:
        """Bits that tell the words of a half of the output buffer apart."""
        return bits_below(self.out_words)

    @property
    def lane_bits(self) -> Amounts:
        """Bits of an address that tell the bytes of a word of the port apart."""
        return bits_below(self.port_bits // _BYTE_BITS)


def bits_below(count: Ints) -> Amounts:
    """Bits of a number below ``count``: at least one."""
    return np.maximum(np.frexp(np.asarray(count, np.float64) - 1)[1], 1).astype(np.int64)


def largest_part(cols: Amounts, most: Amounts) -> Amounts:
    """The largest number of columns, up to ``most`` and at least one, that divides ``cols``."""
    return _parts()[cols, np.clip(most, 1, cols)]


@cache
def _parts() -> Amounts:
    """[cols, most]: ``largest_part``."""
    cols, most = np.ogrid[: _MOST_COLS + 1, : _MOST_COLS + 1]
    divides = np.where((most > 0) & (cols % np.maximum(most, 1) == 0), most, 1)
    return np.maximum.accumulate(divides, axis=1)


def _of_half(capacity_bytes: Amounts, word_bytes: Amounts) -> Amounts:
    return np.maximum(capacity_bytes // 2 // word_bytes, 1)
