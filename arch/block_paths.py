"""The longest path of each block that a design's clock can hang on, ns, from the measured ones.

Times are yosys' (``heddle.arch.calibration.block_timing``): Artix-7's arcs, no routing. They compare designs and are no
clock of any card.

Of the PE every pair of depths was measured at M = 8 and I = 8. OS alone counts as OS beside WS, a smaller M as 8, and
without a register in the multiplier WS alone as OS beside WS. A larger M has the longer path of the PE at M = 8 and of
one with that M before the deepest adder; without that register it adds what it adds to a multiplier of one stage.

The array's core and the whole machine were measured at the sizes of presets; a design counts as the next larger one, or
as the largest. A machine's path is taken to depend on nothing else: those that were measured have FP16 operands and up
to four channels of memory. The left feeder was measured at M = 8 by the groups of a read; a design counts as one with
the next larger number of them. A larger M has the longer path of that one and of a feeder with that M. A path that was
not measured, and that nothing bounds, is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from heddle.arch.calibration.block_timing import BlockKind, PeKind, block_timing, pe_timing
from heddle.arch.design import GROUP_SIZES
from heddle.arch.formats import BF16, FP16
from heddle.arch.resource_inputs import ResourceInputs

Paths = npt.NDArray[np.float64]

#: The M and I that PEs of every pair of depths were measured at: the ring is longer than the deepest adder.
MEASURED_M, MEASURED_INTERLEAVE = 8, 8
#: Blocks whose variants are sizes: of an array, or of a read.
_SIZED = ("core", "machine", "left_feeder")
_OPERANDS = (FP16.name, BF16.name)
_DATAFLOWS = ("ws", "os+ws")
#: M by its place: the exponent of the power of two.
_M_PLACES = max(GROUP_SIZES).bit_length()


def block_paths_ns(inputs: ResourceInputs) -> dict[str, Paths]:
    """Return the longest path of each block, ns, by its name; the fields of ``inputs`` broadcast."""
    place = np.log2(inputs.m).astype(np.int64)
    pe = _pe_table()
    multiplier = np.minimum(inputs.multiplier_stages, pe.shape[3] - 1)
    adder = np.minimum(inputs.adder_stages, pe.shape[4] - 1)
    side = np.maximum(inputs.rows, inputs.cols)
    paths = {
        "pe": np.asarray(pe[inputs.has_bf16, inputs.has_os, place, multiplier, adder]),
        "core": _of_size("core", side),
        "machine": _of_size("machine", side),
        "left_feeder": np.maximum(_of_size("left_feeder", inputs.group_ports), _wider_feeders()[place]),
    }
    return paths | {block: np.asarray(table[inputs.has_bf16, place]) for block, table in _other_tables().items()}


def _of_size(block: str, size: npt.NDArray[np.int64]) -> Paths:
    """The path of the least measured block that is as large; of the largest where none is."""
    sizes, paths_ns = _sized_table(block)
    return np.asarray(paths_ns[np.minimum(np.searchsorted(sizes, size), len(sizes) - 1)])


def pe_path_ns(operand: str, dataflows: str, m: int, multiplier_stages: int, adder_stages: int) -> float:
    """Return the longest path of a PE, ns; NaN where it was not measured. ``dataflows`` are "ws" or "os+ws"."""
    adder = _deepest()[1]
    known = _measured(operand, dataflows if multiplier_stages else "os+ws", MEASURED_M, multiplier_stages, adder_stages)
    if m <= MEASURED_M:
        return known
    wider = _measured(operand, "ws", m, max(multiplier_stages, 1), adder)
    if multiplier_stages:
        return float(np.maximum(known, wider))
    return known + float(np.maximum(0.0, wider - _measured(operand, "ws", MEASURED_M, 1, adder)))


def _measured(operand: str, dataflows: str, m: int, multiplier_stages: int, adder_stages: int) -> float:
    found = pe_timing().get(PeKind(operand, dataflows, m, MEASURED_INTERLEAVE, multiplier_stages, adder_stages))
    return found.delay_ns if found else np.nan


def _deepest() -> tuple[int, int]:
    """The deepest multiplier and adder that were measured."""
    kinds = pe_timing()
    return max(kind.multiplier_stages for kind in kinds), max(kind.adder_stages for kind in kinds)


@cache
def _pe_table() -> Paths:
    """Paths by operand, dataflows, M, multiplier and adder stages; the last place of each depth was not measured."""
    multiplier, adder = _deepest()
    table = np.full((len(_OPERANDS), len(_DATAFLOWS), _M_PLACES, multiplier + 2, adder + 2), np.nan)
    for o, operand in enumerate(_OPERANDS):
        for d, dataflows in enumerate(_DATAFLOWS):
            for m in GROUP_SIZES:
                for b in range(multiplier + 1):
                    for a in range(adder + 1):
                        table[o, d, m.bit_length() - 1, b, a] = pe_path_ns(operand, dataflows, m, b, a)
    return table


@cache
def _other_tables() -> Mapping[str, Paths]:
    """Paths of the other blocks by operand and M: the longest of all variants that a design of both may have."""
    shape = len(_OPERANDS), _M_PLACES
    blocks = dict.fromkeys(kind.block for kind in block_timing() if kind.block not in _SIZED)
    return {
        block: np.array([[_longest(block, o, p) for p in range(shape[1])] for o in range(shape[0])]) for block in blocks
    }


def _longest(block: str, operand: int, m_place: int) -> float:
    delays = [
        path.delay_ns
        for kind, path in block_timing().items()
        if kind.block == block and kind.operand in ("", _OPERANDS[operand]) and kind.m in (0, 1 << m_place)
    ]
    return max(delays, default=np.nan)


@cache
def _wider_feeders() -> Paths:
    """Paths of the left feeder by M's place, where it is larger than the M of all others; nothing where it is not."""
    sizes = [1 << place for place in range(_M_PLACES)]
    return np.array([_longest_feeder(m) if m > MEASURED_M else 0.0 for m in sizes])


def _longest_feeder(m: int) -> float:
    found = [path.delay_ns for kind, path in block_timing().items() if (kind.block, kind.m) == ("left_feeder", m)]
    return max(found, default=np.nan)


@cache
def _sized_table(block: str) -> tuple[npt.NDArray[np.int64], Paths]:
    """The sizes of a block that were measured, rising, and for each the longest path of those up to it.

    One of no size and without a path where none was.
    """
    measured = {
        _size(kind): path.delay_ns
        for kind, path in block_timing().items()
        if kind.block == block and kind.m in (0, MEASURED_M)
    } or {0: np.nan}
    sizes = sorted(measured)
    return np.array(sizes), np.maximum.accumulate([measured[size] for size in sizes])


def _size(kind: BlockKind) -> int:
    """What a variant begins with: rows, and columns, of "4 × 4"; "16 groups" of a read."""
    return int(kind.variant.partition(" ")[0])
