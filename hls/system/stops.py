"""Why a program was stopped: the first of all reasons that units find, and the instruction that it is about."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth.hdl import Const, Module, Mux, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.control.instruction import NUMBER_BITS, Stop

#: A reason that a unit may have found: whether it ``holds``, and what it is.
FOUND = data.StructLayout({"holds": 1, "stop": Stop, "number": NUMBER_BITS})


class FirstStop(wiring.Component):
    """Keeps the first reason why a program cannot go on.

    Ports
    -----
    begins : Signal(1), in
        A program begins in this clock: the last one's reason is forgotten.
    runs : Signal(1), in
        A program runs.
    found : array of FOUND, in
        What units have found; of those that hold in one clock the first counts.
    stop, number : Stop, Signal(32), out
        Why the program was stopped, NONE while it was not, and the instruction's number. They stay until ``begins``.

    Latency 1 clock.
    """

    def __init__(self, reasons: int) -> None:
        self.reasons = reasons
        super().__init__(
            {
                "begins": In(1),
                "runs": In(1),
                "found": In(data.ArrayLayout(FOUND, reasons)),
                "stop": Out(Stop),
                "number": Out(NUMBER_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Choose from the last to the first, so that the first wins."""
        m = Module()
        every = [self.found[place] for place in range(self.reasons)]
        stop: Value = Const(Stop.NONE)
        number: Value = Const(0, NUMBER_BITS)
        for found in reversed(every):
            stop, number = Mux(found.holds, found.stop, stop), Mux(found.holds, found.number, number)
        with m.If(self.begins):
            m.d.sync += [self.stop.eq(Stop.NONE), self.number.eq(0)]
        with m.Elif(self.runs & (self.stop == Stop.NONE) & reduce(or_, (found.holds for found in every))):
            m.d.sync += [self.stop.eq(stop), self.number.eq(number)]
        return m
