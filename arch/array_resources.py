"""What the array takes: PEs, recoders, delay lines, waiting operands, and the core around them.

Shift registers, group registers and DSP slices follow from the RTL's structure and are counted. The logic that
synthesis optimises (adders, multipliers, choices, the sequencer) is a sum of features with fitted coefficients:
``heddle.arch.calibration`` says on which designs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from heddle.arch.calibration import fitted
from heddle.arch.design import MOST_SLR_CUTS
from heddle.arch.lut_memory import (
    SHORT_RING_WORDS,
    line_ff,
    line_lut,
    queue_banks,
    queue_memory_lut,
    quick_line_ff,
    quick_line_lut,
    ring_memory_lut,
    ring_select_lut,
)
from heddle.arch.resource_inputs import (
    CONTROL_BITS,
    SUM_BITS,
    Amounts,
    ResourceInputs,
    ResourceTable,
    index_bits_of,
    table,
    total,
)

Features = Mapping[str, npt.ArrayLike]
#: DSP slices of a PE: one multiplies, one aligns the product with the sum and adds.
PE_DSP = 2


def array(i: ResourceInputs) -> ResourceTable:
    """Rows x cols PEs and all that stands around them."""
    inner = pe(i)
    pes = i.rows * i.cols
    grid = table(lut=pes * inner.lut, lut_as_memory=pes * inner.lut_as_memory, ff=pes * inner.ff, dsp=pes * inner.dsp)
    return total([_less_border(i, grid), _recoders(i), _lines(i), _waits(i), core(i), _cuts(i)])


def pe(i: ResourceInputs) -> ResourceTable:
    """One PE within the array."""
    memory, registers = _pe_chains(i)
    features = pe_features(i)
    return table(
        lut=memory + fitted("pe", "lut", features),
        lut_as_memory=memory,
        ff=registers + _pe_operands_ff(i) + fitted("pe", "ff", features),
        dsp=PE_DSP,
    )


def pe_exact(i: ResourceInputs) -> tuple[Amounts, Amounts]:
    """LUTs and flip-flops of one PE that are counted and not fitted."""
    memory, registers = _pe_chains(i)
    return memory, registers + _pe_operands_ff(i)


def pe_features(i: ResourceInputs) -> Features:
    """What the fitted part of a PE depends on: depths, the group's size, dataflows, the operand's format."""
    both = i.has_os * i.has_ws
    return {
        "one": 1,
        **{f"adder_stages_{k}": i.adder_stages == k for k in range(2, 7)},
        **{f"multiplier_stages_{k}": i.multiplier_stages == k for k in range(1, 4)},
        "group_of_more_than_4": np.maximum(i.m - 4, 0),
        "group_of_2": i.m == 2,
        "os": i.has_os,
        "both_dataflows": both,
        "os_latency": i.has_os * (i.adder_stages + i.multiplier_stages),
        "bf16": i.has_bf16,
        # Which bits of a product round to nothing goes along beside the slice.
        "bf16_rounding_registers": i.has_bf16 * np.minimum(i.multiplier_stages, 1 + (i.multiplier_stages == 3)),
    }


def core(i: ResourceInputs) -> ResourceTable:
    """Sequencer, handshakes, result queue, the registers ahead of the partial sums, the choice of dataflow by row."""
    counted, registers = core_exact(i)
    features = core_features(i)
    return table(
        lut=counted + fitted("core", "lut", features),
        lut_as_memory=_core_memory(i)[0],
        ff=registers + fitted("core", "ff", features),
    )


def core_exact(i: ResourceInputs) -> tuple[Amounts, Amounts]:
    """LUTs and flip-flops of the core that are counted and not fitted.

    The queue holds a word for each clock that a result is on its way, and two more. Partial sums wait for the operand
    register and the multiplier; the first of these registers clears them where an instruction has none, so it is in no
    shift register. The enable hops from row to row with control and dataflow, and from column to column with whether
    there are partial sums. Beside OS, each row in WS but the first chooses what has waited.
    """
    memory, registers = _core_memory(i)
    chosen = i.has_os * i.has_ws * (i.rows - 1) * (CONTROL_BITS + i.recoded_bits * i.m)
    banks = SUM_BITS * i.cols * (queue_banks(i.queue_words) - 1)
    return memory + chosen + banks, registers


def _core_memory(i: ResourceInputs) -> tuple[Amounts, Amounts]:
    """LUTs as memory and flip-flops of the result queue and of the registers that partial sums wait in."""
    sums = SUM_BITS * i.cols
    memory = queue_memory_lut(sums, i.queue_words) + sums * line_lut(i.multiplier_stages)
    to_row = 1 + CONTROL_BITS + i.has_os * i.has_ws
    cuts = len(i.slr_cuts)
    arriving = i.rows + i.cols + cuts
    groups = i.rows * i.recoded_bits * i.m
    registers = sums * (1 + line_ff(i.multiplier_stages)) + (i.rows + cuts) * to_row + 2 * i.cols + arriving + groups
    return memory, registers


def core_features(i: ResourceInputs) -> Features:
    """What the fitted part of the core depends on: the sequencer is that of the dataflows, and counts to I and R."""
    return {
        "one": 1,
        "os": i.has_os,
        "both_dataflows": i.has_os * i.has_ws,
        "rows": i.rows,
        "cols": i.cols,
    }


def _pe_operands_ff(i: ResourceInputs) -> Amounts:
    """The group, the PE's own weight and the one that passes, and the registers south of the chains."""
    weight = i.recoded_bits + index_bits_of(i.m)
    return i.recoded_bits * i.m + 2 * weight + SUM_BITS


def _pe_chains(i: ResourceInputs) -> tuple[Amounts, Amounts]:
    """LUTs and flip-flops of the ring's delay of I - L sums, of the chain of results and of that of partial sums.

    The chain of results is I words and the register south, which is counted elsewhere; partial sums and their register
    are one line.
    """
    ring = np.maximum(i.interleave - i.adder_stages, 0)
    chains = i.has_os * i.chain_drain
    lut = i.has_os * quick_line_lut(ring) + chains * (quick_line_lut(i.interleave) + line_lut(i.interleave + 1))
    ff = i.has_os * quick_line_ff(ring) + chains * (quick_line_ff(i.interleave) + line_ff(i.interleave + 1))
    return SUM_BITS * lut, SUM_BITS * ff


def _less_border(i: ResourceInputs, grid: ResourceTable) -> ResourceTable:
    """The grid without what nothing reads: in the last row the chain of partial sums and the weight that passes."""
    chains = i.has_os * i.chain_drain * i.cols
    line = i.interleave + 1
    lut = SUM_BITS * chains * line_lut(line)
    weight_ff = i.cols * (i.recoded_bits + index_bits_of(i.m))
    east_ff = i.rows
    return table(
        lut=grid.lut - lut,
        lut_as_memory=grid.lut_as_memory - lut,
        ff=grid.ff - SUM_BITS * chains * line_ff(line) - weight_ff - east_ff,
        dsp=grid.dsp,
    )


def _cuts(i: ResourceInputs) -> ResourceTable:
    """A register on all that a column passes over a die boundary: a weight, its sum, and in OS its partial sum."""
    weight = i.recoded_bits + index_bits_of(i.m)
    return table(ff=len(i.slr_cuts) * i.cols * (weight + SUM_BITS + i.has_os * SUM_BITS))


def recoder_features(i: ResourceInputs) -> Features:
    """What a recoder depends on: the operand's format."""
    return {"one": 1, "bf16": i.has_bf16}


def _recoders(i: ResourceInputs) -> ResourceTable:
    """A recoder and its register for each weight that enters; left operands come recoded."""
    return table(lut=i.cols * recoder_lut(i), ff=i.cols * i.recoded_bits)


def recoder_lut(i: ResourceInputs) -> npt.NDArray[np.float64]:
    """LUTs of a recoder."""
    return fitted("recoders", "lut", recoder_features(i))


def _lines(i: ResourceInputs) -> ResourceTable:
    """Row r's group is r clocks and its cuts late; so are columns behind their recoders; results catch up."""
    group, weight = i.recoded_bits * i.m, index_bits_of(i.m) + SUM_BITS
    lut, ff = (
        group * _late_by_rows(sums, i)
        + (i.recoded_bits + SUM_BITS) * _late_by_none(sums, i.cols)
        + weight * _late_by_one(sums, i.cols)
        for sums in (_LINE_LUTS, _LINE_FFS)
    )
    return table(lut=i.chain_drain * lut, lut_as_memory=i.chain_drain * lut, ff=i.chain_drain * ff)


def _late_by_rows(sums: Amounts, i: ResourceInputs) -> Amounts:
    """The sum over a one-bit line for each row: 0, 1, ... clocks long, but for a length at each cut.

    The row above cut c, counted from 0, waits cut - 1 + c clocks and the row below it cut + c + 1, so no line is
    cut + c clocks long.
    """
    late = sums[i.rows + len(i.slr_cuts)]
    for c, cut in enumerate(i.slr_cuts):
        late = late - (sums[cut + c + 1] - sums[cut + c])
    return late


def _late_by_none(sums: Amounts, lines: Amounts) -> Amounts:
    """The sum over as many one-bit lines, 0, 1, ... clocks long."""
    return sums[lines]


def _late_by_one(sums: Amounts, lines: Amounts) -> Amounts:
    """The sum over as many one-bit lines, 1, 2, ... clocks long."""
    return sums[lines + 1]


def _waits(i: ResourceInputs) -> ResourceTable:
    """In WS row r's control and activations wait r x L steps, each row in a memory of its own."""
    bits = CONTROL_BITS + i.recoded_bits * i.m
    at = (i.adder_stages, i.rows)
    memory = ring_memory_lut(bits, 2) * _SHORT_WAITS[at] + bits * _WAIT_BANKS[at]
    logic = bits * _WAIT_SELECTS[at] + _WAIT_POINTERS[at]
    ws = i.has_ws * i.chain_drain
    return table(lut=ws * (memory + logic), lut_as_memory=ws * memory, ff=ws * _WAIT_POINTERS[at])


def _sums_over_rows(cost: Callable[[Amounts], Amounts]) -> Amounts:
    """[adder stages, rows]: the sum of ``cost`` over the words that rows 1 to rows - 1 wait."""
    stages, rows = np.ogrid[: _MOST_STAGES + 1, :_MOST_ROWS]
    return np.concatenate(
        [np.zeros((_MOST_STAGES + 1, 1), np.int64), np.cumsum(cost(stages * rows), axis=1, dtype=np.int64)], axis=1
    )


_MOST_STAGES, _MOST_ROWS = 6, 512
_CLOCKS = np.arange(_MOST_ROWS + MOST_SLR_CUTS + 1)
#: [lines]: shift registers and flip-flops of one-bit lines 0, 1, ..., lines - 1 clocks long.
_LINE_LUTS = np.concatenate([[0], np.cumsum(line_lut(_CLOCKS))])
_LINE_FFS = np.concatenate([[0], np.cumsum(line_ff(_CLOCKS))])
#: A wait of one step is a register in the RTL; it is counted as a short one.
_SHORT_WAITS = _sums_over_rows(lambda words: np.where((words > 0) & (words <= SHORT_RING_WORDS), 1, 0))
_WAIT_BANKS = _sums_over_rows(lambda words: np.where(words > SHORT_RING_WORDS, ring_memory_lut(1, words), 0))
_WAIT_SELECTS = _sums_over_rows(lambda words: ring_select_lut(1, words))
_WAIT_POINTERS = _sums_over_rows(lambda words: np.ceil(np.log2(np.maximum(words, 1))).astype(np.int64))
