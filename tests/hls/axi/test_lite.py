"""The AXI4-Lite slave before a few words: every access once, in any order of channels, and held up at every one."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Array, Module, Signal
from lite_host import LiteHost
from stream_bench import simulate

from heddle.hls.axi.channels import Response
from heddle.hls.axi.lite import LiteSlave

ADDRESS_BITS, WORDS = 6, 12  # the last four words are not there


class Words:
    """A slave with words behind it, and how many accesses came through."""

    def __init__(self) -> None:
        self.slave, self.writes, self.reads = LiteSlave(ADDRESS_BITS), Signal(16), Signal(16)
        self.kept = [Signal(32, name=f"word_{place}") for place in range(WORDS)]

    def module(self) -> Module:
        m = Module()
        m.submodules.slave = slave = self.slave
        m.d.comb += [
            slave.write_error.eq(slave.write_address >= WORDS),
            slave.read_error.eq(slave.read_address >= WORDS),
            slave.read_data.eq(Array([*self.kept, *[0] * (16 - WORDS)])[slave.read_address]),
        ]
        m.d.sync += [self.writes.eq(self.writes + slave.write), self.reads.eq(self.reads + slave.read)]
        for place, word in enumerate(self.kept):
            for byte in range(4):
                is_its = slave.write & (slave.write_address == place) & slave.write_strobes[byte]
                with m.If(is_its):
                    m.d.sync += word[8 * byte : 8 * byte + 8].eq(slave.write_data[8 * byte : 8 * byte + 8])
        return m


@pytest.mark.parametrize("idle", [0.0, 0.3, 0.8])
def test_every_access_is_made_once_and_answered(idle: float) -> None:
    words, rng, expected = Words(), random.Random(5), [0] * WORDS

    async def bench(ctx: Any) -> None:
        host = LiteHost(words.slave.axi, idle, seed=3)
        for count in range(1, 41):
            place, data, strobes = rng.randrange(16), rng.getrandbits(32), rng.getrandbits(4)
            right = Response.OKAY if place < WORDS else Response.SLVERR
            assert await host.write(ctx, 4 * place + rng.randrange(4), data, strobes) == right
            if place < WORDS:
                mask = sum(0xFF << 8 * byte for byte in range(4) if strobes >> byte & 1)
                expected[place] = expected[place] & ~mask | data & mask
            place = rng.randrange(16)
            found, answer = await host.read(ctx, 4 * place)
            assert answer == (Response.OKAY if place < WORDS else Response.SLVERR)
            assert place >= WORDS or found == expected[place]
            assert (ctx.get(words.writes), ctx.get(words.reads)) == (count, count)

    simulate(words.module(), bench)


async def offer(ctx: Any, channel: Any) -> None:
    """Let the slave take what stands on ``channel``, which it does at once."""
    ctx.set(channel.valid, 1)
    assert ctx.get(channel.ready)
    await ctx.tick()
    ctx.set(channel.valid, 0)


@pytest.mark.parametrize("first", ["aw", "w"])
def test_neither_of_address_and_data_waits_for_the_other(first: str) -> None:
    words = Words()

    async def bench(ctx: Any) -> None:
        axi = words.slave.axi
        ctx.set(axi.aw.payload.addr, 8)
        ctx.set(axi.w.payload, {"data": 7, "strb": 0xF})
        await offer(ctx, getattr(axi, first))
        await ctx.tick().repeat(3)
        assert ctx.get(axi.b.valid) == 0
        await offer(ctx, axi.w if first == "aw" else axi.aw)
        await ctx.tick()
        assert (ctx.get(axi.b.valid), ctx.get(words.kept[2])) == (1, 7)

    simulate(words.module(), bench)


def test_an_access_takes_two_clocks_while_reads_go_beside_writes() -> None:
    words = Words()

    async def bench(ctx: Any) -> None:
        axi = words.slave.axi
        for channel in (axi.aw, axi.w, axi.ar):
            ctx.set(channel.valid, 1)
        for channel in (axi.b, axi.r):
            ctx.set(channel.ready, 1)
        await ctx.tick().repeat(41)
        assert (ctx.get(words.writes), ctx.get(words.reads)) == (20, 20)

    simulate(words.module(), bench)


def test_a_read_that_waits_keeps_its_word_while_that_is_written() -> None:
    words = Words()

    async def bench(ctx: Any) -> None:
        axi, host = words.slave.axi, LiteHost(words.slave.axi)
        await host.write(ctx, 0, 1)
        await offer(ctx, axi.ar)
        await ctx.tick().repeat(2)
        await host.write(ctx, 0, 2)
        assert (ctx.get(axi.r.valid), ctx.get(axi.r.payload.data)) == (1, 1)

    simulate(words.module(), bench)
