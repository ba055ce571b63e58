"""Rows of a read: every way in which slots stand in groups, against a division for each row."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from stream_bench import Collector, Feeder, run

from heddle.arch.design_io import load_design, override
from heddle.hls.feed.left_rows import LeftRows
from heddle.hls.feed.left_shape import LeftShape


@pytest.mark.parametrize("ports", [1, 2, 4])
def test_each_row_has_the_group_that_its_slot_stands_in(ports: int) -> None:
    shape = LeftShape(override(load_design("tiny"), {"array.rows": 5, "buffers.group_ports": ports}))
    fetches, expected = list[dict[str, Any]](), list[list[int | None]]()
    for slots, first, offset in product(range(1, 5), range(4), range(6)):
        if first < slots:
            groups, rows = 1 + (first + offset) % ports, 5 - offset % 2
            part = {"group_slots": slots, "first": first, "offset": offset, "groups": groups, "rows": rows}
            fetches.append({"ask": {"half": 1, "address": len(fetches)}, "tag": part})
            numbers = [(first + row) // slots - offset for row in range(5)]
            expected.append(
                [number if 0 <= number < groups and row < rows else None for row, number in enumerate(numbers)]
            )
    made = LeftRows(shape, 8)
    fed, taken = run(made, [Feeder(made.input, fetches), Collector(made.output, len(fetches))])
    found = [
        [int(word.tag.lanes[row]) if word.tag.rows >> row & 1 else None for row in range(5)] for word in taken.words
    ]
    assert found == expected
    assert [word.ask.address for word in taken.words] == list(range(len(fetches)))
    assert taken.clocks == [clock + made.latency for clock in fed.clocks] == list(range(2, len(fetches) + 2))
