"""The resource formulas: what each module of a design takes of an FPGA, in closed form.

One set of formulas serves a single design and arrays of a million: every field of ``ResourceInputs`` may be an
integer or an int64 array, and the fields broadcast. All numbers that are estimates come from
``arch.coefficients``; none is calibrated yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arch import coefficients as c
from arch.boards import Board
from arch.design import Design

Ints = int | npt.NDArray[np.int64]
Amounts = npt.NDArray[np.int64]

_OPERAND_BITS = 16
#: A recoded operand has one exponent bit more, so that the PEs meet no subnormals.
_RECODED_BITS = 17
_SUM_BITS = 32


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


def resource_table(inputs: ResourceInputs) -> ResourceTable:
    """Return the resources of whole designs: the sum over ``module_tables``."""
    tables = tuple(module_tables(inputs).values())
    return ResourceTable(
        lut=_sum([t.lut for t in tables]),
        lut_as_memory=_sum([t.lut_as_memory for t in tables]),
        ff=_sum([t.ff for t in tables]),
        dsp=_sum([t.dsp for t in tables]),
        bram36=_sum([t.bram36 for t in tables]),
        uram=_sum([t.uram for t in tables]),
    )


def module_tables(inputs: ResourceInputs) -> Mapping[str, ResourceTable]:
    """Return the resources of each module.

    ``dram_controllers`` and ``host_link`` are vendor blocks around the accelerator, in the total because they
    share its device.
    """
    return {
        "array": _array(inputs),
        "sore": _sore(inputs),
        "wuve": _wuve(inputs),
        "vector": _vector(inputs),
        "buffers": _buffers(inputs),
        "dma": _dma(inputs),
        "controller": _table(lut=c.CONTROLLER_LUT.value, ff=c.CONTROLLER_FF.value, bram36=c.CONTROLLER_BRAM36.value),
        "dram_controllers": _dram_controllers(inputs),
        "host_link": _table(lut=c.HOST_LUT.value, ff=c.HOST_FF.value, bram36=c.HOST_BRAM36.value),
    }


def _array(i: ResourceInputs) -> ResourceTable:
    """The PEs, rows x cols of them, and what stands around them."""
    pes, pe, edges = i.rows * i.cols, _pe(i), _edges(i)
    return _table(
        lut=pes * pe.lut + edges.lut,
        lut_as_memory=pes * pe.lut_as_memory + edges.lut_as_memory,
        ff=pes * pe.ff,
        dsp=pes * pe.dsp,
    )


def _pe(i: ResourceInputs) -> ResourceTable:
    """One PE.

    The multiply-add; an M:1 multiplexer that picks the activation; registers for a group of M of them, for the PE's
    own weight and for the one that passes, with their indices; and the registers of the links south. For OS, the
    ring's delay line of I - L sums, and the two chains for partial sums and for results, I words each.
    """
    chains = i.has_os * i.chain_drain
    ring = i.has_os * _ceil_div(np.maximum(i.interleave - i.adder_stages, 0), c.SRL_BITS.value)
    shift_registers = _SUM_BITS * (ring + 2 * chains * _ceil_div(i.interleave, c.SRL_BITS.value))
    # 2:1 multiplexers, two bits a LUT: sums start from the north or go on, own results or those from the north
    # leave, and where both dataflows exist, sums or partial sums go south.
    choices = (2 * chains + i.has_os * i.has_ws) * (_SUM_BITS // 2)
    pick_lut = _RECODED_BITS * _ceil_div(i.m, c.MUX_INPUTS_PER_LUT.value)
    adder_ff = (i.adder_stages - c.REFERENCE_ADDER_STAGES.value) * c.ADDER_STAGE_FF.value
    multiply_add_ff = c.PE_FF.value + adder_ff + i.multiplier_stages * c.MULTIPLIER_STAGE_FF.value
    operands_ff = _RECODED_BITS * i.m + 2 * (_RECODED_BITS + index_bits_of(i.m))
    links_ff = i.chain_drain * (1 + i.has_os) * _SUM_BITS
    return _table(
        lut=c.PE_LUT.value + c.PE_CONTROL_LUT.value + pick_lut + choices + shift_registers,
        lut_as_memory=shift_registers,
        ff=multiply_add_ff + operands_ff + links_ff,
        dsp=c.PE_DSP.value,
    )


def _edges(i: ResourceInputs) -> ResourceTable:
    """What stands around the PEs.

    A recoder for each operand that enters; delay lines that start row r and column c their r and c clocks later and
    let all columns leave together, and in WS hold row r's raw activations r x L steps more; the result queue.
    """
    west = i.m * (
        _RECODED_BITS * _staircase(i.rows, 1) + i.has_ws * _OPERAND_BITS * _staircase(i.rows - 1, i.adder_stages)
    )
    north = (_RECODED_BITS + index_bits_of(i.m) + _SUM_BITS) * _staircase(i.cols, 1)
    # The queue holds a word for each clock that a result is on its way, and two more.
    queue = i.cols * _ceil_div(i.rows + i.cols + 2, c.SRL_BITS.value)
    south = _SUM_BITS * (_staircase(i.cols - 1, 1) + queue)
    memory = i.chain_drain * (west + north + south)
    return _table(lut=(i.rows * i.m + i.cols) * c.RECODER_LUT.value + memory, lut_as_memory=memory)


def _staircase(lines: Ints, step: Ints) -> Amounts:
    """LUTs a bit of as many delay lines, ``step``, 2 x ``step``, ... cycles long, each taken as the mean one."""
    return lines * _ceil_div(step * (lines + 1), 2 * c.SRL_BITS.value)


def _sore(i: ResourceInputs) -> ResourceTable:
    """Lanes that prune an M-wide row a cycle.

    A lane compares all pairs of a group, ranks the elements and selects N of them, once for row groups and once
    for column groups, which a double buffer of M x M elements transposes.
    """
    pairs = i.m * (i.m - 1) / 2
    compare = _ceil_div(_OPERAND_BITS - 1, c.COMPARATOR_BITS_PER_LUT.value)
    slot_bits = _OPERAND_BITS + index_bits_of(i.m)
    select = i.n * slot_bits * _ceil_div(i.m, c.MUX_INPUTS_PER_LUT.value)
    network_lut = pairs * compare + 2 * pairs * c.RANK_LUT.value + select
    network_ff = i.m * (_OPERAND_BITS + index_bits_of(i.m)) + pairs + i.n * slot_bits
    transpose = _OPERAND_BITS * i.m * _ceil_div(2 * i.m, c.SRL_BITS.value)
    return _table(
        lut=i.sore_lanes * (2 * network_lut + transpose),
        lut_as_memory=i.sore_lanes * transpose,
        ff=i.sore_lanes * 2 * network_ff,
    )


def _wuve(i: ResourceInputs) -> ResourceTable:
    """Lanes of the FP32 optimiser, one weight a cycle each."""
    return _fp32_lanes(i.wuve_lanes, c.WUVE_MULTIPLIERS.value, c.WUVE_ADDERS.value, c.CONVERT_LUT.value)


def _vector(i: ResourceInputs) -> ResourceTable:
    """Lanes of the vector unit, one element a cycle each."""
    other = c.CONVERT_LUT.value + c.VECTOR_OTHER_LUT.value
    return _fp32_lanes(i.vector_lanes, c.VECTOR_MULTIPLIERS.value, c.VECTOR_ADDERS.value, other)


def _fp32_lanes(lanes: Ints, multipliers: float, adders: float, other_lut: float) -> ResourceTable:
    lut = multipliers * c.FP32_MUL_LUT.value + adders * c.FP32_ADD_LUT.value + other_lut
    ff = multipliers * c.FP32_MUL_FF.value + adders * c.FP32_ADD_FF.value
    return _table(lut=lanes * lut, ff=lanes * ff, dsp=lanes * multipliers * c.FP32_MUL_DSP.value)


def _buffers(i: ResourceInputs) -> ResourceTable:
    """Activation, weight and output buffer.

    The activation and the output buffer are UltraRAM where the board has it and the buffer is large enough,
    else block RAM; the weight buffer, wide and shallow, is always block RAM.
    """
    activation_uram = _is_uram(i.activation_bytes, i.board_has_uram)
    output_uram = _is_uram(i.output_bytes, i.board_has_uram)
    activation_width = activation_read_bits(i)
    weight_width = i.cols * (_OPERAND_BITS + index_bits_of(i.m))
    output_width = i.cols * (_SUM_BITS + _SUM_BITS)
    bram36 = (
        (1 - activation_uram) * _blocks(i.activation_bytes, activation_width, c.BRAM36_DATA_BITS.value)
        + _blocks(i.weight_bytes, weight_width, c.BRAM36_DATA_BITS.value)
        + (1 - output_uram) * _blocks(i.output_bytes, output_width, c.BRAM36_DATA_BITS.value)
    )
    uram = activation_uram * _blocks(
        i.activation_bytes, activation_width, c.URAM_DATA_BITS.value
    ) + output_uram * _blocks(i.output_bytes, output_width, c.URAM_DATA_BITS.value)
    return _table(lut=3 * c.BUFFER_CONTROL_LUT.value, ff=3 * c.BUFFER_CONTROL_FF.value, bram36=bram36, uram=uram)


def activation_read_bits(i: ResourceInputs) -> Amounts:
    """Bits the activation buffer delivers to the array in one cycle, at most.

    OS that may interleave over rows changes every row's group each cycle; over columns only, a group serves
    N x I cycles. WS feeds each run of N rows, which share a group, a new group each cycle.
    """
    group_bits = i.m * _OPERAND_BITS
    per_row = i.rows * group_bits
    os_bits = np.where(i.interleave_cols_only, _ceil_div(per_row, i.n * i.interleave), per_row)
    ws_bits = _ceil_div(i.rows, i.n) * group_bits
    return np.maximum(i.has_os * os_bits, i.has_ws * ws_bits).astype(np.int64)


def _is_uram(capacity_bytes: Ints, board_has_uram: Ints) -> Amounts:
    large = np.asarray(capacity_bytes) >= c.URAM_THRESHOLD_BYTES.value
    return np.asarray(large * np.asarray(board_has_uram), dtype=np.int64)


def _blocks(capacity_bytes: Ints, width_bits: Ints, block_bits: float) -> Amounts:
    """RAM blocks of a double buffer: each half holds half of the capacity and delivers the whole width."""
    for_capacity = _ceil_div(capacity_bytes * 4, block_bits)
    for_width = _ceil_div(width_bits, c.RAM_WORD_BITS.value)
    return np.asarray(2 * np.maximum(for_capacity, for_width), dtype=np.int64)


def _dma(i: ResourceInputs) -> ResourceTable:
    """One DMA engine with an AXI4 master a channel, a FIFO of the bus' width in each direction."""
    lut = c.DMA_LUT.value + c.DMA_LUT_PER_BIT.value * i.axi_bits
    ff = c.DMA_FF.value + c.DMA_FF_PER_BIT.value * i.axi_bits
    fifo_blocks = c.DMA_FIFOS.value * _ceil_div(i.axi_bits, c.RAM_WORD_BITS.value)
    return _table(lut=i.channels * lut, ff=i.channels * ff, bram36=i.channels * fifo_blocks)


def _dram_controllers(i: ResourceInputs) -> ResourceTable:
    return _table(
        lut=i.channels * c.DRAM_CONTROLLER_LUT.value,
        ff=i.channels * c.DRAM_CONTROLLER_FF.value,
        dsp=i.channels * c.DRAM_CONTROLLER_DSP.value,
        bram36=i.channels * c.DRAM_CONTROLLER_BRAM36.value,
    )


def index_bits_of(m: Ints) -> Amounts:
    """ceil(log2 M) for M of 2 to 32, integers or arrays."""
    size = np.asarray(m)
    return np.asarray(sum(np.asarray(size > power, np.int64) for power in (1, 2, 4, 8, 16)), np.int64)


def _ceil_div(amount: npt.ArrayLike, unit: npt.ArrayLike) -> Amounts:
    """Whole units that hold ``amount``; both are whole numbers, so the division is exact in integers."""
    return np.asarray(-(-np.asarray(amount, np.int64) // np.asarray(unit, np.int64)), np.int64)


def _table(
    lut: npt.ArrayLike = 0,
    lut_as_memory: npt.ArrayLike = 0,
    ff: npt.ArrayLike = 0,
    dsp: npt.ArrayLike = 0,
    bram36: npt.ArrayLike = 0,
    uram: npt.ArrayLike = 0,
) -> ResourceTable:
    return ResourceTable(*(_whole(amount) for amount in (lut, lut_as_memory, ff, dsp, bram36, uram)))


def _whole(amount: npt.ArrayLike) -> Amounts:
    return np.asarray(np.ceil(amount), np.int64)


def _sum(amounts: Sequence[Amounts]) -> Amounts:
    return np.asarray(sum(amounts), np.int64)
