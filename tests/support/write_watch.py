"""Watches a write engine: what it says as each transfer is done."""

from __future__ import annotations

from typing import Any

from heddle.hls.axi.channels import Response
from heddle.hls.axi.write_engine import WriteEngine


class Done:
    """Waits for as many transfers as there are, and keeps what ``error`` says with each."""

    def __init__(self, engine: WriteEngine, count: int) -> None:
        self.engine, self.count = engine, count
        self.errors: list[Response] = []

    async def run(self, ctx: Any, moved: Any) -> None:
        while len(self.errors) < self.count:
            *_, done, error = await ctx.tick().sample(self.engine.done, self.engine.error)
            if done:
                self.errors.append(error)
