"""Recoding at the array's edge, so that no multiplier inside meets a subnormal operand.

A recoded operand has a normalised fraction and an exponent one bit wider than the format's, which leaves room for
what normalised subnormals need and for three classes that its top three bits tell apart:

========  ==========================================
top bits  meaning of the operand
========  ==========================================
000       zero
110       infinity
111       NaN
others    1.fraction x 2^(exponent - recoded_bias)
========  ==========================================
"""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FloatFormat


class OperandClass(enum.Enum, shape=3):  # type: ignore[call-arg]  # its metaclass takes it
    """The top bits of a recoded exponent that stand for no number; all others belong to the exponent."""

    ZERO = 0b000
    INFINITY = 0b110
    NAN = 0b111


def class_of(exponent: Value) -> enum.EnumView:
    """Return the class of a recoded operand, by the top bits of its exponent."""
    return OperandClass(exponent[-OperandClass.as_shape().width :])


def recoded_layout(operand: FloatFormat) -> data.StructLayout:
    """Fields of a recoded operand: ``fraction``, ``exponent`` and ``sign``, one bit wider than the raw word.

    Raises ValueError for a format whose finite exponents would run into the zero class.
    """
    if recoded_bias(operand) + operand.least_exponent < 1 << operand.exponent_bits - 2:
        raise ValueError(f"{operand}: the fraction is too long for an exponent of {operand.exponent_bits + 1} bits")
    return data.StructLayout({"fraction": operand.fraction_bits, "exponent": operand.exponent_bits + 1, "sign": 1})


def recoded_bias(operand: FloatFormat) -> int:
    """What the recoded exponent adds to the exponent of a finite operand."""
    return 1 << operand.exponent_bits


class Recoder(wiring.Component):
    """Raw word to recoded operand.

    Ports
    -----
    raw : Signal(operand.width), in
    recoded : recoded_layout(operand), out

    Combinational (latency 0), a word a clock.
    """

    latency = 0

    def __init__(self, operand: FloatFormat) -> None:
        self.operand = operand
        super().__init__({"raw": In(operand.width), "recoded": Out(recoded_layout(operand))})

    def elaborate(self, platform: object) -> Module:
        """Normalise the significand by its leading zeros; then code the classes over the exponent."""
        m = Module()
        operand, recoded = self.operand, self.recoded
        fraction = self.raw[: operand.fraction_bits]
        field = self.raw[operand.fraction_bits : operand.magnitude_bits]
        subnormal = field == 0
        left_by = _leading_zeros(m, fraction)
        offset = recoded_bias(operand) - operand.bias
        m.d.comb += [
            recoded.sign.eq(self.raw[-1]),
            recoded.fraction.eq(Mux(subnormal, fraction << left_by + 1, fraction)),
            recoded.exponent.eq(Mux(subnormal, offset - left_by, offset + field)),
        ]
        with m.If(field == operand.exponent_ones):
            code = Mux(fraction == 0, OperandClass.INFINITY, OperandClass.NAN)
            m.d.comb += recoded.exponent.eq(code << operand.exponent_bits + 1 - len(code))
        with m.Elif(subnormal & (fraction == 0)):
            m.d.comb += recoded.exponent.eq(0)
        return m


class RecodedRegister(wiring.Component):
    """A recoder and the register behind it, without reset.

    Ports
    -----
    raw : Signal(operand.width), in
    recoded : recoded_layout(operand), out

    Latency 1, a word a clock. One block to synthesis, as an array has many of them: it ends in registers, so that
    nothing is lost at its border.
    """

    latency = 1

    def __init__(self, operand: FloatFormat) -> None:
        self.operand = operand
        super().__init__({"raw": In(operand.width), "recoded": Out(recoded_layout(operand))})

    def elaborate(self, platform: object) -> Module:
        """Recode, then store."""
        m = Module()
        m.submodules.recoder = recoder = Recoder(self.operand)
        stored = Signal(recoded_layout(self.operand), reset_less=True)
        m.d.comb += [recoder.raw.eq(self.raw), self.recoded.eq(stored)]
        m.d.sync += stored.eq(recoder.recoded)
        return m


def _leading_zeros(m: Module, word: Value) -> Signal:
    """Zeros above the highest one of ``word``; 0 where there is none (the caller asks only for a word with a one)."""
    count = Signal(range(len(word)))
    for place in range(len(word)):
        with m.If(word[place]):
            m.d.comb += count.eq(len(word) - 1 - place)
    return count
