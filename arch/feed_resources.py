"""What the left feeder takes: the memories of its rows by structure, and estimates for the choices around them.

The estimates are set to the mapped feeder of ``sat-vcu1525`` at 1, 2, 4 and 16 groups a read
(``benchmarks.feeder_area``); no other design's is in them.
"""

from __future__ import annotations

import numpy as np

from heddle.arch import coefficients as c
from heddle.arch.array_resources import recoder_lut
from heddle.arch.lut_memory import queue_memory_lut
from heddle.arch.resource_inputs import Amounts, ResourceInputs, ResourceTable, ceil_div, table

#: Words of a row's memory up to which it is made of LUTs: a deeper one takes four of them or more for two bits, and is
#: block RAM.
LUT_WORDS = 64
_BLOCK_BITS, _BLOCK_WORDS = 72, 512
#: A LUT chooses one of four; so three choices less are left behind each.
_CHOICES = 3


def left_feeder(i: ResourceInputs) -> ResourceTable:
    """Recoders of a read, rows that hold two chunks, their choice of a group, transposers of M x M operands, the walk.

    A machine without a chain is a textbook's, and has no feeder.
    """
    bits, groups = i.m * i.recoded_bits, np.minimum(i.group_ports, i.rows)
    words = 2 * _outputs_along_rows(i) * groups
    in_luts = words <= LUT_WORDS
    memory = i.rows * np.where(in_luts, queue_memory_lut(bits, words), 0)
    blocks = i.rows * np.where(in_luts, 0, ceil_div(bits, _BLOCK_BITS) * ceil_div(words, _BLOCK_WORDS))
    given = np.where(in_luts, i.rows * bits, 0)  # block RAM has a register of its own
    choices = np.where(groups > 1, i.rows * bits * ceil_div(groups - 1, _CHOICES), 0)
    transposers = groups * i.m * bits
    laying = i.rows * groups * c.FEEDER_LUT_PER_GROUP.value
    recoders = i.group_ports * i.m * recoder_lut(i)
    transposing = c.TRANSPOSER_LUT_PER_BIT.value * transposers
    lut = c.FEEDER_LUT.value + recoders + memory + choices + transposing + laying
    return table(
        lut=i.chain_drain * lut,
        lut_as_memory=i.chain_drain * memory,
        ff=i.chain_drain * (c.FEEDER_FF.value + c.FEEDER_FF_PER_GROUP.value * i.group_ports + given),
        dsp=i.chain_drain * int(c.FEEDER_DSP.value),
        bram36=i.chain_drain * blocks,
    )


def _outputs_along_rows(i: ResourceInputs) -> Amounts:
    """The most outputs of a PE that lie along rows: in OS all, where its links allow them."""
    return np.where((i.has_os == 1) & (i.interleave_cols_only == 0), i.interleave, 1)
