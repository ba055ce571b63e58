"""A table of few words: a function of up to six bits, which is one LUT for each bit that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from amaranth.hdl import Cat, Const, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

#: Inputs of a LUT.
INDEX_BITS = 6


@runtime_checkable
class LookupPlatform(Protocol):
    """An Amaranth platform that has LUTs to give, where a mapper would share parts of bits and end with more."""

    def get_lookup(self, unit: Lookup) -> Module:
        """Return what stands for ``unit``, connected to its ports."""


class Lookup(wiring.Component):
    """word = words[index], of ``width`` bits.

    Ports
    -----
    index : Signal(6), in
    word : Signal(width), out

    Combinational. Raises ValueError for another number of words than 64.
    """

    def __init__(self, words: Sequence[int], width: int) -> None:
        if len(words) != 1 << INDEX_BITS:
            raise ValueError(f"a lookup has {1 << INDEX_BITS} words, not {len(words)}")
        self.words = tuple(words)
        super().__init__({"index": In(INDEX_BITS), "word": Out(width)})

    def ones(self, place: int) -> int:
        """Return the bit at ``place`` of every word, that of words[0] lowest."""
        return sum((word >> place & 1) << entry for entry, word in enumerate(self.words))

    def elaborate(self, platform: object) -> Module:
        """Shift each bit's column of the table; or what the platform has for it."""
        if isinstance(platform, LookupPlatform):
            return platform.get_lookup(self)
        m = Module()
        columns = (Const(self.ones(place), len(self.words)) for place in range(len(self.word)))
        m.d.comb += self.word.eq(Cat((column >> self.index)[0] for column in columns))
        return m
