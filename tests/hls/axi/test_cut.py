"""A master that is cut off in any clock: nothing begins, what has begun ends by itself, and memory is owed nothing."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
from amaranth.sim import Simulator
from axi_memory import AxiMemory, as_words, packed
from naive_spans import as_stream

from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.write_engine import WriteEngine

NARROW = AxiShape(data_bytes=8, address_bits=12, page_bytes=64)
SPANS = [(130, 62), (300, 20), (512, 64), (70, 58)]
DATA = random.Random(12).randbytes(sum(nbytes for _, nbytes in SPANS))
#: Bytes that come with the master's spans, and no more.
GIVEN_WORDS = 9
CLOCKS = (0, 1, 2, 3, 5, 8, 13, 21, 34)


async def offer(ctx: Any, stream: Any, words: list[Any], cut: Any, given: list[Any]) -> None:
    """Offer ``words``, whatever is cut."""
    for word in words:
        ctx.set(stream.payload, word)
        ctx.set(stream.valid, 1)
        taken, was_cut = 0, 0
        while not taken:
            *_, taken, was_cut = await ctx.tick().sample(stream.ready, cut)
        given.append((word, was_cut))
        ctx.set(stream.valid, 0)


async def cut_after(ctx: Any, engine: Any, clocks: int) -> None:
    """Cut the master off, and wait until memory owes nothing."""
    await ctx.tick().repeat(clocks + 1)
    ctx.set(engine.cut, 1)
    for _ in range(200):
        if not ctx.get(engine.owes):
            break
        await ctx.tick()
    assert not ctx.get(engine.owes), "memory still owes answers"
    await ctx.tick().repeat(30)
    assert not ctx.get(engine.owes)


def run(engine: Any, bench: Any, *beside: Any) -> None:
    simulator = Simulator(engine)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    for each in beside:
        simulator.add_testbench(each, background=True)
    simulator.run()


@pytest.mark.parametrize("pause", [0.0, 0.4])
@pytest.mark.parametrize("clocks", CLOCKS)
def test_a_writer_ends_its_bursts_without_data_and_writes_only_what_it_was_given(clocks: int, pause: float) -> None:
    engine, before = WriteEngine(NARROW, 4), random.Random(4).randbytes(4096)
    memory = AxiMemory(NARROW, bytearray(before), latency=5, pause=pause, seed=2)
    begun: list[Any] = []
    spans, words = as_stream(SPANS), as_words(DATA, 8)[:GIVEN_WORDS]
    run(
        engine,
        partial(cut_after, engine=engine, clocks=clocks),
        partial(offer, stream=engine.spans, words=spans, cut=engine.cut, given=begun),
        partial(offer, stream=engine.words, words=words, cut=engine.cut, given=[]),
        partial(memory.serve_writes, engine.axi),
    )
    assert not any(was_cut for _, was_cut in begun)
    assert [address for address, _ in memory.bursts] == [span["address"] for span, _ in begun]
    right = bytearray(before)
    place = 0
    for address, nbytes in SPANS:
        right[address : address + nbytes] = DATA[place : place + nbytes]
        place += nbytes
    wrong = [at for at, byte in enumerate(memory.contents) if byte not in (before[at], right[at])]
    assert wrong == []
    written = packed(bytes(x != y for x, y in zip(memory.contents, before, strict=True)), SPANS)
    assert not any(written[8 * GIVEN_WORDS :])


@pytest.mark.parametrize("pause", [0.0, 0.4])
@pytest.mark.parametrize("clocks", CLOCKS)
def test_a_reader_takes_what_it_has_asked_for_though_nobody_takes_its_words(clocks: int, pause: float) -> None:
    engine = ReadEngine(NARROW, 4)
    memory = AxiMemory(NARROW, bytearray(4096), latency=5, pause=pause, seed=2)
    begun: list[Any] = []
    run(
        engine,
        partial(cut_after, engine=engine, clocks=clocks),
        partial(offer, stream=engine.spans, words=as_stream(SPANS), cut=engine.cut, given=begun),
        partial(memory.serve_reads, engine.axi),
    )
    assert not any(was_cut for _, was_cut in begun)
    assert [address for address, _ in memory.bursts] == [span["address"] for span, _ in begun]
    assert len(memory.beat_clocks) == sum(beats for _, beats in memory.bursts)
