"""A reset at any clock of a transfer, of the master and of memory: the next transfer is right."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
from amaranth.sim import Simulator
from axi_memory import AxiMemory, as_words, packed
from naive_spans import as_stream
from stream_bench import Collector, Feeder, Moved, resettable

from heddle.hls.axi.channels import AxiShape, Response
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.write_engine import WriteEngine

NARROW = AxiShape(data_bytes=8, address_bits=12, page_bytes=64)
NOISE = random.Random(12).randbytes(4096)
#: The first transfer, which is broken off, and the one after the reset; at other places within a beat.
BROKEN, WHOLE = [(130, 62), (300, 20), (512, 64)], [(70, 58), (128, 10), (1000, 14)]
CLOCKS = (1, 3, 4, 6, 9, 12, 17)


def simulate(design: Any, bench: Any, *beside: Any) -> None:
    simulator = Simulator(design)
    simulator.add_clock(1e-6)
    done = []

    async def ends(ctx: Any) -> None:
        await bench(ctx)
        done.append(True)

    async def watchdog(ctx: Any) -> None:
        await ctx.delay(500e-6)
        assert done, "the transfer after the reset does not end"

    simulator.add_testbench(ends)
    for each in (watchdog, *beside):
        simulator.add_testbench(each, background=True)
    simulator.run()


async def reset_after(ctx: Any, reset: Any, engine: Any, clocks: int) -> None:
    """Let the broken transfer run for some clocks, then reset; nothing is offered any more."""
    words = as_words(packed(NOISE, BROKEN), 8)
    ctx.set(engine.spans.valid, 1)
    ctx.set(engine.words.valid if isinstance(engine, WriteEngine) else engine.words.ready, 1)
    place = 0
    for clock in range(clocks):
        ctx.set(engine.spans.payload, as_stream(BROKEN)[place % 3])
        if isinstance(engine, WriteEngine):
            ctx.set(engine.words.payload, words[clock % len(words)])
        *_, taken = await ctx.tick().sample(engine.spans.ready)
        place += taken
    ctx.set(reset, 1)
    ctx.set(engine.spans.valid, 0)
    ctx.set(engine.words.valid if isinstance(engine, WriteEngine) else engine.words.ready, 0)
    await ctx.tick()
    ctx.set(reset, 0)


@pytest.mark.parametrize("clocks", CLOCKS)
def test_a_reader_forgets_what_it_was_at(clocks: int) -> None:
    engine = ReadEngine(NARROW, 4)
    design, reset = resettable(engine)
    memory = AxiMemory(NARROW, bytearray(NOISE), latency=2, errors={128: Response.SLVERR}, reset=reset)
    data = packed(NOISE, WHOLE)
    taken = Moved()

    async def bench(ctx: Any) -> None:
        await reset_after(ctx, reset, engine, clocks)
        memory.errors.clear()
        assert ctx.get(engine.error) == Response.OKAY
        await Feeder(engine.spans, as_stream(WHOLE)).run(ctx, Moved())
        await Collector(engine.words, -(-len(data) // 8)).run(ctx, taken)

    simulate(design, bench, partial(memory.serve_reads, engine.axi))
    assert b"".join(word.data.to_bytes(8, "little")[: word.bytes] for word in taken.words) == data


@pytest.mark.parametrize("clocks", CLOCKS)
def test_a_writer_forgets_what_it_was_at(clocks: int) -> None:
    engine = WriteEngine(NARROW, 4)
    design, reset = resettable(engine)
    memory = AxiMemory(NARROW, bytearray(4096), latency=2, errors={130: Response.SLVERR}, reset=reset)
    data = packed(NOISE, WHOLE)

    async def bench(ctx: Any) -> None:
        await reset_after(ctx, reset, engine, clocks)
        memory.contents[:] = bytes(4096)
        assert (ctx.get(engine.error), ctx.get(engine.done)) == (Response.OKAY, 0)
        await Feeder(engine.spans, as_stream(WHOLE)).run(ctx, Moved())
        await Feeder(engine.words, as_words(data, 8)).run(ctx, Moved())
        while not ctx.get(engine.done):
            await ctx.tick()

    simulate(design, bench, partial(memory.serve_writes, engine.axi))
    assert packed(memory.contents, WHOLE) == data
    assert sum(map(bool, memory.contents)) == sum(map(bool, data))
