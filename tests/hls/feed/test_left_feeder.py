"""The left feeder's words against the operand words of whole tiles, and its clocks against a count of every read.

Computations are those of compiled programs, one after another and each in the other half, as tokens would have it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator
from naive_recoded import raw_word

from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.arch.instructions import Compute, Load
from heddle.arch.left_feed import LeftTile, os_tile_cycles, ws_tile_cycles
from heddle.dataflow.network import ConvLayer, LinearLayer, WeightedLayer
from heddle.dataflow.step_items import Pass
from heddle.hls.feed.left_feeder import LeftFeeder
from heddle.hls.feed.prepare import Prepare
from heddle.sim.functional.formats import Bits
from heddle.sim.program.halves import LeftHalf
from heddle.sim.program.transfers import load_left
from heddle.sim.program.windows import left_groups
from tests.support.layer_programs import LayerRun

TINY = load_design("tiny")
ODD = override(TINY, {"array.rows": 3, "array.cols": 5})
ADDRESS_BITS = 12


@dataclass(frozen=True)
class Tile:
    """A computation, and what its half of the activation buffer holds."""

    compute: Compute
    half: LeftHalf


def tile_of(run: LayerRun, number: int) -> Tile:
    """Computation ``number`` of a compiled pass."""
    program, image, _ = run.executed()
    halves: dict[int, LeftHalf] = {}
    for each in program.instructions:
        if isinstance(each, Load) and not each.weight:
            halves[each.half] = load_left(each, image, run.design.sparsity.m, run.design.numbers.operand_format)
        if isinstance(each, Compute):
            if not number:
                return Tile(each, halves[each.left_half])
            number -= 1
    raise AssertionError("the pass has fewer computations")


def outputs_of(tile: Tile, design: Design) -> int:
    """A PE's outputs along rows, in OS."""
    return design.array.interleave // tile.compute.command.interleave_cols


def across_of(tile: Tile, design: Design) -> int:
    """Array tiles along the columns."""
    command = tile.compute.command
    return -(-tile.compute.cols // (design.array.cols * (1 if command.ws else command.interleave_cols)))


def left_words(tile: Tile, design: Design) -> Bits:
    """The words [words, R, M] that the array takes for ``tile``, written down from whole matrices."""
    compute, command, array, group_m = tile.compute, tile.compute.command, design.array, design.sparsity.m
    groups, across = left_groups(compute.walk, tile.half, group_m), across_of(tile, design)
    rows, count, _ = groups.shape
    if command.ws:
        slots = compute.walk.pixels if compute.walk.turned else count * compute.group_slots
        folds = command.tiles // across
        lanes = np.zeros((folds * array.rows, rows, group_m), groups.dtype)
        lanes[:slots] = groups[:, np.arange(slots) // compute.group_slots].transpose(1, 0, 2)
        words = lanes.reshape(folds, 1, array.rows, rows, group_m).transpose(0, 1, 3, 2, 4)
        return np.repeat(words, across, axis=1).reshape(-1, array.rows, group_m)
    outputs = outputs_of(tile, design)
    down = command.tiles // across
    padded = np.zeros((down * outputs * array.rows, count, group_m), groups.dtype)
    padded[:rows] = groups
    words = padded.reshape(down, outputs, array.rows, count, group_m).transpose(0, 3, 1, 2, 4)
    if outputs > 1:
        words = words[:, np.arange(command.length) // compute.group_slots]
    return np.repeat(words[:, np.newaxis], across, axis=1).reshape(-1, array.rows, group_m)


@dataclass(frozen=True)
class Chunk:
    """Reads, and the words that they make."""

    reads: int
    words: int


def kernel_row(tile: Tile) -> int:
    """Taps of a row of the kernel that read pixels which follow each other."""
    cols = tile.compute.walk.cols
    return cols.taps if cols.tap_step == 1 else 1


def reads_of(tile: Tile, groups: Iterable[tuple[int, int]], design: Design) -> int:
    """Reads for ``groups`` of (tap, number), in rising order: each gives up to G that follow each other in a row.

    Turned, taps whose last group is shorter than their others are read one by one.
    """
    walk, group_m, ports = tile.compute.walk, design.sparsity.m, design.buffers.group_ports
    per_tap = -(-walk.elements // group_m)
    row_taps = 1 if walk.turned and per_tap > 1 and walk.elements % group_m else kernel_row(tile)
    count, held = 0, (-1, 0)
    for tap, group in groups:
        row, col = divmod(walk.first_tap + tap, row_taps)
        place = col * per_tap + group
        if held[0] != row or not held[1] <= place < held[1] + ports:
            count, held = count + 1, (row, place)
    return count


def chunks(tile: Tile, design: Design) -> Iterator[list[Chunk]]:
    """The chunks of each array tile in their order."""
    command = tile.compute.command
    across = across_of(tile, design)
    for number in range(command.tiles // across):
        of_tile = list((ws_chunks if command.ws else os_chunks)(tile, design, number))
        yield from [of_tile] * across


def os_chunks(tile: Tile, design: Design, number: int) -> Iterator[Chunk]:
    """A chunk has all words of its groups: one for each output along rows, and, if there are several, for each slot."""
    walk, command, array, ports = tile.compute.walk, tile.compute.command, design.array, design.buffers.group_ports
    group_m, outputs = design.sparsity.m, outputs_of(tile, design)
    slots = [0] * len(range(0, command.length, tile.compute.group_slots))
    for slot in range(command.length):
        slots[slot // tile.compute.group_slots] += 1
    words = [outputs * count if outputs > 1 else 1 for count in slots]
    if walk.turned:
        firsts = [(number * outputs + output) * array.rows for output in range(outputs)]
        reads = sum(turned_reads(tile, range(first, first + array.rows), design) for first in firsts)
        yield from (Chunk(reads, count) for count in words)
        return
    width, rows = min(ports, array.rows), defaultdict[int, list[int]](list)
    for number, group in enumerate(words):
        tap = walk.first_tap + number // -(-walk.elements // group_m)
        rows[tap // kernel_row(tile)].append(group)
    for of_row in rows.values():
        for first in range(0, len(of_row), width):
            yield Chunk(array.rows * outputs, sum(of_row[first : first + width]))


def turned_reads(tile: Tile, rows: range, design: Design) -> int:
    """M reads for some groups of channels of a tap; one where no row is in the tile."""
    walk, group_m = tile.compute.walk, design.sparsity.m
    of_rows = [divmod(row, walk.elements) for row in rows if row < walk.taps * walk.elements]
    groups = ((tap, channel // group_m) for tap, channel in of_rows)
    return max(1, group_m * reads_of(tile, groups, design))


def ws_chunks(tile: Tile, design: Design, number: int) -> Iterator[Chunk]:
    """A word for each row of the tile; its rows' slots stand in groups, those of pixels of M reads each."""
    walk, compute, group_m, rows = tile.compute.walk, tile.compute, design.sparsity.m, design.array.rows
    groups = sorted({slot // compute.group_slots for slot in range(number * rows, (number + 1) * rows)})
    if walk.turned:
        reads = group_m * sum(group * group_m < walk.pixels for group in groups)
    else:
        per_tap = -(-walk.elements // group_m)
        there = (divmod(group, per_tap) for group in groups if group < walk.taps * per_tap)
        reads = reads_of(tile, there, design)
    yield from [Chunk(reads, 1)] * compute.command.length


def by_contract(tile: Tile, design: Design) -> int:
    """The cycles of all array tiles where the array takes a word a clock."""
    walk, command, rows, ports = tile.compute.walk, tile.compute.command, design.array.rows, design.buffers.group_ports
    outputs, across = (1 if command.ws else outputs_of(tile, design)), across_of(tile, design)
    slots = tile.compute.group_slots if command.ws or outputs > 1 else 1
    row_taps = kernel_row(tile)
    first_tap = walk.first_tap % row_taps
    left = LeftTile(walk.turned, walk.taps, row_taps, first_tap, walk.elements, walk.pixels, design.sparsity.m, slots)
    words = len(left_words(tile, design)) // command.tiles
    total = 0
    for number in range(command.tiles // across):
        first = number * outputs * rows
        if command.ws:
            total += across * ws_tile_cycles(left, first, rows, ports, words, words)
        else:
            total += across * os_tile_cycles(left, first, rows, ports, outputs, words, words, outputs)
    return total


@dataclass
class Fed:
    """The words that the feeder gave, and when the array took each."""

    words: list[Bits] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)


def fed(given: Sequence[Tile], design: Design, seed: int = 0, busy: float = 1.0, wait: int = 0) -> Fed:
    """What the feeder gives for ``given`` in turn.

    ``busy``: chance of each move; ``wait``: clocks between two words that the array takes.
    """
    rng, noise, m = random.Random(seed), np.random.default_rng(seed), Module()
    prepare, feeder = Prepare(design.array, design.sparsity.m), LeftFeeder(design, ADDRESS_BITS)
    m.submodules.prepare, m.submodules.feeder = prepare, feeder
    wiring.connect(m, prepare.output, feeder.input)
    ports, group_m, found = design.buffers.group_ports, design.sparsity.m, Fed()
    ends = list(accumulate(len(left_words(tile, design)) for tile in given))
    halves: dict[int, Bits] = {}
    asked: list[int] = []

    def take(ctx: Any, clock: int) -> None:
        is_time = not found.clocks or clock > found.clocks[-1] + wait
        ctx.set(feeder.output.ready, is_time and rng.random() < busy)
        if ctx.get(feeder.output.ready) and ctx.get(feeder.output.valid):
            found.words.append(elements(ctx.get(feeder.output.payload.as_value()), design))
            found.clocks.append(clock)

    def ask(ctx: Any) -> None:
        ctx.set(feeder.ask.ready, rng.random() < busy)
        if ctx.get(feeder.ask.ready) and ctx.get(feeder.ask.valid):
            half, address = ctx.get(feeder.ask.payload.half), ctx.get(feeder.ask.payload.address)
            groups = noise.integers(0, 1 << 16, (ports, group_m), halves[half].dtype)
            for number in range(ports):
                place = (address + number) % (1 << ADDRESS_BITS)
                if place < len(halves[half]):
                    groups[number] = halves[half][place]
            asked.append(int.from_bytes(groups.tobytes(), "little"))

    async def bench(ctx: Any) -> None:
        started = answered = clock = 0
        offers = answers = False
        while len(found.words) < ends[-1] and clock < 200 * ends[-1] + 5000:
            is_free = started < 2 or (started < len(given) and len(found.words) >= ends[started - 2])
            offers = started < len(given) and (offers or (is_free and rng.random() < busy))
            if offers:
                half = started % 2
                halves[half] = given[started].half.groups.reshape(-1, group_m)
                ctx.set(prepare.input.payload.as_value(), replace(given[started].compute, left_half=half).encode())
            ctx.set(prepare.input.valid, offers)
            answers = answered < len(asked) and (answers or rng.random() < busy)
            if answers:
                ctx.set(feeder.answer.payload.as_value(), asked[answered])
            ctx.set(feeder.answer.valid, answers)
            take(ctx, clock)
            ask(ctx)
            is_taken, is_answered = offers and ctx.get(prepare.input.ready), answers and ctx.get(feeder.answer.ready)
            await ctx.tick()
            started, answered = started + is_taken, answered + is_answered
            offers, answers = offers and not is_taken, answers and not is_answered
            clock += 1

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def elements(word: int, design: Design) -> Bits:
    """A left word [R, M], its operands as they were before they were recoded."""
    operand, rows, group_m = design.numbers.operand_format, design.array.rows, design.sparsity.m
    bits = operand.width + 1
    fields = (word >> place * bits & (1 << bits) - 1 for place in range(rows * group_m))
    return np.array([raw_word(field, operand) for field in fields], operand.pattern_type).reshape(rows, group_m)


@dataclass(frozen=True)
class Case:
    """A computation of a pass of a layer, and what its program may choose from.

    ``buffers``: smaller ones, which cut the taps.
    """

    layer: WeightedLayer
    pass_name: Pass
    dataflow: str
    axes: str = "both"
    keep_n: int = 0
    buffers: dict[str, Any] = field(default_factory=dict)
    number: int = 0

    def tile(self, design: Design) -> Tile:
        choices = {"array.dataflows": [self.dataflow], "array.interleave_axes": self.axes, **self.buffers}
        run = LayerRun(self.layer, self.pass_name, override(design, choices), batch=1, keep_n=self.keep_n)
        return tile_of(run, self.number)


PADDED = ConvLayer("conv", 2, 2, 12, 3, 3, 5, 2, 2)
STRIDED = ConvLayer("conv", 5, 3, 9, 3, 2, 4, 3, 3, 2, 2)
RAGGED = ConvLayer("conv", 2, 2, 5, 3, 3, 3, 2, 2)
DILATED = ConvLayer("conv", 3, 5, 4, 3, 5, 2, 3, 3, dilation=(1, 2))
IMAGE = ConvLayer("conv", 2, 3, 3, 2, 3, 2, 3, 3)
EVEN = ConvLayer("conv", 1, 3, 8, 1, 3, 2, 1, 3)
LONG = ConvLayer("conv", 2, 3, 4, 2, 3, 2, 2, 5, padding=(1, 0, 2, 2))
FEW_WEIGHTS, FEW_RESULTS = {"buffers.weight_bytes": 160}, {"buffers.output_bytes": 256}
CASES = {
    "os": Case(PADDED, "ff", "os", "cols"),
    "os-rows": Case(PADDED, "ff", "os", "rows", keep_n=2),
    "ws-shared-groups": Case(PADDED, "ff", "ws", keep_n=3),
    "os-turned": Case(STRIDED, "wu", "os", "cols"),
    "os-turned-rows": Case(RAGGED, "wu", "os", "rows"),
    "ws-turned": Case(RAGGED, "wu", "ws"),
    "os-sparse": Case(LinearLayer("fc", 3, 20, 7), "ff", "os", keep_n=1),
    "ws-strided": Case(STRIDED, "bp", "ws"),
    "os-dilated": Case(DILATED, "ff", "os", "cols", keep_n=2),
    "os-turned-taps-of-a-group": Case(IMAGE, "wu", "os", "cols"),
    "os-turned-whole-groups": Case(EVEN, "wu", "os", "cols"),
    "os-from-within-a-kernel-row": Case(LONG, "ff", "os", "cols", keep_n=2, buffers=FEW_WEIGHTS, number=2),
    "ws-from-within-a-kernel-row": Case(LONG, "ff", "ws", keep_n=2, buffers=FEW_WEIGHTS, number=1),
    "os-turned-from-within-a-kernel-row": Case(LONG, "wu", "os", "rows", buffers=FEW_RESULTS, number=1),
}
DESIGNS = {
    f"{name}-{ports}": override(design, {"buffers.group_ports": ports})
    for name, design in (("4x4", TINY), ("3x5", ODD))
    for ports in (1, 2, 4)
}


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_words_are_those_of_the_whole_tile_and_each_chunk_takes_its_reads(design: Design) -> None:
    given = [case.tile(design) for case in CASES.values()]
    found = fed(given, design)
    expected = np.concatenate([left_words(tile, design) for tile in given])
    assert np.array_equal(np.array(found.words), expected)
    first = 0
    for name, tile in zip(CASES, given, strict=True):
        of_tiles = list(chunks(tile, design))
        in_order = [chunk for of_tile in of_tiles for chunk in of_tile]
        clocks = found.clocks[first : first + sum(chunk.words for chunk in in_order)]
        first += len(clocks)
        assert [clock - clocks[0] for clock in clocks] == schedule(in_order), name
        assert by_contract(tile, design) == sum(max(chunk.reads, chunk.words) for chunk in in_order), name


def schedule(in_order: Sequence[Chunk], wait: int = 0) -> list[int]:
    """When each word is taken: those of a chunk one after another, meanwhile the next one is read."""
    begins = [0]
    for chunk, following in pairwise(in_order):
        begins.append(begins[-1] + max(following.reads, chunk.words * (1 + wait)))
    return [
        begin + word * (1 + wait) for begin, chunk in zip(begins, in_order, strict=True) for word in range(chunk.words)
    ]


SOME = ("os", "os-turned-rows", "os-turned-taps-of-a-group", "ws-shared-groups", "ws-turned")


def test_a_slower_array_waits_for_nothing_but_what_a_chunk_reads_longer() -> None:
    design, wait = DESIGNS["3x5-2"], 3
    given = [CASES[name].tile(design) for name in SOME]
    found = fed(given, design, wait=wait)
    assert np.array_equal(np.array(found.words), np.concatenate([left_words(tile, design) for tile in given]))
    first = 0
    for name, tile in zip(SOME, given, strict=True):
        in_order = [chunk for of_tile in chunks(tile, design) for chunk in of_tile]
        clocks = found.clocks[first : first + sum(chunk.words for chunk in in_order)]
        first += len(clocks)
        assert [clock - clocks[0] for clock in clocks] == schedule(in_order, wait), name


@pytest.mark.parametrize("name", ["4x4-4", "3x5-1"])
def test_words_are_right_whoever_waits(name: str) -> None:
    design = DESIGNS[name]
    given = [CASES[case].tile(design) for case in SOME]
    found = fed(given, design, seed=1, busy=0.6)
    assert np.array_equal(np.array(found.words), np.concatenate([left_words(tile, design) for tile in given]))
