"""Delay lines and small memories in LUTs, as synthesis maps them: exact for the shapes that the RTL uses.

Primitives: AMD UG574, UltraScale CLB. Which of them yosys takes for what was seen on lines of 1 to 67 clocks and
memories of 2 to 320 words (docs/calibration.md); ``tests/arch/test_lut_memory.py`` holds the counts.
"""

from __future__ import annotations

import numpy as np

from heddle.arch.resource_inputs import Amounts, Ints, ceil_div

_SRL_CLOCKS = 32
_SHORT_SRL_CLOCKS = 16
_LEAST_SRL_CLOCKS = 3
_BANK_WORDS = 64
_HALF_BANK_WORDS = 32
#: Clocks of a quick line, which ends in a flip-flop, up to which it has no shift register before that.
QUICK_LINE_CLOCKS = 8
#: Words up to which a StepDelay takes the primitive of 16 bits.
SHORT_RING_WORDS = 32


def line_lut(clocks: Amounts) -> Amounts:
    """Shift registers of a one-bit delay line: one for 32 clocks, none for a line of 1 or 2."""
    # A single clock over whole shift registers is a flip-flop.
    used = clocks // _SRL_CLOCKS + (clocks % _SRL_CLOCKS > 1)
    return np.where(clocks >= _LEAST_SRL_CLOCKS, used, 0)


def line_ff(clocks: Amounts) -> Amounts:
    """Flip-flops of a one-bit delay line: short lines, and the clock that is one too many for a shift register."""
    rest = clocks % _SRL_CLOCKS
    spare = (rest == 1) | (rest == _SHORT_SRL_CLOCKS + 1)
    return np.where(clocks >= _LEAST_SRL_CLOCKS, spare, np.maximum(clocks, 0))


def quick_line_lut(clocks: Amounts) -> Amounts:
    """Shift registers of a one-bit quick line (``hls.stream.delay.quick_registers``): of all but its last clock."""
    return np.where(clocks > QUICK_LINE_CLOCKS, line_lut(clocks - 1), 0)


def quick_line_ff(clocks: Amounts) -> Amounts:
    """Flip-flops of a one-bit quick line: all of a short one, the last clock of any."""
    return np.where(clocks > QUICK_LINE_CLOCKS, line_ff(clocks - 1) + 1, np.maximum(clocks, 0))


def ring_memory_lut(bits: Ints, words: Ints) -> Amounts:
    """LUTs of a memory of one address for both ports (a StepDelay): 16 bits of 32 words in 8, else a bit of 64 in 1."""
    short = 8 * ceil_div(bits, 16)
    long = bits * ceil_div(words, _BANK_WORDS)
    return np.where(words <= 1, 0, np.where(words <= SHORT_RING_WORDS, short, long))


def queue_memory_lut(bits: Amounts, words: Amounts) -> Amounts:
    """LUTs of a memory of two ports (a Queue): 7 bits of 64 words, or 14 of 32, in 8."""
    whole, rest = words // _BANK_WORDS, words % _BANK_WORDS
    deep, half = 8 * ceil_div(bits, 7), 8 * ceil_div(bits, 14)
    return whole * deep + np.where(rest > _HALF_BANK_WORDS, deep, np.where(rest > 0, half, 0))


def queue_banks(words: Amounts) -> Amounts:
    """Memories side by side behind one output of a Queue."""
    return ceil_div(words, _BANK_WORDS)


def ring_select_lut(bits: Ints, words: Amounts) -> Amounts:
    """LUTs that choose between the banks of a StepDelay: none up to 2 banks and at 4, which are one primitive."""
    banks = ceil_div(words, _BANK_WORDS)
    return bits * np.where(banks >= 5, 3, np.where(banks == 3, 1, 0))
