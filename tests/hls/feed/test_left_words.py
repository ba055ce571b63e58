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
        groups = []
        for row in range(rows):
            turned = rng.random() < 0.5
            stored = [[rng.getrandbits(16) for _ in range(group_m)] for _ in range(group_m if turned else 1)]
            lanes = [rng.randrange(group_m) for _ in stored]
            groups.append([each[lane] for each, lane in zip(stored, lanes, strict=True)] if turned else stored[0])
            for number, (each, lane) in enumerate(zip(stored, lanes, strict=True)):
                ends_group = number == len(stored) - 1
                tag = {"turned": turned, "lane": lane, "ends_group": ends_group, "ends_word": row == rows - 1}
                reads.append({"word": each, "tag": tag})
        ends.append(len(reads) - 1)
        expected.append(groups)
    words = LeftWords(design)
    fed, taken = run(words, [Feeder(words.input, reads), Collector(words.output, len(expected))])
    found = [[[int(word[row][lane]) for lane in range(group_m)] for row in range(rows)] for word in taken.words]
    assert found == expected
    assert fed.clocks == list(range(len(reads)))
    assert taken.clocks == [end + 1 for end in ends]
