"""The least of some instructions' numbers."""

from __future__ import annotations

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.control.instruction import NUMBER_BITS

#: A number that counts only where it is ``valid``.
CANDIDATE = data.StructLayout({"valid": 1, "number": NUMBER_BITS})
_NONE = Const((1 << NUMBER_BITS) - 1, NUMBER_BITS)


class LeastNumber(wiring.Component):
    """Compares pairs, and pairs of what is left: two comparisons of 32 bits behind each other are too long for a clock.

    Ports
    -----
    candidates : array of CANDIDATE, in
    number : Signal(32), out
        The least of those that were valid; all ones where none was.

    Latency ``latency`` clocks: one to look at what is valid, and one for each halving. Throughput a choice a clock.
    """

    def __init__(self, candidates: int) -> None:
        self.latency = 1 + (candidates - 1).bit_length()
        super().__init__({"candidates": In(data.ArrayLayout(CANDIDATE, candidates)), "number": Out(NUMBER_BITS)})

    def elaborate(self, platform: object) -> Module:
        """A level of registers for each halving."""
        m = Module()
        every = [self.candidates[place] for place in range(self.candidates.shape().length)]
        left = self._level(m, 0, [Mux(each.valid, each.number, _NONE) for each in every])
        for level in range(1, self.latency):
            pairs = zip(left[::2], left[1::2], strict=False)
            odd = left[len(left) & ~1 :]
            left = self._level(m, level, [*(Mux(one < other, one, other) for one, other in pairs), *odd])
        m.d.comb += self.number.eq(left[0])
        return m

    def _level(self, m: Module, level: int, numbers: list[Value]) -> list[Value]:
        """``numbers`` a clock later."""
        held = [Signal(NUMBER_BITS, name=f"least_{level}_{place}", reset_less=True) for place in range(len(numbers))]
        m.d.sync += [register.eq(number) for register, number in zip(held, numbers, strict=True)]
        return list(held)
