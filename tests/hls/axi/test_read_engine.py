"""The read engine on a memory that answers late, pauses, and errs."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
from axi_memory import AxiMemory, packed
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_spans import as_stream, naive_spans
from refusal import assert_refused
from stream_bench import Collector, Feeder, Moved, run

from heddle.hls.axi.channels import AxiShape, Response
from heddle.hls.axi.read_engine import ReadEngine

NARROW = AxiShape(data_bytes=8, address_bits=12, page_bytes=64)
PORT = AxiShape()
NOISE = random.Random(5).randbytes(1 << 15)
Transfers = list[list[tuple[int, int]]]

#: Begin and length of stretches, in pairs of bytes: they are joined and cut to spans as the coalescer does.
DRAWN = st.lists(
    st.lists(st.tuples(st.integers(0, 1500), st.integers(1, 90)), min_size=1, max_size=4), min_size=1, max_size=3
)


def spans_of(drawn: Transfers, page_bytes: int) -> Transfers:
    return [naive_spans([(2 * start, 2 * pairs) for start, pairs in each], page_bytes) for each in drawn]


def read(
    engine: ReadEngine, transfers: Transfers, memory: AxiMemory, idle: float = 0.0, pause: float = 0.0
) -> tuple[Moved, Moved, list[Response]]:
    """Run ``transfers``; the spans and words that moved, and ``error`` beside each word."""
    errors: list[Response] = []
    words = [word for spans in transfers for word in as_stream(spans)]
    width = engine.shape.data_bytes
    count = sum(-(-sum(nbytes for _, nbytes in spans) // width) for spans in transfers)

    async def watch(ctx: Any) -> None:
        async for *_, valid, ready, error in ctx.tick().sample(engine.words.valid, engine.words.ready, engine.error):
            if valid and ready:
                errors.append(error)

    async def beats_are_never_refused(ctx: Any) -> None:
        async for *_, valid, ready in ctx.tick().sample(engine.axi.r.valid, engine.axi.r.ready):
            assert ready or not valid, "a beat that was asked for finds no room"

    ends = [Feeder(engine.spans, words, idle, seed=1), Collector(engine.words, count, pause, seed=2)]
    fed, taken = run(engine, ends, beside=[partial(memory.serve_reads, engine.axi), watch, beats_are_never_refused])
    return fed, taken, errors


def bytes_of(words: list[Any], width: int) -> list[bytes]:
    """The bytes of each transfer; every word but its last is full."""
    transfers, current = [], b""
    for word in words:
        current += word.data.to_bytes(width, "little")[: word.bytes]
        assert word.last or word.bytes == width
        if word.last:
            transfers.append(current)
            current = b""
    assert current == b""
    return transfers


@settings(max_examples=10, deadline=None)
@given(
    DRAWN,
    st.sampled_from(
        [(0.0, 0.0, 0.0, 0), (0.5, 0.0, 0.0, 0), (0.0, 0.6, 0.0, 3), (0.0, 0.0, 0.6, 7), (0.3,) * 3 + (1,)]
    ),
    st.integers(1, 3),
)
def test_every_transfer_comes_packed(drawn: Transfers, stalls: tuple[float, ...], outstanding: int) -> None:
    idle, pause, rests, latency = stalls
    transfers = spans_of(drawn, 64)
    memory = AxiMemory(NARROW, bytearray(NOISE[:4096]), latency=int(latency), pause=rests, seed=3)
    _, taken, errors = read(ReadEngine(NARROW, outstanding), transfers, memory, idle, pause)
    assert bytes_of(taken.words, 8) == [packed(NOISE, spans) for spans in transfers]
    assert memory.most_outstanding <= outstanding
    assert set(errors) == {Response.OKAY}


def test_the_machine_s_port_moves_a_beat_a_clock() -> None:
    spans = [(4096 * i, 4096) for i in range(4)]
    memory = AxiMemory(PORT, bytearray(NOISE), latency=20)
    engine = ReadEngine()
    _, taken, _ = read(engine, [spans], memory)
    assert bytes_of(taken.words, 64) == [NOISE[: 4 * 4096]]
    assert taken.clocks == list(range(taken.clocks[0], taken.clocks[0] + 256))
    assert taken.clocks[0] - memory.beat_clocks[0] == engine.data_latency


def test_ragged_spans_at_the_machine_s_port() -> None:
    transfers = [[(62, 130), (8190, 2), (8192, 4094), (300, 64)], [(2, 2)], [(64, 64), (130, 62), (20480, 66)]]
    _, taken, _ = read(ReadEngine(), transfers, AxiMemory(PORT, bytearray(NOISE), pause=0.2), pause=0.2)
    assert bytes_of(taken.words, 64) == [packed(NOISE, spans) for spans in transfers]


def test_a_short_queue_holds_requests_back_and_no_beat_up() -> None:
    spans = spans_of([[(0, 500)]], 64)
    memory = AxiMemory(NARROW, bytearray(NOISE[:4096]))
    engine = ReadEngine(NARROW, most_outstanding=4, queue_beats=9)
    _, taken, _ = read(engine, spans, memory, pause=0.8)
    assert bytes_of(taken.words, 8) == [NOISE[:1000]]


@pytest.mark.parametrize("response", [Response.SLVERR, Response.DECERR])
@pytest.mark.parametrize("bad", [0, 8, 56, 64])
def test_an_error_is_told_with_its_transfer_and_the_transfer_ends(response: Response, bad: int) -> None:
    transfers = [[(600, 40)], [(0, 64), (64, 4)], [(200, 30)]]
    memory = AxiMemory(NARROW, bytearray(NOISE[:4096]), errors={bad: response, 200: Response.SLVERR})
    _, taken, errors = read(ReadEngine(NARROW, 4), transfers, memory, pause=0.4)
    assert [word.bytes for word in taken.words if word.last] == [8, 4, 6]
    ends = [error for error, word in zip(errors, taken.words, strict=True) if word.last]
    assert ends == [Response.OKAY, response, response]


def test_what_cannot_read_is_refused() -> None:
    assert_refused(
        partial(ReadEngine, PORT, 4, 63), ValueError, "the longest burst has 64 beats, more than a queue of 63"
    )
