"""What passes between sequencer and array: where an instruction stands, and what a step does and needs."""

from __future__ import annotations

from enum import IntEnum

from amaranth.lib import data

from heddle.arch.isa import INTERVAL_BITS
from heddle.hls.array.command import COMMAND


class Source(IntEnum):
    """Where a multiply-add takes its other addend.

    OS: from the PE's own ring, from the chain of partial sums, or nowhere (+0). WS: the sum from the north.
    """

    RING = 0
    PARTIAL = 1
    ZERO = 2
    SUMS = 3


SOURCE_BITS = 2

#: What the array is told a step, hopping east with the activations. ``load_group``, ``load_weight``: take the
#: operand that stands at the input, or hold the last one. ``emit``: the sum that this step leads to goes south.
CONTROL = data.StructLayout({"load_group": 1, "load_weight": 1, "source": SOURCE_BITS, "emit": 1})

#: Where the sequencer stands in an instruction. ``running``: this step belongs to a tile. ``lead``: it belongs to
#: the prologue in which the first tile's partial sums come in. ``phase``: steps since the tile's start, which
#: ``last_phase`` ends. ``last_tile``, ``fresh_tile``: which of the instruction's tiles it is.
PROGRESS = data.StructLayout(
    {
        "command": COMMAND,
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
