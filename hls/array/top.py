"""The array core by itself, as it is emitted beside the machine: its left operands come raw."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, connect, flipped

from heddle.arch.design import Design
from heddle.hls.array.core import ArrayCore
from heddle.hls.array.links import raw_group_layout
from heddle.hls.fp.recode import recode_groups


def raw_left_layout(design: Design) -> data.ArrayLayout:
    """A step's activations as users give them: for each row a group of M raw operands."""
    return data.ArrayLayout(raw_group_layout(design), design.array.rows)


class ArrayTop(wiring.Component):
    """``ArrayCore`` with a recoder for each of the R x M left operands.

    Ports
    -----
    left : stream of R x M raw operands, in
    all others
        ``ArrayCore``'s, and so are latency and throughput.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        self.core = ArrayCore(design)
        others = {name: member for name, member in self.core.signature.members.items() if name != "left"}
        super().__init__({"left": In(stream.Signature(raw_left_layout(design))), **others})

    def elaborate(self, platform: object) -> Module:
        """Recoders ahead of the core's left stream."""
        m = Module()
        m.submodules.core = core = self.core
        for name, member in core.signature.members.items():
            if name == "left":
                continue
            inner, outer = getattr(core, name), getattr(self, name)
            if member.is_port:
                m.d.comb += outer.eq(inner)
            elif member.flow is wiring.Out:
                connect(m, inner, flipped(outer))
            else:
                connect(m, flipped(outer), inner)
        m.d.comb += [core.left.valid.eq(self.left.valid), self.left.ready.eq(core.left.ready)]
        recode_groups(m, self.design.numbers.operand_format, self.left.payload, core.left.payload)
        return m
