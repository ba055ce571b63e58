"""Damaged files for the loaders' tests: random edits of valid bytes, repeatable by the source of randomness."""

from __future__ import annotations

import random


def mutated_bytes(source: random.Random, data: bytes, insertions: tuple[bytes, ...]) -> bytes:
    """``data`` with one to five bytes overwritten, bits flipped, stretches cut out or ``insertions`` put in."""
    changed = bytearray(data)
    for _ in range(source.choice([1, 1, 2, 5])):
        place = source.randrange(len(changed))
        edit = source.randrange(4)
        if edit == 0:
            changed[place] = source.randrange(256)
        elif edit == 1:
            changed[place] ^= 1 << source.randrange(8)
        elif edit == 2:
            del changed[place : place + source.randrange(1, 20)]
        else:
            changed[place:place] = source.choice(insertions)
        changed = changed or bytearray(b" ")
    return bytes(changed)
