"""The left feeder's words against the operand words of whole tiles, for computations of compiled programs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator

from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.arch.instructions import Compute, Load
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
#: Prepared, then ordered, addressed, asked for and collected.
CLOCKS_TO_THE_FIRST_READ = 31


@dataclass(frozen=True)
class Tile:
    """A computation, and what its half of the activation buffer holds."""

    compute: Compute
    half: LeftHalf


def first_tiles(run: LayerRun) -> list[Tile]:
    """The computations of a compiled pass for as long as what each half holds stays the same."""
    program, image, _ = run.executed()
    halves: dict[int, LeftHalf] = {}
    held: dict[int, LeftHalf] = {}
    found: list[Tile] = []
    for each in program.instructions:
        if isinstance(each, Load) and not each.weight:
            halves[each.half] = load_left(each, image, run.design.sparsity.m, run.design.numbers.operand_format)
        if isinstance(each, Compute):
            half = halves[each.left_half]
            if held.setdefault(each.left_half, half) is not half:
                break
            found.append(Tile(each, half))
    return found


def left_words(tile: Tile, design: Design) -> Bits:
    """The words [words, R, M] that the array takes for ``tile``, written down from whole matrices."""
    compute, command, array, group_m = tile.compute, tile.compute.command, design.array, design.sparsity.m
    groups = left_groups(compute.walk, tile.half, group_m)
    rows, count, _ = groups.shape
    width = array.cols * (1 if command.ws else command.interleave_cols)
    across = -(-compute.cols // width)
    if command.ws:
        slots = compute.walk.pixels if compute.walk.turned else count * compute.group_slots
        folds = command.tiles // across
        lanes = np.zeros((folds * array.rows, rows, group_m), groups.dtype)
        lanes[:slots] = groups[:, np.arange(slots) // compute.group_slots].transpose(1, 0, 2)
        words = lanes.reshape(folds, 1, array.rows, rows, group_m).transpose(0, 1, 3, 2, 4)
        return np.repeat(words, across, axis=1).reshape(-1, array.rows, group_m)
    outputs = array.interleave // command.interleave_cols
    down = command.tiles // across
    padded = np.zeros((down * outputs * array.rows, count, group_m), groups.dtype)
    padded[:rows] = groups
    words = padded.reshape(down, outputs, array.rows, count, group_m).transpose(0, 3, 1, 2, 4)
    if outputs > 1:
        words = words[:, np.arange(command.length) // compute.group_slots]
    return np.repeat(words[:, np.newaxis], across, axis=1).reshape(-1, array.rows, group_m)


def fed(given: Sequence[Tile], design: Design, seed: int = 0, busy: float = 1.0) -> tuple[list[Bits], int]:
    """The words that the feeder gives for ``given`` in turn, and the clocks it took; ``busy``: chance of each move."""
    rng, prepare, feeder, m = (
        random.Random(seed),
        Prepare(design.array.cols),
        LeftFeeder(design, ADDRESS_BITS),
        Module(),
    )
    m.submodules.prepare, m.submodules.feeder = prepare, feeder
    wiring.connect(m, prepare.output, feeder.input)
    halves = {tile.compute.left_half: tile.half.groups.reshape(-1, design.sparsity.m) for tile in given}
    wanted = sum(len(left_words(tile, design)) for tile in given)
    words: list[Bits] = []
    asked: list[int] = []
    clocks = 0

    def take(ctx: Any) -> None:
        ctx.set(feeder.output.ready, rng.random() < busy)
        if ctx.get(feeder.output.ready) and ctx.get(feeder.output.valid):
            words.append(elements(ctx.get(feeder.output.payload.as_value()), design))

    def ask(ctx: Any) -> None:
        ctx.set(feeder.ask.ready, rng.random() < busy)
        if ctx.get(feeder.ask.ready) and ctx.get(feeder.ask.valid):
            half, address = ctx.get(feeder.ask.payload.half), ctx.get(feeder.ask.payload.address)
            asked.append(int.from_bytes(halves[half][address].tobytes(), "little"))

    async def bench(ctx: Any) -> None:
        nonlocal clocks
        started = answered = 0
        offers = answers = False
        while len(words) < wanted and clocks < 200 * wanted + 5000:
            offers = started < len(given) and (offers or rng.random() < busy)
            if offers:
                ctx.set(prepare.input.payload.as_value(), given[started].compute.encode())
            ctx.set(prepare.input.valid, offers)
            answers = answered < len(asked) and (answers or rng.random() < busy)
            if answers:
                ctx.set(feeder.answer.payload.as_value(), asked[answered])
            ctx.set(feeder.answer.valid, answers)
            take(ctx)
            ask(ctx)
            is_taken, is_answered = offers and ctx.get(prepare.input.ready), answers and ctx.get(feeder.answer.ready)
            await ctx.tick()
            started, answered = started + is_taken, answered + is_answered
            offers, answers = offers and not is_taken, answers and not is_answered
            clocks += 1

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return words, clocks


def elements(word: int, design: Design) -> Bits:
    """A left word [R, M]."""
    pattern = design.numbers.operand_format.pattern_type
    data = word.to_bytes(design.array.rows * design.sparsity.m * np.dtype(pattern).itemsize, "little")
    return np.frombuffer(data, pattern).reshape(design.array.rows, design.sparsity.m)


LAYERS: dict[str, tuple[WeightedLayer, int]] = {
    "3x3": (ConvLayer("conv", 3, 4, 8, 3, 4, 8, 3, 3), 2),
    "3x3-stride-2": (ConvLayer("conv", 5, 5, 4, 3, 3, 9, 3, 3, 2, 2), 0),
    "5-channels": (ConvLayer("conv", 3, 2, 5, 3, 2, 3, 3, 3), 0),
    "linear": (LinearLayer("fc", 3, 12, 7), 0),
}


@pytest.mark.parametrize("pass_name", ["ff", "bp", "wu"])
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("design", [TINY, ODD], ids=["4x4", "3x5"])
def test_words_are_those_of_the_whole_tile(design: Design, name: str, pass_name: Pass) -> None:
    layer, keep_n = LAYERS[name]
    given = first_tiles(LayerRun(layer, pass_name, design, batch=1, keep_n=0 if pass_name == "wu" else keep_n))[:2]
    words, _ = fed(given, design, busy=0.9)
    expected = np.concatenate([left_words(tile, design) for tile in given])
    assert np.array_equal(np.array(words), expected)


def test_in_os_a_word_takes_as_many_clocks_as_the_array_has_rows() -> None:
    layer, _ = LAYERS["linear"]
    (tile, *_) = first_tiles(LayerRun(layer, "ff", TINY, batch=1))
    assert not tile.compute.command.ws
    words, clocks = fed([tile], TINY)
    assert clocks == len(words) * TINY.array.rows + CLOCKS_TO_THE_FIRST_READ


def groups_in_a_fold(first_slot: int, group_slots: int, rows: int) -> int:
    """How many groups the slots of the array's rows stand in."""
    return len({(first_slot + row) // group_slots for row in range(rows)})


@pytest.mark.parametrize(("design", "batch"), [(TINY, 1), (ODD, 2)], ids=["4x4", "3x5"])
def test_in_ws_a_word_takes_a_clock_for_each_group_of_its_fold(design: Design, batch: int) -> None:
    layer = ConvLayer("conv", 4, 4, 8, 4, 4, 8, 3, 3) if design is ODD else LAYERS["3x3"][0]
    (tile, *_) = first_tiles(LayerRun(layer, "ff", design, batch=batch, keep_n=2))
    command, rows = tile.compute.command, design.array.rows
    assert (command.ws, tile.compute.group_slots) == (1, 2)
    words, clocks = fed([tile], design)
    folds = range(command.tiles // command.fresh_tiles)
    reads = sum(groups_in_a_fold(fold * rows, tile.compute.group_slots, rows) for fold in folds)
    assert len(words) == command.tiles * command.length
    assert clocks == reads * command.fresh_tiles * command.length + CLOCKS_TO_THE_FIRST_READ


def turned_clocks(first_row: int, tile: Tile, design: Design) -> int:
    """The clocks of a word of turned groups: M reads where another group of channels begins, else one."""
    channels, taps = tile.compute.walk.elements, tile.compute.walk.taps
    rows = [first_row + row for row in range(design.array.rows)]
    begins = [row % channels % design.sparsity.m == 0 and row < taps * channels for row in rows]
    return sum(design.sparsity.m if begins[at] or at == 0 else 1 for at in range(len(rows)))


def test_turned_a_group_of_channels_is_read_once_a_word_from_each_of_its_pixels() -> None:
    layer, _ = LAYERS["3x3"]
    (tile, *_) = first_tiles(LayerRun(layer, "wu", TINY, batch=1))
    command, array = tile.compute.command, TINY.array
    outputs = array.interleave // command.interleave_cols
    assert (tile.compute.walk.turned, command.ws, outputs) == (1, 0, 2)
    across = -(-tile.compute.cols // (array.cols * command.interleave_cols))
    words, clocks = fed([tile], TINY)
    firsts = range(0, command.tiles // across * outputs * array.rows, array.rows)
    of_a_slot = sum(turned_clocks(first, tile, TINY) for first in firsts)
    assert len(words) == len(firsts) * across * command.length
    assert clocks == of_a_slot * across * command.length + CLOCKS_TO_THE_FIRST_READ
