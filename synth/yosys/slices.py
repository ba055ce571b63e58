"""What yosys does not find by itself in UltraScale+.

It finds the product in a multiply-add, but neither its registers nor its sum. It takes three LUTs a bit to choose one
of eight, where two and the multiplexer beside them do.
"""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, ClockSignal, Const, Instance, Module, Signal, Value

from heddle.hls.fp.lookup import Lookup
from heddle.hls.fp.multiply_add import B_BITS, TOTAL_BITS, MultiplyAdd
from heddle.hls.fp.selection import Selection

_CELL, _TIMED_CELL = "DSP48E2", "DSP48E1"
_A_PORT_BITS = 30
#: A LUT chooses one of 4. Multiplexers beside the LUTs join two of them, two such pairs, two of those (AMD UG574).
_BY_A_LUT = 4
_CHOICE_OF_4 = sum((entry >> (entry >> _BY_A_LUT) & 1) << entry for entry in range(64))
_MULTIPLEXERS = {8: "MUXF7", 16: "MUXF8", 32: "MUXF9"}
_PRODUCT_AND_C = Const(0b000110101, 9)  # OPMODE (AMD UG579): X and Y the product, Z the port C


def with_timed_slices(text: str) -> str:
    """``text`` with the slices of Artix-7, of which yosys knows the timing arcs, in place of UltraScale+'s.

    Both have the same registers and ports. The older one multiplies only 25 x 18 bits and has no W in its mode, so
    this is for times and nothing else.
    """
    return text.replace(_CELL, _TIMED_CELL)


class UltraScaleSlices:
    """The platform that gives each multiply-add a DSP slice, and each selection the multiplexers beside the LUTs."""

    def get_selection(self, unit: Selection) -> Module:
        """Return LUTs and multiplexers in place of ``unit``."""
        m = Module()
        words = [unit.words[place] for place in range(unit.number)]
        m.d.comb += unit.chosen.eq(_chosen(m, words, unit.index))
        return m

    def get_lookup(self, unit: Lookup) -> Module:
        """Return a LUT for each bit in place of ``unit``."""
        m = Module()
        inputs = {f"i_I{place}": bit for place, bit in enumerate(unit.index)}
        for place, bit in enumerate(unit.word):
            m.submodules += Instance("LUT6", p_INIT=Const(unit.ones(place), len(unit.words)), **inputs, o_O=bit)
        return m

    def get_multiply_add(self, unit: MultiplyAdd) -> Module:
        """Return a slice in place of ``unit``."""
        m = Module()
        registers = unit.registers
        total, b, c = Signal(TOTAL_BITS), Signal(B_BITS), Signal(TOTAL_BITS)
        m.d.comb += [b.eq(unit.b), unit.total.eq(total)]
        if unit.c_bits:
            m.d.comb += c.eq(unit.c)
        m.submodules.slice = Instance(
            _CELL,
            p_AREG=int(registers.operands),
            p_ACASCREG=int(registers.operands),
            p_BREG=int(registers.operands),
            p_BCASCREG=int(registers.operands),
            p_CREG=int(registers.addend),
            p_MREG=int(registers.product),
            p_PREG=int(registers.total),
            p_ADREG=0,
            p_DREG=0,
            p_ALUMODEREG=0,
            p_CARRYINREG=0,
            p_CARRYINSELREG=0,
            p_INMODEREG=0,
            p_OPMODEREG=0,
            p_USE_MULT="MULTIPLY",
            i_CLK=ClockSignal(),
            i_CEA2=unit.en,
            i_CEB2=unit.en,
            i_CEC=unit.en,
            i_CEM=unit.en,
            i_CEP=unit.en,
            i_A=Cat(unit.a, Const(0, _A_PORT_BITS - len(unit.a))),
            i_B=b,
            i_C=c,
            i_OPMODE=_PRODUCT_AND_C,
            i_ALUMODE=Const(0, 4),
            i_INMODE=Const(0, 5),
            i_CARRYINSEL=Const(0, 3),
            i_CARRYIN=Const(0, 1),
            o_P=total,
        )
        return m


def _chosen(m: Module, words: Sequence[Value], index: Value) -> Value:
    """The word at ``index``, by halves down to what a LUT chooses from."""
    number = len(words)
    if number < _BY_A_LUT:
        return Array(words)[index]
    if number == _BY_A_LUT:
        return Cat(_by_a_lut(m, [*bits, *index]) for bits in zip(*words, strict=True))
    half = number // 2
    below, above = (_chosen(m, part, index[:-1]) for part in (words[:half], words[half:]))
    chosen = Signal.like(below)
    for bit in range(len(chosen)):
        joined = Instance(_MULTIPLEXERS[number], i_I0=below[bit], i_I1=above[bit], i_S=index[-1], o_O=chosen[bit])
        m.submodules += joined
    return chosen


def _by_a_lut(m: Module, inputs: Sequence[Value]) -> Signal:
    """One of the first four ``inputs``, as the last two say."""
    chosen = Signal()
    ports = {f"i_I{place}": bit for place, bit in enumerate(inputs)}
    m.submodules += Instance("LUT6", p_INIT=Const(_CHOICE_OF_4, 64), **ports, o_O=chosen)
    return chosen
