"""What is read, laid into words: at once into some rows, or turned, of M reads a lane of each after the other.

Groups that lie outside the map are zeros, whatever was read in their place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from amaranth.lib import data
from stream_bench import Collector, Feeder, run

from heddle.arch.design_io import load_design, override
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.left_words import LeftWords
from heddle.hls.fp.recode import recoded_layout

SHAPE = LeftShape(override(load_design("tiny"), {"array.rows": 3, "buffers.group_ports": 2}))
ROWS, GROUP_M, PORTS = SHAPE.rows, SHAPE.group_m, SHAPE.ports
ONE_WORD = {"groups": 1, "slots": 1, "last_slots": 1, "last_output": 0}
OPERAND = recoded_layout(SHAPE.design.numbers.operand_format)
Group = list[int]


def fields_of(group: Group) -> list[data.Const[Any]]:
    """A group as its operands' fields, of whatever bits."""
    return [OPERAND.from_bits(bits) for bits in group]


def found_in(taken: Collector) -> list[list[Group]]:
    """The words that were taken, as bits."""
    return [[[field.as_bits() for field in group] for group in word] for word in taken.words]


@dataclass
class Drawn:
    """Reads, the words that they make, and how many clocks each word lays."""

    reads: list[dict[str, Any]]
    words: list[list[Group]]
    clocks: list[int]


def drawn(rng: Random, kind: str) -> Drawn:
    """Words of some parts, of ``kind``, each for some of the rows that are left; the last rows are zeros."""
    made = Drawn([], [], [])
    for _ in range(8):
        word, first, clocks = [[0] * GROUP_M for _ in range(ROWS)], 0, 0
        while first < ROWS:
            rows = list(range(first, rng.randint(first + 1, ROWS)))
            first = rows[-1] + 1 if rng.random() < 0.8 else ROWS
            lanes = {row: rng.randrange(PORTS) for row in rows}
            tag = {"rows": sum(1 << row for row in rows), "lanes": [lanes.get(row, 0) for row in range(ROWS)]}
            ends = {"ends_word": first == ROWS, "ends_chunk": first == ROWS, "chunk": ONE_WORD}
            for number, (read, of_read) in enumerate(parts(rng, kind, rows, lanes, word)):
                is_last = kind == "read" or number == GROUP_M - 1
                made.reads.append(
                    {
                        "word": [fields_of(group) for group in read],
                        "tag": {**tag, **of_read, **(ends if is_last else {})},
                    }
                )
                clocks += 1
        made.words.append(word)
        made.clocks.append(clocks)
    return made


def parts(
    rng: Random, kind: str, rows: list[int], lanes: dict[int, int], word: list[Group]
) -> Iterator[tuple[list[Group], dict[str, Any]]]:
    """The reads of one part, with what is said of each; ``word`` gets the groups that they give."""
    reads = [[[rng.getrandbits(17) for _ in range(GROUP_M)] for _ in range(PORTS)] for _ in range(GROUP_M)]
    in_map = [rng.getrandbits(PORTS) for _ in range(GROUP_M)]
    slots = rng.randint(1, GROUP_M)
    element, first = rng.randrange(GROUP_M), rng.randrange(slots)

    def given(read: int, row: int) -> Group:
        return reads[read][lanes[row]] if in_map[read] >> lanes[row] & 1 else [0] * GROUP_M

    for row in rows:
        channel = element if kind == "turned-ws" else (first + row) % slots
        word[row] = given(0, row) if kind == "read" else [given(read, row)[channel] for read in range(GROUP_M)]
    if kind == "read":
        yield reads[0], {"ends_group": 1, "in_map": in_map[0]}
        return
    of_read = {"turned": 1, "at_once": kind == "turned-ws", "element": element, "first": first, "group_slots": slots}
    for number, read in enumerate(reads):
        yield read, {**of_read, "ends_group": number == GROUP_M - 1, "in_map": in_map[number]}


@pytest.mark.parametrize("pause", [0.0, 0.6])
@pytest.mark.parametrize("kind", ["read", "turned-os", "turned-ws"])
def test_rows_have_the_groups_that_were_read_for_them(kind: str, pause: float) -> None:
    made = drawn(Random(6), kind)
    words = LeftWords(SHAPE)
    ends = [Feeder(words.input, made.reads, pause, seed=1), Collector(words.output, len(made.words), pause, seed=2)]
    _, taken = run(words, ends)
    assert found_in(taken) == made.words
    if not pause:
        after = [sum(made.clocks[: number + 1]) for number in range(len(made.words))]
        latency = 2 if kind == "read" else GROUP_M + 2
        assert taken.clocks == [clock + latency for clock in after]


def test_an_empty_word_between_two_turned_ones_takes_one_clock() -> None:
    of_read = {"turned": 1, "group_slots": GROUP_M, "in_map": (1 << PORTS) - 1}
    groups = [[4 * pixel + lane for lane in range(GROUP_M)] for pixel in range(4)]
    pixels = [{"word": [fields_of(group)] * PORTS, "tag": of_read} for group in groups]
    ends = {**of_read, "ends_group": 1, "ends_word": 1, "ends_chunk": 1, "chunk": ONE_WORD, "lanes": [0] * ROWS}
    last = {"word": pixels[3]["word"], "tag": {**ends, "rows": 0b101}}
    empty = {"word": [fields_of([0] * GROUP_M)] * PORTS, "tag": {**ends, "is_empty": 1, "rows": 0b111}}
    reads = [*pixels[:3], last, empty, *pixels[:3], last]
    words = LeftWords(SHAPE)
    _, taken = run(words, [Feeder(words.input, reads), Collector(words.output, 3)])
    columns = [[4 * pixel + lane for pixel in range(4)] for lane in range(GROUP_M)]
    turned, zeros = [columns[0], [0] * GROUP_M, columns[2]], [[0] * GROUP_M] * ROWS
    assert found_in(taken) == [turned, zeros, turned]
    assert [clock - taken.clocks[0] for clock in taken.clocks] == [0, 1, 1 + GROUP_M]
