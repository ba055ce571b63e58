"""Rotation of a word's lanes, in a pipeline."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Mux, Signal, Value

from heddle.hls.stream.delay import registers

#: Bits of the amount that a clock takes: a choice among four is one LUT6.
_BITS_A_CLOCK = 2


def rotation_clocks(lanes: int) -> int:
    """Return the clocks that ``rotated`` takes for so many lanes, a power of two."""
    return -(-(lanes - 1).bit_length() // _BITS_A_CLOCK)


def rotated(m: Module, lanes: Sequence[Value], amount: Value, enable: Value, *, name: str) -> list[Value]:
    """Return the lanes, each ``amount`` places up and round, as they were ``rotation_clocks`` enabled clocks ago.

    ``amount`` is read modulo the number of lanes, a power of two. Registers without reset.
    """
    count, width = len(lanes), len(lanes[0])
    bits = (count - 1).bit_length()
    left = amount[:bits]
    for first in range(0, bits, _BITS_A_CLOCK):
        digit, left = left[:_BITS_A_CLOCK], left[_BITS_A_CLOCK:]
        moved = [_chosen(lanes, place, digit, 1 << first) for place in range(count)]
        word = Signal(count * width, reset_less=True, name=f"{name}_word_{first}")
        with m.If(enable):
            m.d.sync += word.eq(Cat(moved))
        lanes = [word.word_select(place, width) for place in range(count)]
        if len(left):
            left = registers(m, left, 1, enable, name=f"{name}_rest_{first}")
    return list(lanes)


def _chosen(lanes: Sequence[Value], place: int, digit: Value, step: int) -> Value:
    """The lane that stands at ``place`` once all have moved up by ``digit`` steps."""
    sources = [lanes[(place - turns * step) % len(lanes)] for turns in range(1 << len(digit))]
    for bit in digit:
        sources = [Mux(bit, odd, even) for even, odd in zip(sources[::2], sources[1::2], strict=True)]
    return sources[0]


def lanes_of(word: Value, width: int) -> list[Value]:
    """Return ``word`` in lanes of ``width`` bits, the lowest first."""
    return [word[start : start + width] for start in range(0, len(word), width)]
