"""Addresses of reads, and which of their groups lie in the map, against a division for each group."""

from __future__ import annotations

import random
from typing import Any

from stream_bench import Collector, Feeder, run

from heddle.arch.design_io import load_design, override
from heddle.arch.instructions import TAP_BITS
from heddle.hls.feed.left_address import LeftAddress
from heddle.hls.feed.left_shape import LeftShape

PORTS, ADDRESS_BITS = 4, 8
AXES = ("row", "col")


def drawn(rng: random.Random) -> dict[str, Any]:
    """A read whose run of taps begins before, in or behind a small map, or one that ends further than a run reaches."""
    sizes = {axis: rng.randint(1, 4) for axis in AXES}
    if rng.random() < 0.2:
        sizes["col"] += rng.choice((1, 2, 3)) << TAP_BITS
    axes = {
        f"{axis}s": {"start": rng.randint(-4, 1), "tap_step": 1, "step": rng.randint(0, 2), "size": sizes[axis]}
        for axis in AXES
    }
    per_pixel = rng.choice((1, 2, 3, 7))
    return {
        "map": {**axes, "origin": rng.randint(-9, 9), "groups_per_pixel": per_pixel, "half": rng.randrange(2)},
        "is_zero": rng.random() < 0.1,
        "image": rng.randrange(3),
        **{name: rng.randrange(2) for name in ("row", "col", "tap_row", "tap_col")},
        "group": rng.randrange(4 * per_pixel),
    }


def place(read: dict[str, Any], axis: str) -> int:
    """The place along an axis of the run's first tap."""
    of_axis = read["map"][f"{axis}s"]
    return int(of_axis["start"] + read[axis] * of_axis["step"] + read[f"tap_{axis}"] * of_axis["tap_step"])


def groups(read: dict[str, Any]) -> list[int | None]:
    """The stored groups of a read, or None for zeros."""
    stored, per_pixel = read["map"], read["map"]["groups_per_pixel"]
    rows, cols = stored["rows"]["size"], stored["cols"]["size"]
    found = list[int | None]()
    for number in range(read["group"], read["group"] + PORTS):
        row, col = place(read, "row"), place(read, "col") + number // per_pixel
        pixel = (read["image"] * rows + row) * cols + col + stored["origin"]
        is_there = not read["is_zero"] and 0 <= row < rows and 0 <= col < cols
        found.append(pixel * per_pixel + number % per_pixel if is_there else None)
    return found


def test_each_group_of_a_read_is_that_of_its_own_pixel_or_a_zero() -> None:
    made = LeftAddress(LeftShape(override(load_design("tiny"), {"buffers.group_ports": PORTS})), ADDRESS_BITS)
    rng = random.Random(3)
    reads = [drawn(rng) for _ in range(300)]
    asked, taken = run(made, [Feeder(made.input, reads), Collector(made.output, len(reads))])
    assert taken.clocks == [clock + made.latency for clock in asked.clocks]
    partly = 0
    for read, fetch in zip(reads, taken.words, strict=True):
        expected = groups(read)
        assert bool(fetch.is_zero) == all(group is None for group in expected), read
        if not fetch.is_zero:
            assert fetch.ask.half == read["map"]["half"]
            found = [
                (fetch.ask.address + number) % (1 << ADDRESS_BITS) if fetch.tag.in_map >> number & 1 else None
                for number in range(PORTS)
            ]
            assert found == [None if group is None else group % (1 << ADDRESS_BITS) for group in expected], read
            partly += None in expected
    assert partly > 20
