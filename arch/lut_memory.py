"""Delay lines and small memories in LUTs, as synthesis maps them: exact for the shapes that the RTL uses.

Primitives: AMD UG574, UltraScale CLB. Which of them yosys takes for what was seen on lines of 1 to 67 clocks and
memories of 2 to 320 words (docs/calibration.md); ``tests/arch/test_lut_memory.py`` holds the counts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.resource_inputs import Amounts, ceil_div

_SRL_CLOCKS = 32
_SHORT_SRL_CLOCKS = 16
_LEAST_SRL_CLOCKS = 3
_BANK_WORDS = 64
_HALF_BANK_WORDS = 32
#: Words up to which a StepDelay takes the primitive of 16 bits.
SHORT_RING_WORDS = 32


def line_lut(clocks: npt.ArrayLike) -> Amounts:
    """Shift registers of a one-bit delay line: one for 32 clocks, none for a line of 1 or 2."""
    cycles = np.asarray(clocks, np.int64)
    # A single clock over whole shift registers is a flip-flop.
    used = cycles // _SRL_CLOCKS + (cycles % _SRL_CLOCKS > 1)
    return np.where(cycles >= _LEAST_SRL_CLOCKS, used, 0)


def line_ff(clocks: npt.ArrayLike) -> Amounts:
    """Flip-flops of a one-bit delay line: short lines, and the clock that is one too many for a shift register."""
    cycles = np.asarray(clocks, np.int64)
    rest = cycles % _SRL_CLOCKS
    spare = (rest == 1) | (rest == _SHORT_SRL_CLOCKS + 1)
    return np.where(cycles >= _LEAST_SRL_CLOCKS, spare, np.maximum(cycles, 0)).astype(np.int64)


def ring_memory_lut(bits: npt.ArrayLike, words: npt.ArrayLike) -> Amounts:
    """LUTs of a memory of one address for both ports (a StepDelay): 16 bits of 32 words in 8, else a bit of 64 in 1."""
    width, depth = np.asarray(bits, np.int64), np.asarray(words, np.int64)
    small = 8 * ceil_div(width, 16)
    banks = ceil_div(depth, _BANK_WORDS)
    return np.where(depth <= 1, 0, np.where(depth <= SHORT_RING_WORDS, small, width * banks))


def queue_memory_lut(bits: npt.ArrayLike, words: npt.ArrayLike) -> Amounts:
    """LUTs of a memory of two ports (a Queue): 7 bits of 64 words, or 14 of 32, in 8."""
    width, depth = np.asarray(bits, np.int64), np.asarray(words, np.int64)
    whole, rest = depth // _BANK_WORDS, depth % _BANK_WORDS
    deep, half = 8 * ceil_div(width, 7), 8 * ceil_div(width, 14)
    return whole * deep + np.where(rest > _HALF_BANK_WORDS, deep, np.where(rest > 0, half, 0))


def queue_banks(words: npt.ArrayLike) -> Amounts:
    """Memories side by side behind one output of a Queue."""
    return ceil_div(words, _BANK_WORDS)


def ring_select_lut(bits: npt.ArrayLike, words: npt.ArrayLike) -> Amounts:
    """LUTs that choose between the banks of a StepDelay: none up to 2 banks and at 4, which are one primitive."""
    width, banks = np.asarray(bits, np.int64), ceil_div(words, _BANK_WORDS)
    per_bit = np.select([banks == 3, banks >= 5], [1, 3], 0)
    return width * per_bit
