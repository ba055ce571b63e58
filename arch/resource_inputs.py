"""What the resource formulas take and give: fields of one design or of a million, and counts of each resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.formats import BF16, FP32
from heddle.arch.instructions import PAGE_BYTES

Amounts = npt.NDArray[np.int64]
Ints = int | Amounts

SUM_BITS = FP32.width
_BYTE_BITS = 8
#: Beats of AXI4's longest burst.
MOST_BEATS = 256
_POWERS = np.array([1, 2, 4, 8, 16])
#: What the sequencer tells a row of PEs a step (hls.control.CONTROL).
CONTROL_BITS = 5


@dataclass(frozen=True)
class ResourceInputs:
    """What the resource formulas need of a design; flags are 0 or 1. Fields broadcast against each other.

    Whatever whole numbers it is made of, the fields are int64 arrays. ``slr_cuts`` alone are those of one array, the
    same for all designs.
    """

    rows: Amounts
    cols: Amounts
    n: Amounts
    m: Amounts
    interleave: Amounts
    interleave_cols_only: Amounts
    adder_stages: Amounts
    multiplier_stages: Amounts
    operand_bits: Amounts
    has_bf16: Amounts
    has_os: Amounts
    has_ws: Amounts
    chain_drain: Amounts
    sore_lanes: Amounts
    wuve_lanes: Amounts
    vector_lanes: Amounts
    activation_bytes: Amounts
    weight_bytes: Amounts
    output_bytes: Amounts
    group_ports: Amounts
    channels: Amounts
    axi_bits: Amounts
    board_has_uram: Amounts
    slr_cuts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "slr_cuts":
                object.__setattr__(self, field.name, np.asarray(getattr(self, field.name), np.int64))

    @property
    def queue_words(self) -> Amounts:
        """Words of the array's result queue: one for each clock that a result is on its way, and two more."""
        return self.rows + self.cols + len(self.slr_cuts) + 2

    @property
    def port_bits(self) -> Amounts:
        """Bits of a word between memory and the load and store units: of all channels together."""
        return self.channels * self.axi_bits

    @property
    def page_beats(self) -> Amounts:
        """Words of the longest burst, which is a page of each channel, or AXI4's most beats."""
        return np.minimum(PAGE_BYTES * _BYTE_BITS // self.axi_bits, MOST_BEATS)

    @property
    def recoded_bits(self) -> Amounts:
        """Bits of an operand in the PEs: one exponent bit more, so that they meet no subnormals."""
        return self.operand_bits + 1

    @classmethod
    def of(cls, design: Design, board: Board) -> ResourceInputs:
        """Return the inputs of one design on ``board``."""
        array = design.array
        values: dict[str, Any] = {
            "rows": array.rows,
            "cols": array.cols,
            "n": design.sparsity.n,
            "m": design.sparsity.m,
            "interleave": array.interleave,
            "interleave_cols_only": int(array.interleave_axes == "cols"),
            "adder_stages": array.adder_stages,
            "multiplier_stages": array.multiplier_stages,
            "operand_bits": design.numbers.operand_format.width,
            "has_bf16": int(design.numbers.operand_format == BF16),
            "has_os": int("os" in array.dataflows),
            "has_ws": int("ws" in array.dataflows),
            "chain_drain": int(array.drain == "chain"),
            "sore_lanes": design.lanes.sore,
            "wuve_lanes": design.lanes.wuve,
            "vector_lanes": design.lanes.vector,
            "activation_bytes": design.buffers.activation_bytes,
            "weight_bytes": design.buffers.weight_bytes,
            "output_bytes": design.buffers.output_bytes,
            "group_ports": design.buffers.group_ports,
            "channels": design.memory.channels,
            "axi_bits": design.memory.axi_bits,
            "board_has_uram": int(board.resources.uram > 0),
            "slr_cuts": array.slr_cuts,
        }
        return cls(**values)


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


def index_bits_of(m: Amounts) -> Amounts:
    """ceil(log2 M) for M of 2 to 32."""
    return np.searchsorted(_POWERS, m).astype(np.int64)


def ceil_div(amount: Ints, unit: Ints) -> Amounts:
    """Whole units that hold ``amount``; both are whole numbers, so the division is exact in integers."""
    return np.asarray(-(-amount // unit))


def _whole(amount: npt.ArrayLike) -> Amounts:
    return np.asarray(np.rint(np.maximum(amount, 0)), np.int64)


def _sum(amounts: Sequence[Amounts]) -> Amounts:
    return np.asarray(sum(amounts), np.int64)
