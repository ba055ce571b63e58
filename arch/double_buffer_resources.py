"""RAM blocks of the double buffers: a closed form that equals what synthesis infers, as its tests show.

They stand beside the array where it is emitted by itself; the buffers of the whole machine are others
(``heddle.arch.buffer_resources``).
"""

from __future__ import annotations

import numpy as np

from heddle.arch.block_models import blocks_abreast
from heddle.arch.buffer_resources import is_ultra
from heddle.arch.port_widths import buffer_words
from heddle.arch.resource_inputs import Amounts, Ints, ResourceInputs, ResourceTable, ceil_div, table, total

#: Words of a half that a block holds beside those of the other half.
_BLOCK_WORDS = 256
_ULTRA_WORDS = 2048


def double_buffers(i: ResourceInputs) -> ResourceTable:
    """Activation, weight and output buffer.

    The activation and the output buffer are UltraRAM where the board has it and the buffer is large enough,
    else block RAM; the weight buffer, wide and shallow, is always block RAM.
    """
    words = buffer_words(i)
    return total(
        [
            _buffer(i.activation_bytes, words.activation, is_ultra(i.activation_bytes, i.board_has_uram)),
            _buffer(i.weight_bytes, words.weight, 0),
            _buffer(i.output_bytes, words.output, is_ultra(i.output_bytes, i.board_has_uram)),
        ]
    )


def _buffer(capacity_bytes: Amounts, width_bits: Amounts, ultra: Ints) -> ResourceTable:
    """A double buffer of either kind: both halves lie in the same blocks, a port of 72 bits wide.

    Its registers are those of the blocks' outputs and one a bank; banks of a deep buffer are OR-ed.
    """
    half_words = ceil_div(4 * capacity_bytes, width_bits)
    banks = ceil_div(half_words, np.where(ultra, _ULTRA_WORDS, _BLOCK_WORDS))
    slices, halves = blocks_abreast(width_bits)
    joined = ceil_div(np.maximum(banks - 1, 0), 3)
    # Half blocks pair up; an odd one left over is a block.
    return table(
        lut=width_bits * joined + 2 * banks * slices + 2 * banks,
        ff=banks * (width_bits + 1) + 1,
        bram36=(1 - ultra) * ceil_div(banks * halves, 2),
        uram=ultra * banks * slices,
    )
