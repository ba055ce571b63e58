"""Levels: counts of words that come and go."""

from __future__ import annotations

from amaranth.hdl import Module, Signal, Value

#: yosys would choose what to add first and then add: behind the choice, which is known late.
_KEPT = {"keep": 1}


def count_level(m: Module, level: Signal, comes: Value, goes: Value) -> None:
    """Let ``level`` rise in each clock in which a word ``comes``, and fall in each in which one ``goes``.

    Whether they do is known late in a clock where that depends on who takes the word. So both neighbours of the level
    are worked out beside it, and what is left to do then is to choose one.
    """
    more, less = (Signal.like(level, name=f"{level.name}_{which}", attrs=_KEPT) for which in ("more", "less"))
    m.d.comb += [more.eq(level + 1), less.eq(level - 1)]
    with m.If(comes & ~goes):
        m.d.sync += level.eq(more)
    with m.Elif(goes & ~comes):
        m.d.sync += level.eq(less)
