"""What the left feeder takes: its recoders, its walk over the left operand, and the rows that hold two chunks of words.

Memories, registers of a read's groups and their choices follow from the structure. The rest is fitted to mapped feeders
(``heddle.arch.calibration.machine``), of which some took no part.
"""

from __future__ import annotations

import numpy as np

from heddle.arch.array_resources import recoder_lut
from heddle.arch.block_models import BlockModel, Counted, Features, blocks_abreast, part_of
from heddle.arch.design import GROUP_PORTS
from heddle.arch.isa import GROUP_SLOTS_BITS
from heddle.arch.lut_memory import line_ff, line_lut, queue_memory_lut
from heddle.arch.machine_widths import MachineWidths, bits_below
from heddle.arch.resource_inputs import Amounts, ResourceInputs, ResourceTable, ceil_div, table

#: Words of a row's memory up to which it is made of LUTs: a deeper one takes four of them or more for two bits, and is
#: block RAM.
LUT_WORDS = 64
_BLOCK_WORDS = 512
#: A LUT chooses one of four; so three choices less are left behind each.
_CHOICES = 3
#: Groups of a read above which their choice for a row takes more than that.
_MANY_GROUPS = 8
#: Choices of a transposer up to which more of them take more LUTs.
_MOST_TURNING = 7
#: Flags of a read: by row, turned, at once, empty; and the ends of its groups, its word and its chunk.
_FLAGS, _ENDS = 4, 3
#: Reads that are asked for before the first has come.
_PENDING_READS = 8
#: Bits beside a read's part that wait with it while its address is worked out.
_WITH_A_PART = 2
#: Of one bit of so many groups, group j of which is j clocks late: shift registers, and flip-flops.
_LATE_LUT, _LATE_FF = (
    np.concatenate([[0], np.cumsum(line(np.arange(max(GROUP_PORTS))))]) for line in (line_lut, line_ff)
)
#: LUTs and flip-flops of the reader's handshake.
_READER_LUT, _READER_FF = 14, 10
#: Slices of products of the walk, of three with an address, and of those more where an address is long.
_PRODUCTS_DSP, _BY_ADDRESS = 6, 3
_LEAST_PRODUCT_BITS, _LONG_PRODUCT_BITS, _MORE_DSP = 9, 18, 4


def left_feeder(i: ResourceInputs) -> ResourceTable:
    """Walk, addresses, reader, recoders, rows. A machine without a chain is a textbook's, and has no feeder."""
    parts = part_of(i, MachineWidths.of(i), LEFT_FEEDER)
    return table(
        lut=i.chain_drain * parts.lut,
        lut_as_memory=i.chain_drain * parts.lut_as_memory,
        ff=i.chain_drain * parts.ff,
        dsp=i.chain_drain * parts.dsp,
        bram36=i.chain_drain * parts.bram36,
    )


def _group_bits(i: ResourceInputs) -> Amounts:
    """Bits of a recoded group."""
    return i.m * i.recoded_bits


def _held_groups(i: ResourceInputs) -> Amounts:
    """OS: groups of a chunk; those of a read, but no more than the array has rows."""
    return np.where(i.has_os == 1, np.minimum(i.group_ports, i.rows), 1)


def _outputs(i: ResourceInputs) -> Amounts:
    """The most outputs of a PE that lie along rows: in OS all, where its links allow them."""
    return np.where((i.has_os == 1) & (i.interleave_cols_only == 0), i.interleave, 1)


def _hold_words(i: ResourceInputs) -> Amounts:
    """Words of both holds, of one group."""
    return 2 << bits_below(_outputs(i))


def _chunk_bits(i: ResourceInputs) -> Amounts:
    return bits_below(_held_groups(i) + 1) + 2 * GROUP_SLOTS_BITS + bits_below(_outputs(i))


def _place_bits(i: ResourceInputs) -> Amounts:
    """Bits that say where a read's element and its first row stand in their groups, and the slots of a group."""
    return 2 * bits_below(i.m) + GROUP_SLOTS_BITS


def _part_bits(i: ResourceInputs) -> Amounts:
    """Bits of what a read is for (``hls.feed.left_shape``)."""
    counts = 2 * bits_below(i.rows + 1) + bits_below(i.group_ports + 1)
    return _FLAGS + _place_bits(i) + counts + _ENDS + _chunk_bits(i)


def _row_bits(i: ResourceInputs) -> Amounts:
    """Bits that say for each row whether it takes a group of a read, and which."""
    return i.rows * (1 + bits_below(i.group_ports))


def _laying_bits(i: ResourceInputs) -> Amounts:
    """Bits of the same with its rows spelt out, and which groups are in the map."""
    return i.group_ports + _FLAGS + _place_bits(i) + _row_bits(i) + _ENDS + _chunk_bits(i)


def _walk(i: ResourceInputs, w: MachineWidths) -> Counted:
    """What a read is for waits in shift registers for its address; products of a short address are LUTs."""
    bits = w.left_address_bits
    products = _BY_ADDRESS * (bits >= _LEAST_PRODUCT_BITS) + _MORE_DSP * (bits >= _LONG_PRODUCT_BITS)
    return Counted(lut_as_memory=_part_bits(i) + _WITH_A_PART, dsp=_PRODUCTS_DSP + products)


def _walk_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    """Order and address of reads; for each row of the array a quotient among M, which group of a read it takes."""
    quotients = i.rows * bits_below(i.rows + i.m)
    return {
        "one": 1,
        "address_bits": w.left_address_bits,
        "ports": i.group_ports,
        "held_groups": _held_groups(i),
        "quotients": quotients,
        "choices": quotients * bits_below(i.m),
    }


def _walk_ff(i: ResourceInputs, w: MachineWidths) -> Features:
    """What a read is for, before its rows are spelt out and then."""
    return {"one": 1, "address_bits": w.left_address_bits, "row_bits": _row_bits(i), "rows": i.rows}


def _reader(i: ResourceInputs, w: MachineWidths) -> Counted:
    """Zeros in the place of a read's groups, and the queue of what is to become of reads."""
    memory = queue_memory_lut(1 + _laying_bits(i), np.asarray(_PENDING_READS))
    return Counted(
        lut=memory + i.group_ports * _group_bits(i) + _READER_LUT, lut_as_memory=memory, ff=np.asarray(_READER_FF)
    )


def _recoders(i: ResourceInputs, w: MachineWidths) -> Counted:
    return Counted(lut=i.group_ports * i.m * recoder_lut(i))


def _none(i: ResourceInputs, w: MachineWidths) -> Features:
    return {}


def _row(i: ResourceInputs, w: MachineWidths) -> Counted:
    """Each row's choice of a group, and its memory; block RAM has a register of its own."""
    bits, held = _group_bits(i), _held_groups(i)
    words = _hold_words(i) << np.where(held > 1, bits_below(held), 0)
    in_luts = words <= LUT_WORDS
    memory = i.rows * np.where(in_luts, queue_memory_lut(bits, words), 0)
    chosen = np.where(i.group_ports > 1, i.rows * bits * ceil_div(i.group_ports - 1, _CHOICES), 0)
    halves = ceil_div(words, np.asarray(_BLOCK_WORDS)) * blocks_abreast(bits)[1]
    return Counted(
        lut=memory + chosen,
        lut_as_memory=memory,
        ff=np.where(in_luts, i.rows * bits, 0),
        half_brams=np.where(in_luts, 0, i.rows * halves),
    )


def _row_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    return {
        "rows": i.rows,
        "places": i.rows * (i.group_ports - 1),
        "wide_choices": i.rows * _group_bits(i) * (i.group_ports > _MANY_GROUPS),
    }


def _words(i: ResourceInputs, w: MachineWidths) -> Counted:
    """A read's groups in a register; those behind the first on their way; transposers, and what waits for them.

    Group j of a read is laid j clocks later, from the third on by shift registers. A transposer of M x M operands holds
    two blocks in 16 M LUTs, and has two counters.
    """
    bits, held = _group_bits(i), _held_groups(i)
    lines_lut, lines_ff = bits * _LATE_LUT[held], bits * _LATE_FF[held]
    turned_bits = _FLAGS + _place_bits(i) + _row_bits(i) + _chunk_bits(i)
    memory = (
        16 * i.m * held + queue_memory_lut(turned_bits, i.m + 2) + queue_memory_lut(i.rows, _hold_words(i)) + lines_lut
    )
    counters = held * (4 + 2 * bits_below(i.m))
    return Counted(lut=memory, lut_as_memory=memory, ff=i.group_ports * bits + lines_ff + counters)


def _words_lut(i: ResourceInputs, w: MachineWidths) -> Features:
    """Groups of a read, of a transposer and on their way; rows, and which group each takes."""
    bits, held = _group_bits(i), _held_groups(i)
    return {
        "one": 1,
        "read": i.group_ports * bits,
        "turned": held * bits,
        "turning": held * bits * np.minimum(i.m - 1, _MOST_TURNING),
        "late": (held - 1) * bits,
        "row_bits": _row_bits(i),
        "late_rows": i.rows * (held - 1),
    }


def _words_ff(i: ResourceInputs, w: MachineWidths) -> Features:
    return {"one": 1, "row_bits": _row_bits(i), "late_rows": i.rows * (_held_groups(i) - 1)}


LEFT_FEEDER = (
    BlockModel("left_walk", _walk, _walk_lut, _walk_ff),
    BlockModel("left_reader", _reader, _none, _none),
    BlockModel("left_recoders", _recoders, _none, _none),
    BlockModel("left_row", _row, _row_lut, _none),
    BlockModel("left_words", _words, _words_lut, _words_ff),
)
