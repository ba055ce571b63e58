"""A host at an AXI4-Lite slave in the Amaranth simulator: accesses one after the other, held up as it draws."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from heddle.hls.axi.channels import Response


@dataclass
class LiteHost:
    """Writes and reads words at ``axi``; each of its channels rests before each clock with probability ``idle``.

    It drives the clock, so what else a bench does in a clock of an access stands in ``beside``, which is called in
    each. AXI's rules are checked: no answer before its request, and answers that stay as they are.
    """

    axi: Any
    idle: float = 0.0
    seed: int = 0
    beside: Any = None
    clock: int = 0
    drawn: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.drawn = random.Random(self.seed)

    async def tick(self, ctx: Any) -> None:
        """Let a clock pass."""
        if self.beside is not None:
            self.beside(ctx)
        await ctx.tick()
        self.clock += 1

    async def write(self, ctx: Any, address: int, data: int, strobes: int = 0xF) -> Response:
        """Write a word, and return the answer."""
        ctx.set(self.axi.aw.payload.addr, address)
        ctx.set(self.axi.w.payload, {"data": data, "strb": strobes})
        await self._send(ctx, self.axi.aw, self.axi.w, self.axi.b)
        return (await self._take(ctx, self.axi.b)).resp

    async def read(self, ctx: Any, address: int) -> tuple[int, Response]:
        """Read a word, and return it with the answer."""
        ctx.set(self.axi.ar.payload.addr, address)
        await self._send(ctx, self.axi.ar, None, self.axi.r)
        answer = await self._take(ctx, self.axi.r)
        return answer.data, answer.resp

    async def _send(self, ctx: Any, first: Any, second: Any, answer: Any) -> None:
        """Offer one or two streams until each has moved once; no answer may come before the last of them has."""
        waiting = [stream for stream in (first, second) if stream is not None]
        while waiting:
            for stream in waiting:
                ctx.set(stream.valid, ctx.get(stream.valid) or self.drawn.random() >= self.idle)
            moved = [stream for stream in waiting if ctx.get(stream.valid) and ctx.get(stream.ready)]
            assert not ctx.get(answer.valid), "an answer comes before its request"
            await self.tick(ctx)
            for stream in moved:
                ctx.set(stream.valid, 0)
                waiting.remove(stream)

    async def _take(self, ctx: Any, answer: Any) -> Any:
        """Take one answer; AssertionError where none comes, or it changes while it waits."""
        offered = None
        for _ in range(1000):
            ready = self.drawn.random() >= self.idle
            ctx.set(answer.ready, ready)
            if ctx.get(answer.valid):
                payload = ctx.get(answer.payload)
                assert offered is None or payload.as_bits() == offered.as_bits(), "an answer changes while it waits"
                offered = payload
            await self.tick(ctx)
            if ready and offered is not None:
                ctx.set(answer.ready, 0)
                return offered
        raise AssertionError("no answer comes")
