"""The write engine on a memory that answers late, pauses, and errs: every byte of memory is compared."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
from axi_memory import AxiMemory, as_words
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_spans import as_stream, naive_spans
from stream_bench import Feeder, run
from write_watch import Done

from heddle.hls.axi.channels import AxiShape, Response
from heddle.hls.axi.write_engine import WriteEngine

NARROW = AxiShape(data_bytes=8, address_bits=12, page_bytes=64)
PORT = AxiShape()
Transfers = list[list[tuple[int, int]]]

DRAWN = st.lists(
    st.lists(st.tuples(st.integers(0, 1500), st.integers(1, 90)), min_size=1, max_size=4), min_size=1, max_size=3
)


def data_of(transfers: Transfers) -> list[bytes]:
    noise = random.Random(6)
    return [noise.randbytes(sum(nbytes for _, nbytes in spans)) for spans in transfers]


def written(contents: bytes, transfers: Transfers) -> bytearray:
    """Memory after the transfers, byte by byte."""
    after = bytearray(contents)
    for spans, data in zip(transfers, data_of(transfers), strict=True):
        place = 0
        for address, nbytes in spans:
            after[address : address + nbytes] = data[place : place + nbytes]
            place += nbytes
    return after


def write(
    engine: WriteEngine, transfers: Transfers, memory: AxiMemory, idle: float = 0.0, word_idle: float = 0.0
) -> list[Response]:
    """Write noise to ``transfers``; what ``error`` says as each is done."""
    done = Done(engine, len(transfers))
    spans = [word for each in transfers for word in as_stream(each)]
    words = [word for data in data_of(transfers) for word in as_words(data, engine.shape.data_bytes)]
    feeders = [Feeder(engine.spans, spans, idle, seed=1), Feeder(engine.words, words, word_idle, seed=2)]
    run(engine, [*feeders, done], beside=[partial(memory.serve_writes, engine.axi)])
    return done.errors


@settings(max_examples=10, deadline=None)
@given(
    DRAWN,
    st.sampled_from(
        [(0.0, 0.0, 0.0, 0), (0.5, 0.0, 0.0, 0), (0.0, 0.6, 0.0, 3), (0.0, 0.0, 0.6, 7), (0.3,) * 3 + (1,)]
    ),
    st.integers(1, 3),
)
def test_memory_is_what_it_was_but_for_the_spans(drawn: Transfers, stalls: tuple[float, ...], outstanding: int) -> None:
    idle, word_idle, rests, latency = stalls
    transfers = [naive_spans([(2 * start, 2 * pairs) for start, pairs in each], 64) for each in drawn]
    before = random.Random(7).randbytes(4096)
    memory = AxiMemory(NARROW, bytearray(before), latency=int(latency), pause=rests, seed=3)
    errors = write(WriteEngine(NARROW, outstanding), transfers, memory, idle, word_idle)
    assert memory.contents == written(before, transfers)
    assert errors == [Response.OKAY] * len(transfers)
    assert memory.most_outstanding <= outstanding


def test_the_machine_s_port_moves_a_beat_a_clock() -> None:
    transfers = [[(4096 * i, 4096) for i in range(4)]]
    memory = AxiMemory(PORT, bytearray(1 << 14), latency=20)
    engine = WriteEngine()
    write(engine, transfers, memory)
    assert memory.contents == written(bytes(1 << 14), transfers)
    assert memory.beat_clocks == list(range(engine.data_latency, engine.data_latency + 256))


def test_ragged_spans_at_the_machine_s_port() -> None:
    transfers = [[(62, 130), (8190, 2), (8192, 4094), (300, 64)], [(2, 2)], [(64, 64), (130, 62), (20480, 66)]]
    memory = AxiMemory(PORT, bytearray(1 << 15), pause=0.2)
    write(WriteEngine(), transfers, memory, word_idle=0.2)
    assert memory.contents == written(bytes(1 << 15), transfers)


@pytest.mark.parametrize("response", [Response.SLVERR, Response.DECERR])
@pytest.mark.parametrize("bad", [0, 64])
def test_an_error_is_told_with_its_transfer_and_those_after(response: Response, bad: int) -> None:
    transfers = [[(600, 40)], [(0, 64), (64, 4)], [(200, 30)]]
    memory = AxiMemory(NARROW, bytearray(4096), pause=0.3, errors={bad: response, 200: Response.SLVERR})
    assert write(WriteEngine(NARROW, 4), transfers, memory) == [Response.OKAY, response, response]


def test_beats_do_not_wait_for_their_request_to_be_taken() -> None:
    """A slave may wait for data before it takes the address."""
    engine = WriteEngine(NARROW, 2)
    seen: list[int] = []

    async def refuses_requests(ctx: Any) -> None:
        ctx.set(engine.axi.aw.ready, 0)
        ctx.set(engine.axi.w.ready, 1)
        async for *_, valid, last in ctx.tick().sample(engine.axi.w.valid, engine.axi.w.payload.last):
            if valid:
                seen.append(last)

    feeders = [Feeder(engine.spans, as_stream([(0, 24)])), Feeder(engine.words, as_words(bytes(24), 8))]
    run(engine, [*feeders, _Clocks(10)], beside=[refuses_requests])
    assert seen == [0, 0, 1]


class _Clocks:
    """Lets some clocks pass."""

    def __init__(self, count: int) -> None:
        self.count = count

    async def run(self, ctx: Any, moved: Any) -> None:
        await ctx.tick().repeat(self.count)
