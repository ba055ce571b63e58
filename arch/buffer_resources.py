"""What the buffers of the whole machine take: their RAM blocks as synthesis infers them, and the words around these.

The activation buffer has a bank for each group that is put or read at once; the weight buffer is two memories, of
values and of indices; the output buffer is a memory for each half. All give their words through a queue, whose first
word stands in a register.
"""

from __future__ import annotations

import numpy as np

from heddle.arch import coefficients as c
from heddle.arch.block_models import (
    BlockModel,
    Counted,
    Features,
    head_lut,
    joined_lut,
    part_of,
    storage,
    storage_banks,
)
from heddle.arch.lut_memory import queue_memory_lut
from heddle.arch.machine_widths import MachineWidths, bits_below
from heddle.arch.resource_inputs import SUM_BITS, Amounts, Ints, ResourceInputs, ResourceTable, ceil_div

#: Words of a half, of which an UltraRAM is a quarter full.
_DEEP_ENOUGH_WORDS = 1024
#: Clocks of a memory, and places of the queue behind it beyond those.
_MEMORY_CLOCKS, _MORE_PLACES = 2, 2
_HALVES, _READERS = 2, 2
#: Bits of the place of a group that a clock of the turning takes.
_BITS_A_CLOCK = 2


def buffers(i: ResourceInputs, w: MachineWidths) -> ResourceTable:
    """Activation, weight and output buffer.

    The activation and the output buffer are UltraRAM where the board has it, and the buffer is large and deep enough,
    else block RAM; the weight buffer is always block RAM.
    """
    return part_of(i, w, BUFFERS)


def is_ultra(capacity_bytes: Ints, board_has_uram: Ints) -> Amounts:
    """1 where a buffer is large enough to be UltraRAM and the board has it; the weight buffer never is."""
    return np.asarray((capacity_bytes >= c.URAM_THRESHOLD_BYTES.value) * board_has_uram)


def _banks(i: ResourceInputs, w: MachineWidths) -> Amounts:
    return np.maximum(w.lanes, i.group_ports)


def _turning_layers(i: ResourceInputs) -> Amounts:
    return np.where(i.group_ports > 1, bits_below(i.group_ports), 0)


def _turning_clocks(i: ResourceInputs) -> Amounts:
    return ceil_div(_turning_layers(i), _BITS_A_CLOCK)


def _group_words(i: ResourceInputs, w: MachineWidths) -> tuple[Amounts, Amounts]:
    """Words of one bank, and whether they are in UltraRAM."""
    rows = ceil_div(w.left_groups, _banks(i, w))
    return _HALVES * rows, is_ultra(i.activation_bytes, i.board_has_uram) & (rows >= _DEEP_ENOUGH_WORDS)


def _group_buffer(i: ResourceInputs, w: MachineWidths) -> Counted:
    """Banks, with a choice among the lanes each, OR-ed where they are more than ports; groups turned and queued."""
    banks, group_bits = _banks(i, w), i.m * i.operand_bits
    bank = storage(group_bits, *_group_words(i, w))
    given_bits, clocks = i.group_ports * group_bits, _turning_clocks(i)
    memory = queue_memory_lut(given_bits, _MEMORY_CLOCKS + clocks + _MORE_PLACES)
    # As seen: a bank's choice among the lanes takes a LUT a bit for eight of them, and so does each clock of turning;
    # the first of these takes two where it has two layers of choices.
    put = banks * group_bits * np.where(w.lanes > 1, ceil_div(w.lanes, 8), 0)
    turned = clocks + (i.group_ports > 2)
    given = given_bits * (joined_lut(banks // i.group_ports) + turned + head_lut(_behind_the_head(i, w)))
    return Counted(
        lut=memory + put + given + banks * np.asarray(bank.lut),
        # Where a group stands is a shift register up to the third layer.
        lut_as_memory=memory + np.maximum(_turning_layers(i) - _BITS_A_CLOCK, 0),
        ff=banks * np.asarray(bank.ff) + (clocks + 1) * given_bits,
        half_brams=banks * np.asarray(bank.half_brams),
        uram=banks * np.asarray(bank.uram),
    )


def _behind_the_head(i: ResourceInputs, w: MachineWidths) -> Amounts:
    """RAM blocks that are OR-ed right before the queue's first word: those of a bank by itself that nothing turns."""
    return np.where(_banks(i, w) > 1, 1, storage_banks(*_group_words(i, w)))


def _group_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    """RAM blocks, and for each bank where it stands behind the first group."""
    banks = _banks(i, w)
    return {
        "one": 1,
        "rams": banks * storage_banks(*_group_words(i, w)),
        "places": banks * np.where(banks > 1, bits_below(banks), 0),
    }


def _group_ff(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "turned": i.group_ports > 1, "clocks": _turning_clocks(i)}


def _half_buffer(bits: Amounts, words: Amounts) -> Counted:
    """A memory of both halves, and its queue with the word that heads it."""
    memory, inner = queue_memory_lut(bits, np.asarray(_MEMORY_CLOCKS + _MORE_PLACES)), storage(bits, 2 * words, _BLOCK)
    return Counted(
        lut=memory + np.asarray(inner.lut) + bits * head_lut(storage_banks(2 * words, _BLOCK)),
        lut_as_memory=memory,
        ff=np.asarray(inner.ff) + bits,
        half_brams=inner.half_brams,
    )


#: The weight buffer is never UltraRAM.
_BLOCK = 0


def _values_buffer(i: ResourceInputs, w: MachineWidths) -> Counted:
    return _half_buffer(i.cols * i.operand_bits, w.right_words)


def _indices_buffer(i: ResourceInputs, w: MachineWidths) -> Counted:
    return _half_buffer(i.cols * w.index_bits, w.right_words)


def _right_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "rams": storage_banks(_HALVES * w.right_words, _BLOCK)}


def _constant(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1}


def _sums_ultra(i: ResourceInputs, w: MachineWidths) -> Amounts:
    return is_ultra(i.output_bytes, i.board_has_uram) & (w.out_words >= _DEEP_ENOUGH_WORDS)


def _sums_buffer(i: ResourceInputs, w: MachineWidths) -> Counted:
    """A memory for each half, for each reader the choice between them, and a queue with the word that heads it."""
    bits = SUM_BITS * i.cols
    inner = storage(bits, w.out_words, _sums_ultra(i, w))
    memory = _READERS * queue_memory_lut(bits, np.asarray(_MEMORY_CLOCKS + _MORE_PLACES))
    return Counted(
        lut=memory + _HALVES * np.asarray(inner.lut) + _READERS * bits * (1 + head_lut(1)),
        lut_as_memory=memory,
        ff=_HALVES * np.asarray(inner.ff) + _READERS * bits,
        half_brams=_HALVES * np.asarray(inner.half_brams),
        uram=_HALVES * np.asarray(inner.uram),
    )


def _sums_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "rams": storage_banks(w.out_words, _sums_ultra(i, w)), "address_bits": w.out_address_bits}


BUFFERS = (
    BlockModel("group_buffer", _group_buffer, _group_lut, _group_ff),
    BlockModel("values_buffer", _values_buffer, _right_lut, _constant),
    BlockModel("indices_buffer", _indices_buffer, _right_lut, _constant),
    BlockModel("sums_buffer", _sums_buffer, _sums_lut, _constant),
)
