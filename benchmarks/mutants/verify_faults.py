"""Faults that ``heddle verify`` of the design itself must catch, whatever else the suite has.

They are of kinds that other faults are not: control between tiles and commands, resets, full queues, words of too few
bits, special values, buffers. ``python -m benchmarks.mutants --set verify`` seeds just these.
"""

from __future__ import annotations

from benchmarks.mutants.verify_control_faults import CONTROL_FAULTS, HELD_UP_FAULTS, RESET_FAULTS
from benchmarks.mutants.verify_word_faults import BUFFER_FAULTS, VALUE_FAULTS, WIDTH_FAULTS

#: Kinds of faults, and those of each.
VERIFY_KINDS = {
    "control": CONTROL_FAULTS,
    "reset": RESET_FAULTS,
    "held up": HELD_UP_FAULTS,
    "widths": WIDTH_FAULTS,
    "special values": VALUE_FAULTS,
    "buffers": BUFFER_FAULTS,
}
VERIFY_FAULTS = tuple(fault for faults in VERIFY_KINDS.values() for fault in faults)
