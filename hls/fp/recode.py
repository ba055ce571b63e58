"""Recoding ahead of the array, so that no multiplier inside meets a subnormal operand.

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

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FloatFormat
from heddle.hls.fp.selection import Selection

#: Places that one shift goes by: of a word at four of them, a LUT chooses a bit.
_FOUR = 4


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
        """Normalise a subnormal's fraction in two shifts, by 1 and the fours of zeros, then by up to 3; code the rest.

        The last of the ``fours`` is not whole: with all places before it, and with all of its own, it is zero in a word
        of zero alone.
        """
        m = Module()
        operand, recoded = self.operand, self.recoded
        fraction = self.raw[: operand.fraction_bits]
        field = self.raw[operand.fraction_bits : operand.magnitude_bits]
        fours = len(fraction) // _FOUR + 1
        subnormal, fours_by = field == 0, Value.cast(Const(fours))
        for four in reversed(range(1, fours)):
            fours_by = Mux(fraction[-_FOUR * four :].any(), four, fours_by)
        fours_by = Mux(subnormal, fours_by, 0)  # one more than the fours of zeros
        shifted = [Cat(Const(0, 1 + _FOUR * four), fraction)[: len(fraction) + 1] for four in range(fours)]
        placed = _chosen(m, "placed", fours_by, [Cat(fraction, Const(0, 1)), *shifted])  # with the bit that leaves
        left = Mux(subnormal & ~placed[-1], Mux(placed[-2], 1, Mux(placed[-3], 2, 3)), 0)
        shifted = [Cat(Const(0, count), placed)[: len(fraction)] for count in range(_FOUR)]
        is_nan = field.all() & fraction.any()
        m.d.comb += [
            recoded.sign.eq(self.raw[-1]),
            recoded.fraction.eq(_chosen(m, "normalised", left, shifted)),
            recoded.exponent.eq(self._exponent(field, fours_by, left) | is_nan << operand.exponent_bits - 2),
        ]
        return m

    def _exponent(self, field: Value, fours_by: Value, left: Value) -> Value:
        """The exponent beside the shifts: a bit of it depends on few bits of either kind. Infinity's needs no rule."""
        offset = recoded_bias(self.operand) - self.operand.bias
        whole, rest = divmod(self.operand.fraction_bits, _FOUR)
        number = _FOUR << len(fours_by)
        subnormal = dict.fromkeys(range(number), 0)  # by fours_by, then by left; zero has the last ones
        for place in range(_FOUR * whole + rest):
            subnormal[_FOUR + place] = offset - place
        normal, at, bits = offset + field, Cat(left, fours_by), []
        for place in range(self.operand.exponent_bits + 1):
            column = sum((exponent >> place & 1) << entry for entry, exponent in subnormal.items())
            bits.append((Const(column, number) >> at)[0] | (fours_by == 0) & normal[place])
        return Cat(*bits)


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


def recode_groups(m: Module, operand: FloatFormat, raw: data.View, recoded: data.View) -> None:
    """Put a recoder between each operand of the groups ``raw`` and its place in ``recoded``."""
    for number, group in enumerate(raw):
        for element, word in enumerate(group):
            m.submodules[f"recode{number}_{element}"] = recoder = Recoder(operand)
            m.d.comb += [recoder.raw.eq(word), recoded[number][element].eq(recoder.recoded)]


def _chosen(m: Module, name: str, index: Value, words: Sequence[Value]) -> Value:
    """The word at ``index``, or 0 where there is none."""
    m.submodules[name] = selection = Selection(1 << len(index), len(words[0]))
    m.d.comb += [
        selection.index.eq(index),
        *(place.eq(word) for place, word in zip(selection.words, words, strict=False)),
    ]
    return selection.chosen
