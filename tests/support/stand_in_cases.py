"""Cases for the stand-in component, with what it must give worked out in numpy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from stand_in_core import LANE_BITS, LANES

from heddle.verify.cases import Case, InputStream, OutputStream, pack_lanes


def stand_in_case(
    name: str, words: int, *, seed: int = 0, passes: int = 1, idle: float = 0.0, backpressure: float = 0.0
) -> Case:
    """``words`` results, added to in ``passes`` commands: from the second on they go on from the RTL's own words."""
    rng = np.random.default_rng(seed)
    left, right = (rng.integers(0, 1 << 16, (passes, words, LANES), dtype=np.uint64) for _ in range(2))
    sums = np.cumsum(left * right, axis=0) & np.uint64((1 << LANE_BITS) - 1)
    total = passes * words
    source = np.arange((passes - 1) * words, dtype=np.int64)
    orders = np.array([[words | (number > 0) << 16] for number in range(passes)], dtype=np.uint64)
    place = np.broadcast_to(np.arange(words * LANES).reshape(words, LANES), (passes, words, LANES))
    flat = (total, LANES)
    return Case(
        name=name,
        inputs=(
            InputStream("command", pack_lanes(orders, 17), idle=idle),
            InputStream("left", pack_lanes(left.reshape(flat), 16), idle=idle),
            InputStream("right", pack_lanes(right.reshape(flat), 16), idle=idle),
            InputStream("partial", np.zeros((len(source), LANES * LANE_BITS // 8), np.uint8), source, idle),
        ),
        outputs=(
            OutputStream(
                name="result",
                expected=pack_lanes(sums.reshape(flat), LANE_BITS),
                lane_bits=LANE_BITS,
                place=place.reshape(flat).copy(),
                columns=LANES,
                backpressure=backpressure,
            ),
        ),
        sim_cycles=None if idle or backpressure or passes > 1 else words + 2,  # the command, the register
        limit_cycles=200 + 20 * total,
        seed=seed,
        rerun=f"rerun {name}",
    )


def with_output(case: Case, **changes: Any) -> Case:
    """Return ``case`` with its one output changed."""
    return replace(case, outputs=(replace(case.outputs[0], **changes),))


def with_wrong_bit(case: Case, word: int, byte: int) -> Case:
    """Return ``case`` expecting a wrong lowest bit in one byte of one word."""
    expected = case.outputs[0].expected.copy()
    expected[word, byte] ^= 1
    return with_output(case, expected=expected)
