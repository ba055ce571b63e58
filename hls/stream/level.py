"""Levels: counts of words that come and go."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value


def count_level(m: Module, level: Signal, comes: Value, goes: Value) -> None:
    """Let ``level`` rise in each clock in which a word ``comes``, and fall in each in which one ``goes``.

    Whether they do is known late in a clock where it depends on who takes the word: too late for a carry. So a bit
    turns where all below it are set, or all are not: that is known before, and what is left to do is to choose.
    """
    rises = Cat(level[:place].all() if place else Const(1) for place in range(len(level)))
    falls = Cat(~level[:place].any() if place else Const(1) for place in range(len(level)))
    with m.If(comes & ~goes):
        m.d.sync += level.eq(level ^ rises)
    with m.Elif(goes & ~comes):
        m.d.sync += level.eq(level ^ falls)
