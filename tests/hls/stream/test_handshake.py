from __future__ import annotations

from typing import Any

import pytest
from amaranth.back import verilog
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from stream_bench import resettable, simulate

from heddle.hls.stream.handshake import assert_stable, transfer


class Wire(wiring.Component):
    """A stream passed through unchanged, with its contract asserted: it breaks it whenever its driver does."""

    def __init__(self) -> None:
        signature = stream.Signature(8)
        super().__init__({"driven": In(signature), "out": Out(signature), "moves": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        connect(m, flipped(self.driven), flipped(self.out))
        m.d.comb += self.moves.eq(transfer(self.out))
        assert_stable(m, self.out)
        return m


# Each clock: valid, payload, ready, reset.
Clock = tuple[int, int, int, int]


def play(clocks: list[Clock]) -> list[int]:
    """What ``transfer`` said in each clock."""
    moves = []
    wire = Wire()
    design, reset = resettable(wire)

    async def bench(ctx: Any) -> None:
        for valid, payload, ready, resets in clocks:
            ctx.set(wire.driven.valid, valid)
            ctx.set(wire.driven.payload, payload)
            ctx.set(wire.out.ready, ready)
            ctx.set(reset, resets)
            *_, moved = await ctx.tick().sample(wire.moves)
            moves.append(moved)

    simulate(design, bench)
    return moves


def test_a_word_moves_in_a_clock_with_both_valid_and_ready() -> None:
    assert play([(0, 0, 1, 0), (1, 7, 0, 0), (1, 7, 1, 0), (1, 8, 1, 0), (0, 0, 0, 0)]) == [0, 0, 1, 1, 0]


def test_a_source_that_takes_an_offer_back_is_caught() -> None:
    with pytest.raises(AssertionError, match="out: valid fell before ready"):
        play([(1, 7, 0, 0), (0, 7, 0, 0), (0, 7, 0, 0)])


def test_a_source_that_changes_an_offer_is_caught() -> None:
    with pytest.raises(AssertionError, match="out: payload changed before ready"):
        play([(1, 7, 0, 0), (1, 8, 0, 0), (1, 8, 0, 0)])


def test_a_sink_may_take_ready_back() -> None:
    play([(0, 0, 1, 0), (0, 0, 0, 0), (1, 3, 0, 0), (1, 3, 1, 0), (0, 0, 0, 0)])


def test_an_offer_may_end_with_a_reset() -> None:
    play([(1, 7, 0, 0), (0, 7, 0, 1), (0, 7, 0, 0), (1, 9, 0, 0), (1, 9, 1, 0)])


def test_the_contract_comes_out_in_the_verilog_as_clocked_assertions() -> None:
    text = verilog.convert(Wire(), name="wire_stream", strip_internal_attrs=True)
    assert text.count("assert (") == 2
    assert 'write("out: valid fell before ready")' in text
