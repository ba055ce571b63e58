"""Shifters by digits of two bits: a four-way choice and its two select bits fill one six-input LUT."""

from __future__ import annotations

from amaranth.hdl import Cat, Mux, Value

Digit = tuple[int, int]  # (place of its low bit, bits)


def digits(most: int) -> tuple[Digit, ...]:
    """The digits of a shift of up to ``most`` places, highest first; the last is a single bit, the others pairs.

    With an even number of bits the first digit is a single bit too.
    """
    places = most.bit_length()
    pairs = [(low, min(2, places - low)) for low in range(1, places, 2)]
    return (*reversed(pairs), (0, 1))


def choose(digit: Value, options: list[Value]) -> Value:
    """``options[digit]``; as many options as the digit has values."""
    if len(options) == 1:
        return options[0]
    half = len(options) // 2
    return Mux(digit[-1], choose(digit[:-1], options[half:]), choose(digit[:-1], options[:half]))


def shift_right_sticky(word: Value, digit: Value, place: int) -> Value:
    """``word`` >> (digit << place), the same width; bit 0 also takes the OR of all that left."""
    step = 1 << place
    kept = choose(digit, [word[step * count :] for count in range(1 << len(digit))])
    lost = [(digit >= count) & word[step * (count - 1) : step * count].any() for count in range(1, 1 << len(digit))]
    return Cat(kept[0] | Cat(lost).any(), kept[1:])


def shift_left(word: Value, digit: Value, place: int) -> Value:
    """``word`` << (digit << place), the same width."""
    width = len(word)
    return choose(digit, [(word << (count << place))[:width] for count in range(1 << len(digit))])
