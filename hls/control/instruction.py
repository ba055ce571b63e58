"""Instructions as layouts of the RTL, and why the controller refuses or ends a program."""

from __future__ import annotations

from amaranth.lib import enum

from heddle.arch.instruction_rules import Fault
from heddle.arch.instructions import INSTRUCTION_BYTES, Compute, Load, Opcode, Store, Sync
from heddle.hls.layout import layout_of

LOAD, COMPUTE, STORE, SYNC = (layout_of(kind) for kind in (Load, Compute, Store, Sync))
#: The layout of each kind of instruction.
LAYOUTS = {Opcode.LOAD: LOAD, Opcode.COMPUTE: COMPUTE, Opcode.STORE: STORE, Opcode.SYNC: SYNC}

#: An instruction as it comes from memory, whatever it is.
WORD_BITS = 8 * INSTRUCTION_BYTES
#: The number of an instruction in its program, from 0.
NUMBER_BITS = 32


class Stop(enum.Enum, shape=5):  # type: ignore[call-arg]  # its metaclass takes it
    """Why a program was stopped: what ``Fault`` says of an instruction, and what only the whole program shows.

    ``NO_END``: the last instruction is no SYNC last. ``GOES_ON``: SYNC last is not the last instruction.
    ``DEADLOCK``: a token never comes. ``TOO_MANY_TOKENS``: more of them than a counter holds. ``NO_PROGRAM``,
    ``OTHER_VERSION``, ``OTHER_DESIGN``, ``CHECKSUM``: its header, or its bytes, are not what they should be.
    ``READ_ERROR``, ``WRITE_ERROR``: memory said so. ``ARRAY``: the array refused a command. ``TIMEOUT``: nothing has
    moved for as long as the host allows. ``ABORTED``: the host said so.
    """

    NONE = Fault.NONE
    OPCODE = Fault.OPCODE
    BITS = Fault.BITS
    TOKENS = Fault.TOKENS
    EMPTY = Fault.EMPTY
    POSITIONS = Fault.POSITIONS
    GROUPS = Fault.GROUPS
    TAPS = Fault.TAPS
    NO_END = 8
    GOES_ON = 9
    DEADLOCK = 10
    TOO_MANY_TOKENS = 11
    NO_PROGRAM = 12
    OTHER_VERSION = 13
    OTHER_DESIGN = 14
    CHECKSUM = 15
    READ_ERROR = 16
    WRITE_ERROR = 17
    ARRAY = 18
    ALIGNMENT = Fault.ALIGNMENT
    TIMEOUT = 20
    ABORTED = 21
