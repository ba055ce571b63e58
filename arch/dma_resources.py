"""What the load and the store unit take: their engines on the memory port, and gearboxes between bytes and words.

All of it follows the width of the port: registers and rotators of a word, and the gearboxes' shifts and choices.
"""

from __future__ import annotations

import numpy as np

from heddle.arch.block_models import BlockModel, Counted, Features, is_no_power, part_of, ram_queue_halves
from heddle.arch.lut_memory import line_ff, line_lut
from heddle.arch.machine_widths import MachineWidths, bits_below
from heddle.arch.resource_inputs import SUM_BITS, Amounts, Ints, ResourceInputs, ResourceTable, ceil_div

#: Bytes that a rotator moves by, and what a beat says beside its data.
_STEP_BITS = 16
_RESPONSE_BITS = 2
#: Bits of the rotation's amount that a clock takes.
_BITS_A_CLOCK = 2
#: Bursts that may be outstanding.
_BURSTS = 8
_BYTE_BITS = 8


def dma(i: ResourceInputs, w: MachineWidths) -> ResourceTable:
    """Load and store unit."""
    return part_of(i, w, (*LOAD_UNIT, *STORE_UNIT))


def _moves_of_four(w: MachineWidths) -> Amounts:
    """Bits of words that a clock of a rotator moves by one of four distances, which a LUT does not always hold."""
    return w.port_bits * ((w.lane_bits - 1) // _BITS_A_CLOCK)


def _rotation_clocks(w: MachineWidths) -> Amounts:
    return ceil_div(w.lane_bits - 1, _BITS_A_CLOCK)


def _by_port(i: ResourceInputs, w: MachineWidths) -> Features:
    """Addresses, counts of bytes and of beats."""
    return {"one": 1, "lane_bits": w.lane_bits}


def _by_page(i: ResourceInputs, w: MachineWidths) -> Features:
    """Bytes of a page."""
    return {"one": 1, "page_bits": w.lane_bits + bits_below(w.page_beats)}


def _constant(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1}


def _nothing(i: ResourceInputs, w: MachineWidths) -> Counted:
    return Counted()


def _pieces(i: ResourceInputs, w: MachineWidths) -> Counted:
    """The queue of pieces of pixels."""
    return Counted(lut_as_memory=PIECES_LUT)


def _read_engine(i: ResourceInputs, w: MachineWidths) -> Counted:
    """A word in each clock of the rotator, in the queue's block RAM, held, and given; what goes along beside it."""
    clocks = _rotation_clocks(w)
    memory, registers = _beside(w, w.lane_bits + 2 + _RESPONSE_BITS)
    return Counted(
        lut=w.port_bits * (clocks + 1),
        lut_as_memory=_BURST_LUT + memory,
        ff=w.port_bits * (clocks + 2) + w.port_bits // _STEP_BITS + registers,
        half_brams=ram_queue_halves(w.port_bits + _RESPONSE_BITS, _BURSTS * w.page_beats),
    )


def _beside(w: MachineWidths, bits: Amounts) -> tuple[Amounts, Amounts]:
    """LUTs and flip-flops of so many bits beside a word in a rotator, and of its place, which comes a clock later.

    They are shift registers where the rotator takes three clocks.
    """
    clocks = _rotation_clocks(w)
    memory = bits * line_lut(clocks) + w.lane_bits * line_lut(clocks - 1)
    return memory, bits * line_ff(clocks) + w.lane_bits * line_ff(clocks - 1)


#: LUTs of the queue of bursts, up to 28 bits, and of that of pieces, up to 56 bits.
_BURST_LUT, PIECES_LUT = 16, 32


def _read_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "lane_bits": w.lane_bits, "moves_of_four": _moves_of_four(w)}


def _left_gearbox(i: ResourceInputs, w: MachineWidths) -> Counted:
    """Two words of bytes, a piece of them, and its groups."""
    return Counted(ff=4 * w.port_bits)


def _left_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    """Shifts of a piece, and the choice of each element of a group by the elements that a group has."""
    lane_choices = (w.lanes - 1) * i.m * (i.m - 1) // 2
    return {
        "one": 1,
        "shifted": _shifted_bits(w.lanes * i.m * i.operand_bits, i.operand_bits, w.port_bits),
        "chosen": lane_choices * i.operand_bits,
    }


def _left_ff(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "lane_bits": w.lane_bits, "m_bits": bits_below(i.m)}


def _shifted_bits(piece_bits: Amounts, unit_bits: Ints, word_bits: Amounts) -> Amounts:
    """Bits that a slicer's shift keeps behind its layers: two LUTs give one behind two layers, one behind the last.

    A layer that moves by 2^l units keeps the piece and what the later ones move by.
    """
    layers, shifted = bits_below(word_bits // unit_bits), np.asarray(0)
    for layer in range(0, _MOST_LAYERS, _BITS_A_CLOCK):
        kept = piece_bits + (unit_bits << np.asarray(layer)) - unit_bits
        shifted = shifted + kept * np.clip(layers - layer, 0, _BITS_A_CLOCK)
    return shifted


#: Layers of the widest shift: of 4,096 bits by single ones.
_MOST_LAYERS = 12


def _values_gearbox(i: ResourceInputs, w: MachineWidths) -> Counted:
    return _slots(i.cols, w.value_part, i.operand_bits, w.port_bits)


def _values_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    """Shifts of a piece, and where in the columns it goes."""
    return {
        "one": 1,
        "shifted": _shifted_bits(w.value_part * i.operand_bits, i.operand_bits, w.port_bits),
        "collected": (w.value_part < i.cols) * i.cols * i.operand_bits,
    }


def _indices_gearbox(i: ResourceInputs, w: MachineWidths) -> Counted:
    return _slots(i.cols, w.index_part, w.index_bits, w.port_bits)


def _indices_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    """Shifts of a piece, and which of its elements there are."""
    piece_bits = w.index_part * w.index_bits
    shifted = _shifted_bits(piece_bits, np.gcd(_BYTE_BITS, piece_bits), w.port_bits)
    return {"one": 1, "shifted": shifted, "elements": w.index_part}


def _slots(cols: Amounts, part: Amounts, element_bits: Amounts, port_bits: Amounts) -> Counted:
    """Two words of bytes, a piece of them, and the columns where they have several pieces."""
    return Counted(ff=2 * port_bits + (part + (part < cols) * cols) * element_bits)


def _slot_ff(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "lane_bits": w.lane_bits, "col_bits": bits_below(i.cols + 1)}


def _counter(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "m_bits": bits_below(i.m)}


def _load_rest(i: ResourceInputs, w: MachineWidths) -> Counted:
    """Queues of parts on their way, and the choice between indices that come and that are counted."""
    return Counted(lut=i.cols * w.index_bits, lut_as_memory=_PARTS_LUT, dsp=_index_bytes_dsp(i, w))


#: LUTs of the queues of parts on their way.
_PARTS_LUT = 40


def _index_bytes_dsp(i: ResourceInputs, w: MachineWidths) -> Amounts:
    """Slices of two products: of a slot's elements with the bits of an index, and of the bytes of those with pixels."""
    return 1 + is_no_power(w.index_bits)


def _load_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "address_bits": w.left_address_bits + 2 * w.right_address_bits}


def _narrowers(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"columns": w.narrow_part, "bf16_columns": w.narrow_part * i.has_bf16}


def _store_rest(i: ResourceInputs, w: MachineWidths) -> Counted:
    """Wide sums for as long as narrowing takes; a word in each clock of two rotators, and held; strobes beside it."""
    clocks, steps, packed = _rotation_clocks(w), w.port_bits // _STEP_BITS, _packed_bits(i, w)
    memory, registers = _beside(w, w.lane_bits + 2 + steps + 1)
    return Counted(
        lut=packed + w.port_bits * (clocks + 2),
        lut_as_memory=_BURST_LUT + _BURSTS + memory,
        ff=packed + w.port_bits * (clocks + 3) + steps + 2 * SUM_BITS * w.wide_part + registers,
    )


def _packed_bits(i: ResourceInputs, w: MachineWidths) -> Amounts:
    """Bits of the words in the packer's rotator that are not always 0: where a beat's are, and as far as they moved."""
    beat_bits = np.maximum(SUM_BITS * w.wide_part, i.operand_bits * w.narrow_part)
    clocks, packed = _rotation_clocks(w), np.asarray(0)
    for clock in range(1, _MOST_LAYERS // _BITS_A_CLOCK + 1):
        reached = np.minimum(w.port_bits, beat_bits + _STEP_BITS * ((1 << _BITS_A_CLOCK * clock) - 1))
        packed = packed + np.where(clock <= clocks, reached, 0)
    return packed


def _store_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    """Of a word of sums, the choice of the part that is narrowed and of the one that is not, then between the two."""
    narrow_ways, wide_ways = i.cols // w.narrow_part - 1, i.cols // w.wide_part - 1
    return {
        "one": 1,
        "moves_of_four": _moves_of_four(w),
        "beat": SUM_BITS * w.wide_part + i.operand_bits * w.narrow_part,
        "chosen": SUM_BITS * (w.narrow_part * narrow_ways + w.wide_part * wide_ways),
    }


READ_ENGINE = BlockModel("read_engine", _read_engine, _read_lut, _by_port)
COALESCER = BlockModel("coalescer", _pieces, _by_page, _by_page)
PLACE_WALK = BlockModel("place_walk", _nothing, _constant, _constant)
LOAD_UNIT = (
    PLACE_WALK,
    COALESCER,
    READ_ENGINE,
    BlockModel("left_gearbox", _left_gearbox, _left_lut, _left_ff),
    BlockModel("values_gearbox", _values_gearbox, _values_lut, _slot_ff),
    BlockModel("indices_gearbox", _indices_gearbox, _indices_lut, _slot_ff),
    BlockModel("index_counter", _nothing, _counter, _counter),
    BlockModel("load_unit", _load_rest, _load_lut, _load_lut),
)
STORE_UNIT = (
    PLACE_WALK,
    COALESCER,
    BlockModel("narrower", _nothing, _narrowers, _narrowers),
    BlockModel("store_unit", _store_rest, _store_lut, _by_port),
)
