"""One word of a group by its index: a multiplexer that a technology may have cells for beside its LUTs."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from amaranth.hdl import Array, Module, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out


@runtime_checkable
class MultiplexerPlatform(Protocol):
    """An Amaranth platform that has wide multiplexers to give, where the plain description would become LUTs alone."""

    def get_selection(self, unit: Selection) -> Module:
        """Return what stands for ``unit``, connected to its ports."""


class Selection(wiring.Component):
    """chosen = words[index].

    Ports
    -----
    words : number words of width bits, in
    index : unsigned, in
        Below ``number``, a power of two.
    chosen : Signal(width), out

    Combinational.
    """

    def __init__(self, number: int, width: int) -> None:
        self.number = number
        words = data.ArrayLayout(unsigned(width), number)
        super().__init__({"words": In(words), "index": In((number - 1).bit_length()), "chosen": Out(width)})

    def elaborate(self, platform: object) -> Module:
        """Choose by case, from which Vivado infers wide multiplexers; or what the platform has for it."""
        if isinstance(platform, MultiplexerPlatform):
            return platform.get_selection(self)
        m = Module()
        m.d.comb += self.chosen.eq(Array(self.words[place] for place in range(self.number))[self.index])
        return m
