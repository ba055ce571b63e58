"""What the resource formulas take and give: fields of one design or of a million, and counts of each resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design

Ints = int | npt.NDArray[np.int64]
Amounts = npt.NDArray[np.int64]

OPERAND_BITS = 16
#: A recoded operand has one exponent bit more, so that the PEs meet no subnormals.
RECODED_BITS = 17
SUM_BITS = 32
#: What the sequencer tells a row of PEs a step (hls.control.CONTROL).
CONTROL_BITS = 5


@dataclass(frozen=True)
class ResourceInputs:
    """What the resource formulas need of a design; flags are 0 or 1. Fields broadcast against each other."""

    rows: Ints
    cols: Ints
    n: Ints
    m: Ints
    interleave: Ints
    interleave_cols_only: Ints
    adder_stages: Ints
    multiplier_stages: Ints
    has_bf16: Ints
    has_os: Ints
    has_ws: Ints
    chain_drain: Ints
    sore_lanes: Ints
    wuve_lanes: Ints
    vector_lanes: Ints
    activation_bytes: Ints
    weight_bytes: Ints
    output_bytes: Ints
    channels: Ints
    axi_bits: Ints
    board_has_uram: Ints

    @classmethod
    def of(cls, design: Design, board: Board) -> ResourceInputs:
        """Return the inputs of one design on ``board``."""
        array = design.array
        return cls(
            rows=array.rows,
            cols=array.cols,
            n=design.sparsity.n,
            m=design.sparsity.m,
            interleave=array.interleave,
            interleave_cols_only=int(array.interleave_axes == "cols"),
            adder_stages=array.adder_stages,
            multiplier_stages=array.multiplier_stages,
            has_bf16=int(design.numbers.operand == "bf16"),
            has_os=int("os" in array.dataflows),
            has_ws=int("ws" in array.dataflows),
            chain_drain=int(array.drain == "chain"),
            sore_lanes=design.lanes.sore,
            wuve_lanes=design.lanes.wuve,
            vector_lanes=design.lanes.vector,
            activation_bytes=design.buffers.activation_bytes,
            weight_bytes=design.buffers.weight_bytes,
            output_bytes=design.buffers.output_bytes,
            channels=design.memory.channels,
            axi_bits=design.memory.axi_bits,
            board_has_uram=int(board.resources.uram > 0),
        )


@dataclass(frozen=True)
class ResourceTable:
    """Resources of one module or design, or of many: int64 arrays. ``lut_as_memory`` is a part of ``lut``."""

    lut: Amounts
    lut_as_memory: Amounts
    ff: Amounts
    dsp: Amounts
    bram36: Amounts
    uram: Amounts


def table(
    lut: npt.ArrayLike = 0,
    lut_as_memory: npt.ArrayLike = 0,
    ff: npt.ArrayLike = 0,
    dsp: npt.ArrayLike = 0,
    bram36: npt.ArrayLike = 0,
    uram: npt.ArrayLike = 0,
) -> ResourceTable:
    """Return a table of whole numbers, the nearest ones and none below 0; what is not given is 0."""
    return ResourceTable(*(_whole(amount) for amount in (lut, lut_as_memory, ff, dsp, bram36, uram)))


def total(tables: Sequence[ResourceTable]) -> ResourceTable:
    """Return the sum of tables."""
    return ResourceTable(
        lut=_sum([t.lut for t in tables]),
        lut_as_memory=_sum([t.lut_as_memory for t in tables]),
        ff=_sum([t.ff for t in tables]),
        dsp=_sum([t.dsp for t in tables]),
        bram36=_sum([t.bram36 for t in tables]),
        uram=_sum([t.uram for t in tables]),
    )


def index_bits_of(m: Ints) -> Amounts:
    """ceil(log2 M) for M of 2 to 32, integers or arrays."""
    size = np.asarray(m)
    return np.asarray(sum(np.asarray(size > power, np.int64) for power in (1, 2, 4, 8, 16)), np.int64)


def ceil_div(amount: npt.ArrayLike, unit: npt.ArrayLike) -> Amounts:
    """Whole units that hold ``amount``; both are whole numbers, so the division is exact in integers."""
    return np.asarray(-(-np.asarray(amount, np.int64) // np.asarray(unit, np.int64)), np.int64)


def _whole(amount: npt.ArrayLike) -> Amounts:
    return np.asarray(np.rint(np.maximum(amount, 0)), np.int64)


def _sum(amounts: Sequence[Amounts]) -> Amounts:
    return np.asarray(sum(amounts), np.int64)
