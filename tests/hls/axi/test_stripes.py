"""A wide port made of several: every byte of each channel's memory, whenever each of them answers."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from amaranth.hdl import Cat
from axi_memory import AxiMemory, as_words, packed
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_spans import as_stream, naive_spans
from stream_bench import Collector, Feeder, Moved, run
from write_watch import Done

from heddle.hls.axi.channels import AxiShape, Response, ports_of
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.write_engine import WriteEngine

TWO = AxiShape(data_bytes=16, address_bits=12, page_bytes=128, channels=2)
FOUR = AxiShape(data_bytes=32, address_bits=12, page_bytes=256, channels=4)
NOISE = random.Random(5).randbytes(1 << 12)
Transfers = list[list[tuple[int, int]]]

#: Begin and length of stretches, in pairs of bytes.
DRAWN = st.lists(
    st.lists(st.tuples(st.integers(0, 1500), st.integers(1, 90)), min_size=1, max_size=4), min_size=1, max_size=3
)
#: Of each channel its latency, and the chance that it rests.
PROMPT, UNEVEN = [(0, 0.0)] * 4, [(0, 0.0), (9, 0.4), (3, 0.0), (1, 0.7)]


def stripe(contents: bytes, shape: AxiShape, channel: int) -> bytearray:
    """The bytes of a channel: byte a of memory is the channel's where a / (its beat) modulo all channels says so."""
    beat = shape.of_channel.data_bytes
    return bytearray(byte for at, byte in enumerate(contents) if at // beat % shape.channels == channel)


def memories(
    shape: AxiShape, each: list[tuple[int, float]], errors: dict[int, dict[int, Response]] | None = None
) -> list[AxiMemory]:
    """A memory for each channel, of its part of the noise; ``errors`` by channel and its own address."""
    return [
        AxiMemory(
            shape.of_channel,
            stripe(NOISE, shape, place),
            latency,
            pause,
            seed=place,
            errors=(errors or {}).get(place, {}),
        )
        for place, (latency, pause) in enumerate(each[: shape.channels])
    ]


def whole(parts: list[AxiMemory], shape: AxiShape) -> bytes:
    """What all channels hold, in the order of addresses."""
    beat = shape.of_channel.data_bytes
    beats = range(0, len(parts[0].contents), beat)
    return b"".join(bytes(part.contents[at : at + beat]) for at in beats for part in parts)


def spans_of(drawn: Transfers, shape: AxiShape) -> Transfers:
    return [naive_spans([(2 * start, 2 * pairs) for start, pairs in each], shape.page_bytes) for each in drawn]


def local_bursts(transfers: Transfers, shape: AxiShape) -> list[tuple[int, int]]:
    """What each channel is asked for: address and beats; a beat of all for each beat that a span touches."""
    width, part = shape.data_bytes, shape.of_channel.data_bytes
    return [
        (address // width * part, (address + nbytes - 1) // width - address // width + 1)
        for spans in transfers
        for address, nbytes in spans
    ]


def read(engine: ReadEngine, transfers: Transfers, parts: list[AxiMemory]) -> tuple[Moved, list[Response]]:
    """Run ``transfers``; the words that moved, and ``error`` beside each."""
    errors: list[Response] = []
    words = [word for spans in transfers for word in as_stream(spans)]
    count = sum(-(-sum(nbytes for _, nbytes in spans) // engine.shape.data_bytes) for spans in transfers)
    ports = [port for _, port in ports_of(engine.axi)]

    async def watch(ctx: Any) -> None:
        async for *_, valid, ready, error in ctx.tick().sample(engine.words.valid, engine.words.ready, engine.error):
            if valid and ready:
                errors.append(error)

    beside = [partial(part.serve_reads, port) for part, port in zip(parts, ports, strict=True)]
    beside += [watch, never_refused([port.r for port in ports])]
    ends = [Feeder(engine.spans, words, seed=1), Collector(engine.words, count, 0.3, seed=2)]
    _, taken = run(engine, ends, beside=beside)
    return taken, errors


def never_refused(answers: list[Any]) -> Callable[[Any], Any]:
    """A bench that fails where memory offers what finds no room."""

    async def bench(ctx: Any) -> None:
        refused = Cat(answer.valid & ~answer.ready for answer in answers)
        async for *_, found in ctx.tick().sample(refused):
            assert found == 0

    return bench


def bytes_of(words: list[Any], width: int) -> bytes:
    return b"".join(word.data.to_bytes(width, "little")[: word.bytes] for word in words)


@settings(max_examples=6, deadline=None)
@given(DRAWN, st.sampled_from([TWO, FOUR]), st.sampled_from([PROMPT, UNEVEN]), st.integers(1, 3))
def test_every_byte_comes_from_its_channel(
    drawn: Transfers, shape: AxiShape, each: list[tuple[int, float]], outstanding: int
) -> None:
    transfers, parts = spans_of(drawn, shape), memories(shape, each)
    taken, errors = read(ReadEngine(shape, outstanding), transfers, parts)
    assert bytes_of(taken.words, shape.data_bytes) == b"".join(packed(NOISE, spans) for spans in transfers)
    assert set(errors) == {Response.OKAY}
    for part in parts:
        assert part.bursts == local_bursts(transfers, shape)
        assert part.most_outstanding <= outstanding


def test_all_channels_together_bring_a_beat_a_clock() -> None:
    parts = memories(TWO, [(7, 0.0), (12, 0.0)])
    engine = ReadEngine(TWO)
    _, taken = run(
        engine,
        [Feeder(engine.spans, as_stream([(128 * at, 128) for at in range(8)])), Collector(engine.words, 64)],
        beside=[partial(part.serve_reads, port) for part, (_, port) in zip(parts, ports_of(engine.axi), strict=True)],
    )
    assert taken.clocks == list(range(taken.clocks[0], taken.clocks[0] + 64))
    assert taken.clocks[0] - parts[1].beat_clocks[0] == engine.data_latency


@pytest.mark.parametrize(("channel", "first"), [(0, Response.SLVERR), (1, Response.DECERR)])
def test_the_first_channel_that_errs_says_how(channel: int, first: Response) -> None:
    errors = {channel: {8: first}, 2: {8: Response.SLVERR}, 3: {8: Response.DECERR}}
    transfers = [[(0, 32)], [(32, 32)], [(64, 32)]]
    _, told = read(ReadEngine(FOUR), transfers, memories(FOUR, UNEVEN, errors))
    assert told == [Response.OKAY, first, first]


def write(engine: WriteEngine, transfers: Transfers, parts: list[AxiMemory]) -> tuple[bytes, list[Response]]:
    """Write noise to ``transfers``; memory as it must be then, and what ``error`` says as each is done."""
    after, words = bytearray(NOISE), []
    noise = random.Random(6)
    for spans in transfers:
        sent = b""
        for address, nbytes in spans:
            after[address : address + nbytes] = block = noise.randbytes(nbytes)
            sent += block
        words += as_words(sent, engine.shape.data_bytes)
    done = Done(engine, len(transfers))
    ports = [port for _, port in ports_of(engine.axi)]

    beside = [partial(part.serve_writes, port) for part, port in zip(parts, ports, strict=True)]
    beside.append(never_refused([port.b for port in ports]))
    spans = [word for each in transfers for word in as_stream(each)]
    ends = [Feeder(engine.spans, spans, seed=1), Feeder(engine.words, words, 0.2, seed=2), done]
    run(engine, ends, beside=beside)
    return bytes(after), done.errors


@settings(max_examples=6, deadline=None)
@given(DRAWN, st.sampled_from([TWO, FOUR]), st.sampled_from([PROMPT, UNEVEN]), st.integers(1, 3))
def test_every_channel_is_what_it_was_but_for_its_part_of_the_spans(
    drawn: Transfers, shape: AxiShape, each: list[tuple[int, float]], outstanding: int
) -> None:
    transfers, parts = spans_of(drawn, shape), memories(shape, each)
    after, errors = write(WriteEngine(shape, outstanding), transfers, parts)
    assert whole(parts, shape) == after
    assert set(errors) == {Response.OKAY}
    for part in parts:
        assert part.bursts == local_bursts(transfers, shape)


@pytest.mark.parametrize("late", [0, 3])
def test_a_transfer_is_done_with_its_last_channel_s_answer_and_has_its_error(late: int) -> None:
    """The channel that is first with its answers has the error of the second transfer long before it is told."""
    each = [(40 if place == late else 0, 0.0) for place in range(4)]
    parts = memories(FOUR, each, {3 - late: {8: Response.SLVERR}})
    _, told = write(WriteEngine(FOUR), [[(0, 32)], [(32, 32)]], parts)
    assert told == [Response.OKAY, Response.SLVERR]


def test_the_shape_of_a_channel_is_its_share() -> None:
    assert FOUR.of_channel == AxiShape(data_bytes=8, address_bits=10, page_bytes=64)
    assert TWO.of_channel.of_channel == TWO.of_channel


@pytest.mark.parametrize("sizes", [{"channels": 3}, {"channels": 0}, {"data_bytes": 8, "channels": 4}])
def test_a_port_that_no_channels_make_is_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="power of two"):
        AxiShape(**sizes)
