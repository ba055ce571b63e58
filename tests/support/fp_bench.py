"""Drives one floating-point unit in the Amaranth simulator, and the FP32 words that are hard on it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from stream_bench import simulate

_PATTERN = 0xFFFF_FFFF
#: Both zeros and infinities, NaNs, the ends of the subnormals and of the normals, and 1, each beside its neighbours.
EDGES = tuple(
    sign | magnitude
    for sign in (0, 1 << 31)
    for magnitude in (
        *(0, 1, 2, 0x3FFFFF, 0x400000, 0x7FFFFF, 0x800000, 0x800001),
        *(0x3F7FFFFF, 0x3F800000, 0x3F800001, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000, 0x7FFFFFFF),
    )
)


def words(count: int, seed: int) -> list[int]:
    """FP32 patterns: of all exponents, of few, with few fraction bits set at either end, subnormal, and EDGES."""
    draws = random.Random(seed)
    shapes = (
        lambda bits: bits,
        lambda bits: bits & 0x83FF_FFFF | 0x3C00_0000,
        lambda bits: bits & 0xFF80_0003,
        lambda bits: bits & 0xFFF0_0000,
        lambda bits: bits | 0x007F_FFF0,
        lambda bits: bits & 0x807F_FFFF,
        lambda bits: bits & 0x8000_0FFF,
        lambda bits: EDGES[bits % len(EDGES)],
    )
    return [draws.choice(shapes)(draws.getrandbits(32)) & _PATTERN for _ in range(count)]


def run_unit(
    unit: Any, operands: Mapping[str, Sequence[int]], result: str, pause: float = 0.0, seed: int = 0
) -> list[int]:
    """``result`` of ``unit`` for each set of ``operands``, a step each; between steps it rests as ``pause`` says.

    A step's result is read ``unit.latency`` steps later. While the unit rests, its operands are noise.
    """
    count = len(next(iter(operands.values())))
    draws = random.Random(seed)
    results: list[int] = []

    async def bench(ctx: Any) -> None:
        for step in range(count + unit.latency):
            while draws.random() < pause:
                ctx.set(unit.en, 0)
                for name in operands:
                    ctx.set(getattr(unit, name), draws.getrandbits(len(getattr(unit, name))))
                await ctx.tick()
            ctx.set(unit.en, 1)
            for name, values in operands.items():
                ctx.set(getattr(unit, name), values[step % count])
            if step >= unit.latency:
                results.append(ctx.get(getattr(unit, result)))
            await ctx.tick()

    simulate(unit, bench)
    return results
