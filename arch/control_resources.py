"""What controls the machine takes: fetch, dispatch, registers, preparation, the right feeder and the sums' feeders.

Counters and comparisons of an instruction's fields are most of it, so it depends little on the design.
"""

from __future__ import annotations

import numpy as np

from heddle.arch.block_models import BlockModel, Counted, Features, is_no_power, part_of
from heddle.arch.dma_resources import PIECES_LUT, READ_ENGINE
from heddle.arch.instructions import INSTRUCTION_BYTES
from heddle.arch.machine_widths import MachineWidths, bits_below
from heddle.arch.resource_inputs import SUM_BITS, Amounts, ResourceInputs, ResourceTable

#: Bits of a product from which on synthesis takes a DSP slice for it.
_LEAST_PRODUCT_BITS = 9
#: Slices of products of two fields: groups, slots and elements of taps, three kinds of runs, two for a fold's results.
_PREPARED_DSP = 8
#: LUTs of the queues of instructions, and of the queue of a reader.
_QUEUES_LUT, _PENDING_LUT = 792, 8


def controller(i: ResourceInputs, w: MachineWidths) -> ResourceTable:
    """Fetch, dispatch, registers, preparation, feeders of weights and sums, and what stands between the parts."""
    return part_of(i, w, CONTROLLER)


def _nothing(i: ResourceInputs, w: MachineWidths) -> Counted:
    return Counted()


def _constant(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1}


def _fetch(i: ResourceInputs, w: MachineWidths) -> Counted:
    """Of a word that has several instructions, those that wait; and the queue of pieces of its coalescer."""
    waiting_bits = np.maximum(w.port_bits - 8 * INSTRUCTION_BYTES, 0)
    return Counted(lut=waiting_bits, lut_as_memory=PIECES_LUT, ff=waiting_bits)


def _fetch_ff(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "lane_bits": w.lane_bits}


def _dispatch(i: ResourceInputs, w: MachineWidths) -> Counted:
    return Counted(lut_as_memory=_QUEUES_LUT)


def _prepare(i: ResourceInputs, w: MachineWidths) -> Counted:
    """Of its products, those with the words of a row and with a tile's results have a constant factor."""
    return Counted(dsp=_PREPARED_DSP + is_no_power(i.rows - 1) + is_no_power(i.rows * i.interleave))


def _right_feeder(i: ResourceInputs, w: MachineWidths) -> Counted:
    """Zeros in the place of a word, and the queue of what is read."""
    return Counted(lut=i.cols * (i.operand_bits + w.index_bits), lut_as_memory=_PENDING_LUT)


def _right_features(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "address_bits": w.right_address_bits, "row_bits": bits_below(i.rows)}


def _partial_feeder(i: ResourceInputs, w: MachineWidths) -> Counted:
    """Zeros in the place of a word, and the queue of what is read."""
    return Counted(lut=SUM_BITS * i.cols, lut_as_memory=_PENDING_LUT, dsp=_lines_dsp(i, w))


def _result_writer(i: ResourceInputs, w: MachineWidths) -> Counted:
    return Counted(dsp=_lines_dsp(i, w))


def _lines_dsp(i: ResourceInputs, w: MachineWidths) -> Amounts:
    """Products of a number of lines with the words of one: a slice for each number that is no power of two.

    Shorter products than an address of nine bits are LUTs.
    """
    products = is_no_power(i.rows) + is_no_power(i.rows - 1) + is_no_power(2 * i.rows - 1)
    return np.where(w.out_address_bits >= _LEAST_PRODUCT_BITS, products, 0)


def _sums_features(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "address_bits": w.out_address_bits}


CONTROLLER = (
    BlockModel("fetch", _fetch, _constant, _fetch_ff),
    READ_ENGINE,
    BlockModel("dispatch", _dispatch, _constant, _constant),
    BlockModel("registers", _nothing, _constant, _constant),
    BlockModel("prepare", _prepare, _constant, _constant),
    BlockModel("right_feeder", _right_feeder, _right_features, _right_features),
    BlockModel("partial_feeder", _partial_feeder, _sums_features, _sums_features),
    BlockModel("result_writer", _result_writer, _sums_features, _sums_features),
    BlockModel("accelerator", _nothing, _constant, _constant),
)
