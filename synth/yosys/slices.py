"""DSP slices for yosys, which finds the product in a multiply-add but neither its registers nor its sum."""

from __future__ import annotations

from amaranth.hdl import Cat, ClockSignal, Const, Instance, Module, Signal

from heddle.hls.fp.multiply_add import B_BITS, TOTAL_BITS, MultiplyAdd

_CELL, _TIMED_CELL = "DSP48E2", "DSP48E1"
_A_PORT_BITS = 30
_PRODUCT_AND_C = Const(0b000110101, 9)  # OPMODE (AMD UG579): X and Y the product, Z the port C


def with_timed_slices(text: str) -> str:
    """``text`` with the slices of Artix-7, of which yosys knows the timing arcs, in place of UltraScale+'s.

    Both have the same registers and ports. The older one multiplies only 25 x 18 bits and has no W in its mode, so
    this is for times and nothing else.
    """
    return text.replace(_CELL, _TIMED_CELL)


class UltraScaleSlices:
    """The platform that gives each multiply-add a slice of UltraScale+, with the registers that it asks for."""

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
