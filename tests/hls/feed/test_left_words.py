"""Groups to words of the array: whole ones, and turned ones made of a lane of each of M reads."""

from __future__ import annotations

from random import Random
from typing import Any

from stream_bench import Collector, Feeder, run

from heddle.arch.design_io import load_design, override
from heddle.hls.feed.left_words import LeftWords


def test_left_words_are_collected_group_by_group_and_turned_ones_lane_by_lane() -> None:
    design = override(load_design("tiny"), {"array.rows": 3})
    rng, rows, group_m = Random(6), design.array.rows, design.sparsity.m
    reads: list[dict[str, Any]] = []
    expected, ends = [], []
    for _ in range(12):
        groups: list[list[int]] = []
        while len(groups) < rows:
            count = rng.randint(1, rows - len(groups))  # rows that share the group
            turned, lane = rng.random() < 0.5, rng.randrange(group_m)
            stored = [[rng.getrandbits(16) for _ in range(group_m)] for _ in range(group_m if turned else 1)]
            groups += [[each[lane] for each in stored] if turned else stored[0]] * count
            for number, each in enumerate(stored):
                tag = {"turned": turned, "lane": lane, "count": count, "ends_group": number == len(stored) - 1}
                tag["ends_word"] = len(groups) == rows
                reads.append({"word": each, "tag": tag})
            if turned and len(groups) < rows:  # another lane of the same reads, and then none of them
                for is_empty in (False, True)[: rows - len(groups)]:
                    other = rng.randrange(group_m)
                    groups.append([0 if is_empty else each[other] for each in stored])
                    tag = {"turned": 1, "is_held": 1, "is_empty": is_empty, "lane": other, "count": 1, "ends_group": 1}
                    tag["ends_word"] = len(groups) == rows
                    reads.append({"word": [0] * group_m, "tag": tag})
        ends.append(len(reads) - 1)
        expected.append(groups)
    words = LeftWords(design)
    fed, taken = run(words, [Feeder(words.input, reads), Collector(words.output, len(expected))])
    found = [[[int(word[row][lane]) for lane in range(group_m)] for row in range(rows)] for word in taken.words]
    assert found == expected
    assert fed.clocks == list(range(len(reads)))
    assert taken.clocks == [end + 1 for end in ends]
