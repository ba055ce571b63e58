"""How the blocks of the whole machine are modelled: counted where structure decides, fitted where synthesis does.

A block's memories, DSP slices, wide words in registers and wide choices follow from the RTL and are counted. The rest,
a fraction of it, is a sum of a few features with coefficients that are fitted to mapped blocks
(``heddle.arch.calibration.machine``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch.calibration.machine import machine_fitted
from heddle.arch.machine_widths import MachineWidths
from heddle.arch.resource_inputs import Amounts, Ints, ResourceInputs, ResourceTable, ceil_div, table

Features = Mapping[str, npt.ArrayLike]

_PORT_BITS = 72
_BLOCK_WORDS, _ULTRA_WORDS = 512, 4096

#: Inputs of a LUT.
_INPUTS = 6
#: RAM blocks up to which a queue's first word takes two LUTs a bit (seen of 5 to 16; three were seen from 32 on).
_MOST_IN_TWO = 16


@dataclass(frozen=True)
class Counted:
    """What follows from a block's structure; block RAM in halves. ``lut_as_memory`` is a part of ``lut``."""

    lut: npt.ArrayLike = 0
    lut_as_memory: npt.ArrayLike = 0
    ff: npt.ArrayLike = 0
    dsp: npt.ArrayLike = 0
    half_brams: npt.ArrayLike = 0
    uram: npt.ArrayLike = 0


@dataclass(frozen=True)
class BlockModel:
    """A kind of block: what is counted of it, and the features of its other LUTs and flip-flops."""

    kind: str
    counted: Callable[[ResourceInputs, MachineWidths], Counted]
    lut_features: Callable[[ResourceInputs, MachineWidths], Features]
    ff_features: Callable[[ResourceInputs, MachineWidths], Features]

    def lut(self, i: ResourceInputs, w: MachineWidths) -> npt.NDArray[np.float64]:
        """LUTs of all blocks of this kind."""
        return machine_fitted(self.kind, "lut", self.lut_features(i, w)) + np.asarray(self.counted(i, w).lut)

    def ff(self, i: ResourceInputs, w: MachineWidths) -> npt.NDArray[np.float64]:
        """Flip-flops of all blocks of this kind."""
        return machine_fitted(self.kind, "ff", self.ff_features(i, w)) + np.asarray(self.counted(i, w).ff)


def part_of(i: ResourceInputs, w: MachineWidths, models: Sequence[BlockModel]) -> ResourceTable:
    """What several blocks take together; a block that stands twice is given twice."""
    counted = [model.counted(i, w) for model in models]

    def added(name: str) -> Amounts:
        return np.asarray(sum(np.asarray(getattr(one, name)) for one in counted))

    return table(
        lut=sum(model.lut(i, w) for model in models),
        lut_as_memory=added("lut_as_memory"),
        ff=sum(model.ff(i, w) for model in models),
        dsp=added("dsp"),
        bram36=ceil_div(added("half_brams"), 2),
        uram=added("uram"),
    )


def joined_lut(ways: Ints) -> Amounts:
    """LUTs that OR one bit of so many: one up to six, and then, as seen of 8 to 52, 0.28 for each of them."""
    count = np.asarray(ways)
    return np.where(count > _INPUTS, ceil_div(7 * count, 25), count > 1)


def head_lut(ways: Ints) -> Amounts:
    """LUTs a bit of a ``HeadedQueue``'s first word: the choice between what its RAM gives and what comes.

    What comes is the OR of so many RAM blocks. As seen of 1 to 52 of these: one LUT, and where they leave too few of
    its inputs, another one or two.
    """
    count = np.asarray(ways)
    return 1 + (count > _INPUTS - 2) + (count > _MOST_IN_TWO)


def storage_banks(words: Amounts, ultra: Ints) -> Amounts:
    """RAM blocks under one another."""
    return ceil_div(words, np.where(ultra, _ULTRA_WORDS, _BLOCK_WORDS))


def storage(bits: Amounts, words: Amounts, ultra: Ints) -> Counted:
    """Words in RAM blocks as ``hls.memory.storage`` lays them: banks of 72 bits a block, OR-ed where there are several.

    Their registers are those at the blocks' outputs, and one a bank.
    """
    banks = storage_banks(words, ultra)
    slices, halves = blocks_abreast(bits)
    return Counted(
        lut=bits * joined_lut(banks) + banks * slices,
        ff=banks * (bits + 1),
        half_brams=np.where(ultra, 0, banks * halves),
        uram=np.where(ultra, banks * slices, 0),
    )


def is_no_power(number: Amounts) -> Amounts:
    """1 where a product with ``number`` is a DSP slice, and no shift: where it is no power of two, and not 0."""
    return np.asarray((number & (number - 1)) != 0, np.int64)


def blocks_abreast(bits: Amounts) -> tuple[Amounts, Amounts]:
    """RAM blocks side by side that a word stands in, and the halves of block RAM that it needs of them."""
    whole, rest = bits // _PORT_BITS, bits % _PORT_BITS
    return whole + (rest > 0), 2 * whole + (rest > 0) + (rest > _PORT_BITS // 2)


def ram_queue_halves(bits: Ints, words: Ints) -> Amounts:
    """Halves of block RAM of a ``RamQueue``: a block is as narrow as it is deep, from 72 bits of 512 words on."""
    block_bits = np.maximum(_PORT_BITS * _BLOCK_WORDS // np.maximum(words, _BLOCK_WORDS), 1)
    whole, rest = bits // block_bits, bits % block_bits
    return np.asarray(2 * whole + (rest > 0) + (rest > block_bits // 2))
