"""The array's command as a layout of the RTL, and what the RTL says of commands: dataflows, causes of refusal."""

from __future__ import annotations

from amaranth.lib import enum

from heddle.arch.command_rules import Refusal
from heddle.arch.isa import ArrayCommand
from heddle.hls.layout import layout_of

#: The fields of ``heddle.arch.isa.ArrayCommand``, in their order.
COMMAND = layout_of(ArrayCommand)


class Dataflow(enum.Enum, shape=1):  # type: ignore[call-arg]  # its metaclass takes it
    """How the array works; a command's flag ``ws`` has the same values."""

    OS = 0
    WS = 1


class Cause(enum.Enum, shape=4):  # type: ignore[call-arg]  # its metaclass takes it
    """Why a command is refused: ``Refusal``, which knows of no RTL, in the bits of a port."""

    NONE = Refusal.NONE
    DATAFLOW = Refusal.DATAFLOW
    TILES = Refusal.TILES
    LENGTH = Refusal.LENGTH
    INTERVAL = Refusal.INTERVAL
    GROUP_SLOTS = Refusal.GROUP_SLOTS
    INTERLEAVE_COLS = Refusal.INTERLEAVE_COLS
    FRESH_TILES = Refusal.FRESH_TILES
    SETTLE = Refusal.SETTLE
    RELOAD = Refusal.RELOAD
