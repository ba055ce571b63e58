"""What passes between sequencer and array: where an instruction stands, and what a step does and needs."""

from __future__ import annotations

from amaranth.hdl import signed
from amaranth.lib import data, enum

from heddle.arch.isa import COUNT_BITS, GROUP_SLOTS_BITS, INTERLEAVE_BITS, INTERVAL_BITS
from heddle.hls.array.command import COMMAND


class Source(enum.Enum, shape=2):  # type: ignore[call-arg]  # its metaclass takes it
    """Where a multiply-add takes its other addend.

    OS: from the PE's own ring, from the chain of partial sums, or nowhere (+0). WS: the sum from the north.
    """

    RING = 0
    PARTIAL = 1
    ZERO = 2
    SUMS = 3


#: What the array is told a step, hopping east with the activations. ``load_group``, ``load_weight``: take the
#: operand that stands at the input, or hold the last one. ``emit``: the sum that this step leads to goes south.
CONTROL = data.StructLayout({"load_group": 1, "load_weight": 1, "source": Source, "emit": 1})

#: What counters are compared with, computed as a command is taken so that no step waits for a subtraction: the last
#: value of each, or the one before it where the step that leads to the last says so, and the step behind it asks a
#: register. ``single_phase``, ``single_slot``: the first is the last. ``last_fresh_tile``: of the tiles that begin with
#: no sums. ``phase_before_coming``: in the next one partial sums of the next tile come in; below 0 where they do in
#: all, which ``comes_at_once`` says.
ENDS = data.StructLayout(
    {
        "phase_before_last": INTERVAL_BITS,
        "single_phase": 1,
        "tile_before_last": COUNT_BITS,
        "last_fresh_tile": COUNT_BITS,
        "slot": COUNT_BITS,
        "slot_before_last": COUNT_BITS,
        "single_slot": 1,
        "group_slot": GROUP_SLOTS_BITS,
        "col": INTERLEAVE_BITS,
        "phase_before_coming": signed(INTERVAL_BITS + 1),
        "comes_at_once": 1,
    }
)

#: Where the sequencer stands in an instruction. ``running``: this step belongs to a tile. ``lead``: it belongs to
#: the prologue in which the first tile's partial sums come in, where the command takes them. ``phase``: steps since the
#: tile's start, which ``last_phase`` ends. ``last_tile``, ``fresh_tile``: which of the instruction's tiles it is.
PROGRESS = data.StructLayout(
    {
        "command": COMMAND,
        "ends": ENDS,
        "running": 1,
        "lead": 1,
        "phase": INTERVAL_BITS,
        "last_phase": 1,
        "last_tile": 1,
        "fresh_tile": 1,
    }
)

#: Which streams a step takes a word from, and whether its results are words that leave.
NEEDS = data.StructLayout({"left": 1, "right": 1, "partial": 1, "result": 1})
