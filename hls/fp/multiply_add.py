"""Multiply-add in one DSP slice: what Vivado infers a slice from, and what yosys gets one for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from amaranth.hdl import Module, Shape, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

#: What a slice of UltraScale+ multiplies (AMD UG579): 27 x 18 bits with signs; it adds 48.
A_BITS, B_BITS, TOTAL_BITS = 27, 18, 48


@dataclass(frozen=True)
class SliceRegisters:
    """Which of a slice's own registers are used: those of a and b, that of a x b, that of the total, that of c."""

    operands: bool = False
    product: bool = False
    total: bool = False
    addend: bool = False


@runtime_checkable
class SlicePlatform(Protocol):
    """An Amaranth platform that has slices of its own to give, where the plain description would not become one."""

    def get_multiply_add(self, unit: MultiplyAdd) -> Module:
        """Return what stands for ``unit``, connected to its ports."""


class MultiplyAdd(wiring.Component):
    """total = a x b + c, of ``total_bits`` bits, modulo 2^total_bits.

    Ports
    -----
    en : Signal(1), in
        Clock enable of every register.
    a : unsigned(a_bits), in
    b : unsigned or signed(b_bits), in
    c : unsigned(c_bits), in, none where ``c_bits`` is 0
        It meets a x b where that comes out of its registers: to be given as many steps after a and b as it has fewer.
    total : Signal(total_bits), out

    Latency: a clock with ``en`` for each of ``registers``. Throughput: one a clock. Registers have no reset.

    Raises ValueError for operands that are too wide for a slice.
    """

    def __init__(self, a_bits: int, b: Shape, c_bits: int, total_bits: int, registers: SliceRegisters) -> None:
        if a_bits >= A_BITS or b.width > B_BITS - (not b.signed) or max(c_bits, total_bits) > TOTAL_BITS:
            raise ValueError(f"no DSP slice multiplies {a_bits} by {b.width} bits and adds {c_bits}")
        self.registers = registers
        self.c_bits = c_bits
        addend = {"c": In(c_bits)} if c_bits else {}
        super().__init__({"en": In(1), "a": In(a_bits), "b": In(b), **addend, "total": Out(total_bits)})

    @property
    def latency(self) -> int:
        """Enabled clocks from a and b to the total."""
        return self.registers.operands + self.registers.product + self.registers.total

    def elaborate(self, platform: object) -> Module:
        """Multiply and add, as a synthesis tool takes it for a slice; or what the platform has for it."""
        if isinstance(platform, SlicePlatform):
            return platform.get_multiply_add(self)
        m = Module()
        registers = self.registers
        a = self._held(m, self.a, registers.operands, "a_held")
        b = self._held(m, self.b, registers.operands, "b_held")
        total: Value = self._held(m, a * b, registers.product, "product")
        if self.c_bits:
            total += self._held(m, self.c, registers.addend, "c_held")
        m.d.comb += self.total.eq(self._held(m, total[: len(self.total)], registers.total, "sum"))
        return m

    def _held(self, m: Module, value: Value, held: bool, name: str) -> Signal:
        """``value`` through a register where ``held``; a net that Vivado is asked to put into a slice."""
        net = Signal(value.shape(), name=name, reset_less=True, attrs={"use_dsp": "yes"})
        if not held:
            m.d.comb += net.eq(value)
            return net
        with m.If(self.en):
            m.d.sync += net.eq(value)
        return net
