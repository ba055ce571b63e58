"""What the orders of operands and of results have in common: a computation is taken, and walked array tile by tile."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from amaranth.hdl import Module, ShapeLike, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.command_rules import interleave_choices
from heddle.arch.design import ArrayConfig, Design
from heddle.hls.feed.prepare import PREPARED
from heddle.hls.feed.tile_counter import TileCounter
from heddle.hls.layout import below
from heddle.hls.stream.handshake import assert_stable, transfer


@dataclass(frozen=True)
class Frame:
    """Where an order stands: the computation, whether a word moves, and whether the first one comes a clock later.

    ``first_word``: where the array tile's columns begin, in words of the array's columns; ``words_left``: how many
    there are from there on. ``is_last_across``: the array tile is the last along the columns; ``is_last_tile``: it is
    the last of all.
    """

    held: data.View
    moves: Value
    starts: Value
    first_word: Value
    words_left: Value
    is_last_across: Value
    is_last_tile: Value


def last_output(m: Module, array: ArrayConfig, interleave_cols: Value) -> Signal:
    """Return the number, from 0, of the last of a PE's outputs along rows in OS: I / ``interleave_cols`` - 1."""
    last = Signal(below(array.interleave), name="last_output")
    with m.Switch(interleave_cols):
        for cols in interleave_choices(array):
            with m.Case(cols):
                m.d.comb += last.eq(array.interleave // cols - 1)
    return last


class Order(wiring.Component):
    """An order: for each computation words of one kind, all its array tiles one after another.

    Ports
    -----
    input : stream of PREPARED, in
    output : stream of ``word``, out

    Latency: 2 clocks from a computation to its first word. Throughput: a word a clock, and 2 clocks between two
    computations.
    """

    def __init__(self, design: Design, word: ShapeLike) -> None:
        self.design = design
        super().__init__({"input": In(stream.Signature(PREPARED)), "output": Out(stream.Signature(word))})

    @abstractmethod
    def _loops(self, m: Module, frame: Frame) -> Value:
        """Drive the output's payload; return whether its word is the last of the array tile."""

    def elaborate(self, platform: object) -> Module:
        """Take a computation, let the loops start, and go on until the last word of the last array tile."""
        m = Module()
        held, is_busy, has_started = Signal(PREPARED, reset_less=True), Signal(), Signal()
        m.submodules.tiles = tiles = TileCounter()
        moves, starts = transfer(self.output), is_busy & ~has_started
        frame = Frame(held, moves, starts, tiles.first_word, tiles.words_left, tiles.is_last_across, tiles.is_last)
        ends_tile = self._loops(m, frame)
        is_over = moves & ends_tile & tiles.is_last
        m.d.comb += [
            self.input.ready.eq(~is_busy),
            self.output.valid.eq(has_started),
            tiles.ws.eq(held.compute.command.ws),
            tiles.interleave_cols.eq(held.compute.command.interleave_cols),
            tiles.tiles.eq(held.compute.command.tiles),
            tiles.col_words.eq(held.col_words),
            tiles.start.eq(starts),
            tiles.step.eq(moves & ends_tile),
        ]
        m.d.sync += has_started.eq(is_busy & ~is_over)
        with m.If(transfer(self.input)):
            m.d.sync += [held.eq(self.input.payload), is_busy.eq(1)]
        with m.Elif(is_over):
            m.d.sync += is_busy.eq(0)
        assert_stable(m, self.output)
        return m
