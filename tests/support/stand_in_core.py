"""A small component with the array's streams and its way of using them, for tests of the machinery around it."""

from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.emit import Block, Rtl, emit_rtl

LANES = 3
LANE_BITS = 32
TOP = "stand_in"
LANE = "stand_in_lane"


#: How many results to make, and whether each goes on from a partial sum.
ORDER = data.StructLayout({"words": 16, "reload": 1})


class Lane(wiring.Component):
    """sum = a x b + partial, a clock later, modulo 2^32."""

    def __init__(self) -> None:
        super().__init__({"en": In(1), "a": In(16), "b": In(16), "partial": In(LANE_BITS), "sum": Out(LANE_BITS)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        with m.If(self.en):
            m.d.sync += self.sum.eq(self.a * self.b + self.partial)
        return m


class StandIn(wiring.Component):
    """Multiplies words of ``left`` and ``right`` lane by lane, adds words of ``partial``: a result a clock."""

    def __init__(self) -> None:
        operands, sums = data.ArrayLayout(16, LANES), data.ArrayLayout(LANE_BITS, LANES)
        super().__init__(
            {
                "command": In(stream.Signature(ORDER)),
                "left": In(stream.Signature(operands)),
                "right": In(stream.Signature(operands)),
                "partial": In(stream.Signature(sums)),
                "result": Out(stream.Signature(sums)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        left = Signal(16)
        reload = Signal()
        step = Signal()
        room = Signal()
        there = Signal()
        m.d.comb += [
            self.command.ready.eq(left == 0),
            room.eq(~self.result.valid | self.result.ready),
            there.eq(self.left.valid & self.right.valid & (self.partial.valid | ~reload)),
            step.eq((left != 0) & room & there),
            self.left.ready.eq(step),
            self.right.ready.eq(step),
            self.partial.ready.eq(step & reload),
        ]
        with m.If(self.command.valid & self.command.ready):
            m.d.sync += [left.eq(self.command.payload.words), reload.eq(self.command.payload.reload)]
        with m.If(step):
            m.d.sync += left.eq(left - 1)
        with m.If(room):
            m.d.sync += self.result.valid.eq(step)
        for lane in range(LANES):
            partial = Signal(LANE_BITS, name=f"partial{lane}")
            with m.If(reload):
                m.d.comb += partial.eq(self.partial.payload[lane])
            m.submodules[f"lane{lane}"] = Instance(
                LANE,
                i_clk=ClockSignal(),
                i_rst=ResetSignal(),
                i_en=step,
                i_a=self.left.payload[lane],
                i_b=self.right.payload[lane],
                i_partial=partial,
                o_sum=self.result.payload[lane],
            )
        return m


def stand_in_rtl() -> Rtl:
    """The component and its lane, emitted."""
    return emit_rtl(Block(TOP, StandIn), [Block(LANE, Lane)])
