"""The watchdog: how long nothing has moved."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.register_map import REGISTER_BITS


class Watchdog(wiring.Component):
    """Says when nothing has moved for as long as a limit allows.

    Ports
    -----
    runs : Signal(1), in
        A program runs; the count begins anew with each.
    moves : Signal(1), in
        Something moves in this clock.
    limit : Signal(32), in
        Clocks without a move that are allowed, 0 for any number. It may change at any time.
    late : Signal(1), out
        Nothing has moved in the last ``limit`` clocks.

    Latency ``latency`` = 2 clocks from the clock after the last one that is allowed. The width is a register's: at
    200 MHz 32 bits are 21 seconds, and no memory that works is silent so long. The count stays at its end.
    """

    latency = 2

    def __init__(self) -> None:
        super().__init__({"runs": In(1), "moves": In(1), "limit": In(REGISTER_BITS), "late": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """Count, and compare a clock later: neither chain of carries is in the other's way."""
        m = Module()
        silent = Signal(REGISTER_BITS)
        is_alive = self.moves | ~self.runs
        with m.If(is_alive):
            m.d.sync += silent.eq(0)
        with m.Elif(~silent.all()):
            m.d.sync += silent.eq(silent + 1)
        m.d.sync += self.late.eq(self.runs & (self.limit != 0) & (silent >= self.limit))
        return m
