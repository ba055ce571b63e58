"""A quotient and its remainder, a bit a clock: for what an instruction asks for once."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class SlowDivider(wiring.Component):
    """Unsigned division, bit by bit from the highest.

    Ports
    -----
    dividend, divisor : ``bits``, in
        Taken with ``start``; the divisor is not 0.
    start : Signal(1), in
    quotient, remainder : ``bits``, out
        True from ``bits`` + 1 clocks after ``start`` until the next one.
    is_done : Signal(1), out
        They are true.

    Latency ``bits`` + 1 clocks; a next ``start`` may come whenever ``is_done``.
    """

    def __init__(self, bits: int) -> None:
        self.bits = bits
        members = {name: In(bits) for name in ("dividend", "divisor")}
        super().__init__({**members, "start": In(1), "quotient": Out(bits), "remainder": Out(bits), "is_done": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """Shift the dividend into the remainder, and subtract the divisor wherever it fits."""
        m = Module()
        divisor = Signal(self.bits, reset_less=True)
        left = Signal(range(self.bits + 1))
        partial = Cat(self.quotient[-1], self.remainder)
        fits = partial >= divisor
        m.d.comb += [self.is_done.eq(left == 0)]
        with m.If(left != 0):
            m.d.sync += [
                left.eq(left - 1),
                self.remainder.eq(Mux(fits, partial - divisor, partial)),
                self.quotient.eq(Cat(fits, self.quotient[:-1])),
            ]
        with m.If(self.start):
            m.d.sync += [left.eq(self.bits), divisor.eq(self.divisor), self.quotient.eq(self.dividend)]
            m.d.sync += self.remainder.eq(0)
        return m
