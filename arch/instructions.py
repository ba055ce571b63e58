"""The accelerator's instructions: LOAD, COMPUTE, STORE and SYNC, each a word of 512 bits.

Every instruction says all that it does; none depends on what an earlier one set up. Loads, computations and stores
wait in a queue each and run side by side, each queue in program order. What ties them are tokens (``Tokens``): of the
queues load, compute and store each neighbour counts the tokens that the other sends it. ``docs/isa.md`` says what each
field means to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from heddle.arch.isa import GROUP_SLOTS_BITS, INTERLEAVE_BITS, ArrayCommand, Encoded, bits, nested, signed_bits

#: Version of the instruction set: a program of another one is refused.
VERSION = 2
#: Bytes of every instruction: a beat of a 512-bit memory port.
INSTRUCTION_BYTES = 64

#: Instructions that wait in each queue. One more stands before the queues; what follows it is not seen yet.
QUEUE_INSTRUCTIONS = 8

#: No burst of AXI4 crosses a multiple of this, and no two tensors share such a page.
PAGE_BYTES = 4096
#: A byte address: 1 TiB.
ADDRESS_BITS = 40
#: Distance in memory between two pixels, rows or images.
STRIDE_BITS = 34
#: Positions along one axis of a map, and pixels of a tile: a linear layer's rows are one axis.
PLACE_BITS = 24
#: A first position of a window may lie before the map, as far as its padding reaches.
START_BITS = 16
#: Distance between taps, and between windows.
STEP_BITS = 8
#: Taps of a kernel, and groups of channels of a pixel.
TAP_BITS = 12
#: Elements of a pixel that follow each other: its channels.
ELEMENT_BITS = 18


class Opcode(IntEnum):
    """What an instruction is. VECTOR and UPDATE are reserved: a program that has one is refused."""

    LOAD = 1
    COMPUTE = 2
    STORE = 3
    SYNC = 4
    VECTOR = 5
    UPDATE = 6


OPCODE_BITS = 4


@dataclass(frozen=True, kw_only=True)
class Tokens(Encoded):
    """The tokens that an instruction takes before it begins, and gives when it is done; 1 is a token.

    The queues stand in the order load, compute, store: ``previous`` and ``next`` are the neighbours in it.
    """

    wait_previous: int = bits(1)
    wait_next: int = bits(1)
    signal_previous: int = bits(1)
    signal_next: int = bits(1)


NO_TOKENS = Tokens(wait_previous=0, wait_next=0, signal_previous=0, signal_next=0)


@dataclass(frozen=True, kw_only=True)
class Places(Encoded):
    """Where the pixels of a tile stand in memory: image after image, row after row, from a first pixel on.

    =====================  =========================================================================================
    ``address``            byte address of the pixel at position (0, 0) of the first pixel's image
    ``first_row``          the first pixel's position along rows
    ``first_col``          the same along columns
    ``row_positions``      positions along the rows of an image
    ``col_positions``      positions along its columns
    ``col_stride``         bytes from one pixel to the next
    ``row_stride``         bytes from one row of pixels to the next
    ``image_stride``       bytes from one image to the next
    ``pixels``             how many pixels
    ``elements``           elements of each, which lie one behind the other
    =====================  =========================================================================================
    """

    address: int = bits(ADDRESS_BITS)
    first_row: int = bits(PLACE_BITS)
    first_col: int = bits(PLACE_BITS)
    row_positions: int = bits(PLACE_BITS)
    col_positions: int = bits(PLACE_BITS)
    col_stride: int = bits(STRIDE_BITS)
    row_stride: int = bits(STRIDE_BITS)
    image_stride: int = bits(STRIDE_BITS)
    pixels: int = bits(PLACE_BITS)
    elements: int = bits(ELEMENT_BITS)


@dataclass(frozen=True, kw_only=True)
class Load(Encoded):
    """LOAD: a tile from memory into one half of the activation or the weight buffer, pixel after pixel.

    The activation buffer takes a pixel's elements in groups. The weight buffer takes them in words of the array's
    width: a pixel there is a slot of the reduction, and its elements are those of the tile's columns.

    =====================  =========================================================================================
    ``weight``             1: into the weight buffer; 0: into the activation buffer
    ``half``               the half of the buffer
    ``packed``             weight buffer: 1: the slots' indices lie in a plane of their own; 0: they are counted
    ``places``             where the tile stands
    ``index_address``      where ``packed``: byte address of the indices, whole bytes for each slot
    ``group_elements``     activation buffer: elements of a group; weight buffer: slots of a group
    =====================  =========================================================================================
    """

    opcode_of: ClassVar[Opcode] = Opcode.LOAD

    opcode: int = bits(OPCODE_BITS)
    tokens: Tokens = nested(Tokens)
    weight: int = bits(1)
    half: int = bits(1)
    packed: int = bits(1)
    places: Places = nested(Places)
    index_address: int = bits(ADDRESS_BITS)
    group_elements: int = bits(GROUP_SLOTS_BITS)


@dataclass(frozen=True, kw_only=True)
class Axis(Encoded):
    """What taps read along one axis of a map: tap t at position i the place start + t x tap_step + i x step.

    ``positions`` are walked, ``size`` places are stored: what lies outside is zero. ``taps`` of the kernel.
    """

    start: int = signed_bits(START_BITS)
    tap_step: int = bits(STEP_BITS)
    step: int = bits(STEP_BITS)
    positions: int = bits(PLACE_BITS)
    size: int = bits(PLACE_BITS)
    taps: int = bits(TAP_BITS)


@dataclass(frozen=True, kw_only=True)
class LeftWalk(Encoded):
    """How the left operand's groups are read from the pixels of the activation buffer.

    =====================  =========================================================================================
    ``turned``             0: the tile's rows are pixels, its reduction taps x channels (FF, BP);
                           1: its rows are taps x channels, its reduction pixels (WU)
    ``rows``, ``cols``     the walk along the map's rows and columns
    ``first_row``          the position of the tile's first pixel, along rows
    ``first_col``          the same, along columns
    ``origin``             stored pixel of the half that is (0, 0) of the first pixel's image; negative before the half
    ``first_tap``          the first of the kernel's taps, row by row, that the tile has
    ``taps``               how many taps follow it, itself included
    ``pixels``             pixels of the tile
    ``elements``           stored elements of a pixel
    =====================  =========================================================================================
    """

    turned: int = bits(1)
    rows: Axis = nested(Axis)
    cols: Axis = nested(Axis)
    first_row: int = bits(PLACE_BITS)
    first_col: int = bits(PLACE_BITS)
    origin: int = signed_bits(PLACE_BITS + 1)
    first_tap: int = bits(TAP_BITS)
    taps: int = bits(TAP_BITS)
    pixels: int = bits(PLACE_BITS)
    elements: int = bits(ELEMENT_BITS)


@dataclass(frozen=True, kw_only=True)
class Compute(Encoded):
    """COMPUTE: a command of the array, the halves that it reads and adds to, and the walk over the left operand.

    =====================  =========================================================================================
    ``left_half``          the half of the activation buffer
    ``right_half``         the half of the weight buffer
    ``out_half``           the half of the output buffer, for results and for the partial sums that they go on from
    ``command``            what the array is told
    ``cols``               columns of the tile
    ``group_elements``     elements of one activation group, as LOAD laid them down
    ``group_slots``        slots that one activation group serves: N of N:M, all its elements where dense
    ``walk``               how the left operand's groups are read
    =====================  =========================================================================================
    """

    opcode_of: ClassVar[Opcode] = Opcode.COMPUTE

    opcode: int = bits(OPCODE_BITS)
    tokens: Tokens = nested(Tokens)
    left_half: int = bits(1)
    right_half: int = bits(1)
    out_half: int = bits(1)
    command: ArrayCommand = nested(ArrayCommand)
    cols: int = bits(ELEMENT_BITS)
    group_elements: int = bits(GROUP_SLOTS_BITS)
    group_slots: int = bits(GROUP_SLOTS_BITS)
    walk: LeftWalk = nested(LeftWalk)


@dataclass(frozen=True, kw_only=True)
class Store(Encoded):
    """STORE: a result tile from one half of the output buffer to memory: its rows are pixels.

    =====================  =========================================================================================
    ``half``               the half of the output buffer
    ``wide``               1: elements are FP32; 0: they are rounded to the operand format
    ``ws``                 1: the results left the array weight-stationary; 0: output-stationary
    ``interleave_cols``    OS: the command's
    ``places``             where the rows go, and how many elements of each
    =====================  =========================================================================================
    """

    opcode_of: ClassVar[Opcode] = Opcode.STORE

    opcode: int = bits(OPCODE_BITS)
    tokens: Tokens = nested(Tokens)
    half: int = bits(1)
    wide: int = bits(1)
    ws: int = bits(1)
    interleave_cols: int = bits(INTERLEAVE_BITS)
    places: Places = nested(Places)


@dataclass(frozen=True, kw_only=True)
class Sync(Encoded):
    """SYNC: what follows begins when all before it is done and in memory. ``last``: the program ends here."""

    opcode_of: ClassVar[Opcode] = Opcode.SYNC

    opcode: int = bits(OPCODE_BITS)
    tokens: Tokens = nested(Tokens)
    last: int = bits(1)


Instruction = Load | Compute | Store | Sync
INSTRUCTIONS: dict[Opcode, type[Instruction]] = {kind.opcode_of: kind for kind in (Load, Compute, Store, Sync)}
