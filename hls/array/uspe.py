"""The USPE: one multiply-add a step on packed operands, dense being M:M, output- or weight-stationary.

Everything in a PE advances by steps: a step is a clock in which its ``en`` is high. ``en`` itself hops one PE
a clock, so a PE at row r and column c lives r + c clocks behind the first one, and when the array is held, the
hold travels over it as a wave. No operand needs a valid bit, and no net spans the array. Nothing is reset: steps of
before a reset stay ahead of those after it, and a new tile takes nothing that they leave.
"""

from __future__ import annotations

from amaranth.hdl import Array, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring

from heddle.arch.design import Design
from heddle.arch.formats import FP32
from heddle.arch.timing import ring_cycles
from heddle.hls.array.control import CONTROL, Source
from heddle.hls.array.links import ElementLinks, group_layout, weight_layout
from heddle.hls.fp.accumulator import Accumulator
from heddle.hls.fp.multiplier import Multiplier
from heddle.hls.fp.selection import Selection
from heddle.hls.stream.delay import quick_registers, registers


class Uspe(wiring.Component):
    """One processing element. Its ports are those of its links (``heddle.hls.array.links``) to the four sides.

    Ports
    -----
    en : Signal(1), in; en_east : Signal(1), out
        Take a step; the same a clock later, for the east neighbour.
    control : CONTROL, in; control_east : Control, out
    group : M recoded operands, in; group_east : out
        The activation group. It is held until ``load_group``, here and on the way east.
    weight : recoded operand and index, in; weight_south : out
        Passes south one row a step; ``load_weight`` takes what stands at the input as this PE's own.
    partial : Signal(32), in; partial_south : Signal(32), out
        FP32 partial sums that OS goes on from, passed on after I steps.
    sums : Signal(32), in; sums_south : Signal(32), out
        FP32 sums on their way south. OS: this PE's own I results, then what came from the north I steps ago. WS:
        the sum from the north plus this PE's product.

    Timing, in steps from operands at the inputs: 1 to the operand registers, ``multiplier_stages`` to the product,
    ``adder_stages`` to the sum, 1 to ``sums_south``. Initiation interval 1. In OS a sum is back at the adder after
    max(I, adder_stages) steps: I independent outputs take turns, and adder and delay line are all the storage.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        super().__init__(ElementLinks(design).ports)

    def elaborate(self, platform: object) -> Module:
        """Build operand registers, the multiply-add, its ring, and the two chains."""
        m = Module()
        control, own_weight = self._operands(m)
        array = self.design.array
        operand = self.design.numbers.operand_format
        m.submodules.multiplier = multiplier = Multiplier(operand, array.multiplier_stages)
        m.submodules.adder = adder = Accumulator(operand, array.adder_stages)
        m.submodules.selection = selection = Selection(self.design.sparsity.m, len(own_weight.value.as_value()))
        m.d.comb += [
            selection.words.eq(self.group_east),
            selection.index.eq(own_weight.index),
            multiplier.en.eq(self.en),
            multiplier.a.eq(selection.chosen),
            multiplier.b.eq(own_weight.value),
            adder.en.eq(self.en),
            adder.product.eq(multiplier.product),
            adder.addend.eq(self._addend(m, control, adder.sum)),
        ]
        self._chains(m, control, adder.sum)
        return m

    def _operands(self, m: Module) -> tuple[data.View, data.View]:
        """Registers of control and operands; return this PE's control and its own weight."""
        control = Signal(CONTROL, reset_less=True)
        group = Signal(group_layout(self.design), reset_less=True)
        passing = Signal(weight_layout(self.design), reset_less=True)
        own = Signal(weight_layout(self.design), reset_less=True)
        m.d.comb += self.en_east.eq(registers(m, self.en, 1, name="en_link"))
        with m.If(self.en):
            m.d.sync += [control.eq(self.control), passing.eq(self.weight)]
            with m.If(self.control.load_group):
                m.d.sync += group.eq(self.group)
            with m.If(self.control.load_weight):
                m.d.sync += own.eq(self.weight)
        m.d.comb += [self.control_east.eq(control), self.group_east.eq(group), self.weight_south.eq(passing)]
        return control, own

    def _addend(self, m: Module, control: data.View, total: Value) -> Value:
        """What the product is added to; which of them, ``source`` says."""
        array = self.design.array
        if "os" not in array.dataflows:
            return self.sums
        spare = ring_cycles(array.interleave, array.adder_stages) - array.adder_stages
        ring = quick_registers(m, total, spare, self.en, name="ring")
        source = quick_registers(m, control.source.as_value(), array.multiplier_stages, self.en, name="source")
        choices = {Source.RING: ring, Source.PARTIAL: self.partial, Source.ZERO: Const(0, FP32.width)}
        choices[Source.SUMS] = self.sums if "ws" in array.dataflows else choices[Source.ZERO]
        return Array(choices[place] for place in Source.__members__.values())[source]

    def _chains(self, m: Module, control: data.View, total: Value) -> None:
        """The way south for sums, and in OS that for partial sums."""
        array = self.design.array
        if "os" in array.dataflows:
            latency = array.multiplier_stages + array.adder_stages
            emit = registers(m, control.emit, latency, self.en, name="emit")
            above = quick_registers(m, self.sums, array.interleave, self.en, name="sums")
            total = Mux(emit, total, above)
            passed = registers(m, self.partial, array.interleave, self.en, name="partial")
            m.d.comb += self.partial_south.eq(registers(m, passed, 1, self.en, name="partial_link"))
        m.d.comb += self.sums_south.eq(registers(m, total, 1, self.en, name="sums_link"))
