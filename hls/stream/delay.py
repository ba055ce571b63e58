"""Delay lines: plain registers, and a memory that moves a step at a time."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Module, Shape, ShapeLike, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from heddle.arch.lut_memory import QUICK_LINE_CLOCKS

_Attributes = dict[str, int | str]

# The first is Vivado's, the second yosys', which ends a shift register at the second of two nets that are kept.
_NO_SHIFT_REGISTER: _Attributes = {"shreg_extract": "no", "keep": 1}
_LAST_OF_SHIFT_REGISTER: _Attributes = {"keep": 1}
_NONE: _Attributes = {}


def registers(m: Module, value: Value, cycles: int, enable: Value | int = 1, *, name: str) -> Value:
    """Return ``value`` as it was ``cycles`` enabled clocks ago; without reset, so that it maps to SRLs."""
    return _chain(m, value, [_NONE] * cycles, enable, name)


def quick_registers(m: Module, value: Value, cycles: int, enable: Value | int = 1, *, name: str) -> Value:
    """Return what ``registers`` does, the last word in flip-flops: a shift register gives it more than 1 ns later.

    Up to ``QUICK_LINE_CLOCKS`` all of them are flip-flops, which a PE has more of than LUTs.
    """
    if cycles <= QUICK_LINE_CLOCKS:
        attributes = [_NO_SHIFT_REGISTER] * cycles
    else:
        attributes = [_NONE] * (cycles - 3) + [_LAST_OF_SHIFT_REGISTER] * 2 + [_NO_SHIFT_REGISTER]
    return _chain(m, value, attributes, enable, name)


def _chain(m: Module, value: Value, attributes: Sequence[_Attributes], enable: Value | int, name: str) -> Value:
    """Return ``value`` after a register with each of ``attributes``."""
    for stage, attrs in enumerate(attributes):
        register = Signal(value.shape(), reset_less=True, name=f"{name}_{stage}", attrs=attrs)
        with m.If(enable):
            m.d.sync += register.eq(value)
        value = register
    return value


def flags(m: Module, value: Value, cycles: int, enable: Value | int = 1, *, name: str) -> Value:
    """Return a one-bit ``value`` as it was ``cycles`` enabled clocks ago; all zero after reset."""
    if cycles == 0:
        return value
    history = Signal(cycles, name=name)
    with m.If(enable):
        m.d.sync += history.eq(history << 1 | value)
    return history[-1]


class DelayLine(wiring.Component):
    """A word as it was ``cycles`` clocks ago, whatever happens meanwhile.

    Ports
    -----
    entering : Signal(width), in
    leaving : Signal(width), out

    Latency: ``cycles``. Throughput: one word a clock. No reset, so that it maps to SRLs. A component of its own, so
    that lines of equal width and length are one block to synthesis.
    """

    def __init__(self, width: int, cycles: int) -> None:
        self.cycles = cycles
        self.variant = f"{width}x{cycles}"
        super().__init__({"entering": In(width), "leaving": Out(width)})

    def elaborate(self, platform: object) -> Module:
        """Chain registers."""
        m = Module()
        m.d.comb += self.leaving.eq(registers(m, self.entering, self.cycles, name="stage"))
        return m


def delayed(m: Module, value: Value, cycles: int, *, name: str) -> Value:
    """Return ``value`` as it was ``cycles`` clocks ago, by a DelayLine that becomes the submodule ``name``."""
    if cycles == 0:
        return value
    m.submodules[name] = line = DelayLine(len(value), cycles)
    m.d.comb += line.entering.eq(value)
    return line.leaving


class StepDelay(wiring.Component):
    """A delay of many steps, in a circular memory: one write and one read a step, at the same place.

    Ports
    -----
    en : Signal(1), in
        Take a step: store ``entering`` and move on.
    entering : Signal(shape), in
    leaving : Signal(shape), out
        What entered ``steps`` steps ago, readable before the step that replaces it. Combinational read, so the
        memory maps to LUTs. After reset it holds what it held: the user ignores it until it is refilled.

    Latency: ``steps`` (at least 1). Throughput: one value a step.
    """

    def __init__(self, shape: ShapeLike, steps: int) -> None:
        self.steps = steps
        self._shape = Shape.cast(shape)
        self.variant = f"{self._shape.width}x{steps}"
        super().__init__({"en": In(1), "entering": In(self._shape), "leaving": Out(self._shape)})

    def elaborate(self, platform: object) -> Module:
        """Build the memory and its one pointer; a single step is a register."""
        m = Module()
        if self.steps == 1:
            m.d.comb += self.leaving.eq(registers(m, self.entering, 1, self.en, name="entered"))
            return m
        m.submodules.memory = memory = Memory(shape=self._shape, depth=self.steps, init=[])
        place = Signal(range(self.steps), reset_less=True)  # any place to begin at is as good
        write, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [
            read.addr.eq(place),
            self.leaving.eq(read.data),
            write.addr.eq(place),
            write.data.eq(self.entering),
            write.en.eq(self.en),
        ]
        with m.If(self.en):
            m.d.sync += place.eq(place + 1)
            with m.If(place == self.steps - 1):
                m.d.sync += place.eq(0)
        return m
