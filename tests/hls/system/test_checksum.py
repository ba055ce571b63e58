"""The checksum of words as they come, against zlib's of their bytes."""

from __future__ import annotations

import random
import zlib
from typing import Any

from stream_bench import simulate

from heddle.hls.system.checksum import Checksum


def test_it_is_zlib_s_after_each_word_with_and_without_pauses() -> None:
    checksum, rng = Checksum(), random.Random(1)

    async def bench(ctx: Any) -> None:
        for words in (3, 1, 0, 6):
            ctx.set(checksum.start, 1)
            # A word in the clock of ``start`` is of no program.
            ctx.set(checksum.valid, rng.randrange(2))
            await ctx.tick()
            ctx.set(checksum.start, 0)
            assert ctx.get(checksum.crc) == 0
            body = b""
            for _ in range(words):
                word = rng.choice((rng.randbytes(64), bytes(64), b"\xff" * 64))
                ctx.set(checksum.word, int.from_bytes(word, "little"))
                ctx.set(checksum.valid, 0)
                await ctx.tick().repeat(rng.randint(1, 3))
                ctx.set(checksum.valid, 1)
                await ctx.tick()
                body += word
                assert ctx.get(checksum.crc) == zlib.crc32(body)

    simulate(checksum, bench)
