"""Memory behind an AXI4 master, for the Amaranth simulator: it answers by a list, late, with pauses, or with errors.

Requests are checked as they come: 4 KiB, lengths, sizes, INCR; the beats of a burst against its length.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import Const

from heddle.hls.axi.channels import AxiShape, Burst, Response


@dataclass
class Asked:
    """A burst: its first address, its beats, and how many of them are still to come."""

    address: int
    beats: int
    due: int  # the clock from which on it may be answered


@dataclass
class AxiMemory:
    """``contents`` as they are read and written, by a port of ``shape``.

    Answers come ``latency`` clocks after the request or later; each channel rests in a clock with probability
    ``pause``. ``errors``: response by address of a beat that is read, or by first address of a burst that is written.
    """

    shape: AxiShape
    contents: bytearray
    latency: int = 0
    pause: float = 0.0
    seed: int = 0
    errors: dict[int, Response] = field(default_factory=dict)
    reset: Any = field(
        default_factory=lambda: Const(0)
    )  # what it is asked for in a clock with this high is forgotten, with all before
    bursts: list[tuple[int, int]] = field(default_factory=list)
    beat_clocks: list[int] = field(default_factory=list)
    most_outstanding: int = 0

    async def serve_reads(self, axi: Any, ctx: Any) -> None:
        """Answer AR by R, for ever."""
        rest = random.Random(self.seed)
        waiting: deque[Asked] = deque()
        offered = False
        clock = 0
        while True:
            asks = rest.random() >= self.pause
            ctx.set(axi.ar.ready, asks)
            if not offered and waiting and waiting[0].due <= clock and rest.random() >= self.pause:
                self._offer_read(ctx, axi, waiting[0])
                offered = True
            ctx.set(axi.r.valid, offered)
            *_, resets, valid, request, taken = await ctx.tick().sample(
                self.reset, axi.ar.valid, axi.ar.payload, axi.r.ready
            )
            if resets:
                waiting.clear()
                offered = False
                continue
            if valid and asks:
                waiting.append(self._asked(request, clock))
            if offered and taken:
                offered = False
                self.beat_clocks.append(clock)
                self._advance(waiting)
            self.most_outstanding = max(self.most_outstanding, len(waiting))
            clock += 1

    def _offer_read(self, ctx: Any, axi: Any, burst: Asked) -> None:
        width = self.shape.data_bytes
        start = burst.address // width * width
        ctx.set(
            axi.r.payload,
            {
                "data": int.from_bytes(self.contents[start : start + width], "little"),
                "resp": self.errors.get(start, Response.OKAY),
                "last": int(burst.beats == 1),
            },
        )

    async def serve_writes(self, axi: Any, ctx: Any) -> None:
        """Answer AW and W by B, for ever; W may come before its AW."""
        rest = random.Random(self.seed)
        waiting: deque[Asked] = deque()  # bursts that lack beats
        beats: deque[Any] = deque()  # beats that no burst has taken yet
        answers: deque[tuple[int, Response]] = deque()
        offered = False
        clock = 0
        while True:
            asks, sends = rest.random() >= self.pause, rest.random() >= self.pause
            ctx.set(axi.aw.ready, asks)
            ctx.set(axi.w.ready, sends)
            if not offered and answers and answers[0][0] <= clock and rest.random() >= self.pause:
                ctx.set(axi.b.payload, {"id": 0, "resp": answers[0][1]})
                offered = True
            ctx.set(axi.b.valid, offered)
            *_, resets, asked, request, sent, beat, taken = await ctx.tick().sample(
                self.reset, axi.aw.valid, axi.aw.payload, axi.w.valid, axi.w.payload, axi.b.ready
            )
            if resets:
                for line in (waiting, beats, answers):
                    line.clear()
                offered = False
                continue
            if asks and asked:
                waiting.append(self._asked(request, clock))
            if sends and sent:
                beats.append(beat)
                self.beat_clocks.append(clock)
            if offered and taken:
                answers.popleft()
                offered = False
            while beats and waiting:
                self._write(waiting, beats.popleft(), answers, clock)
            self.most_outstanding = max(self.most_outstanding, len(waiting) + len(answers))
            clock += 1

    def _write(self, waiting: deque[Asked], beat: Any, answers: deque[tuple[int, Response]], clock: int) -> None:
        width, burst = self.shape.data_bytes, waiting[0]
        start = burst.address // width * width
        for lane in range(width):
            if beat.strb >> lane & 1:
                assert start + lane >= burst.address
                self.contents[start + lane] = beat.data >> 8 * lane & 0xFF
        assert beat.last == (burst.beats == 1), f"last {beat.last} with {burst.beats} beats to come"
        self._advance(waiting)
        if beat.last:
            response = self.errors.get(self.bursts[-len(waiting) - 1][0], Response.OKAY)
            answers.append((clock + self.latency, response))

    def _asked(self, request: Any, clock: int) -> Asked:
        width, page = self.shape.data_bytes, self.shape.page_bytes
        beats = request.len + 1
        assert request.addr // width * width % page + beats * width <= page, "the burst crosses a page"
        assert (1 << request.size, request.burst, request.id) == (width, Burst.INCR, 0)
        self.bursts.append((request.addr, beats))
        return Asked(request.addr, beats, clock + self.latency)

    def _advance(self, waiting: deque[Asked]) -> None:
        """One beat of the first burst is done."""
        burst = waiting[0]
        if burst.beats == 1:
            waiting.popleft()
            return
        width = self.shape.data_bytes
        burst.address, burst.beats = burst.address // width * width + width, burst.beats - 1


def packed(contents: bytes, spans: list[tuple[int, int]]) -> bytes:
    """Return the bytes of a transfer's spans, one behind the other."""
    return b"".join(contents[address : address + nbytes] for address, nbytes in spans)


def as_words(transfer: bytes, width: int) -> list[dict[str, int]]:
    """Return the words of a stream that are one transfer of these bytes; lanes beyond the last one's are ones."""
    words = []
    for start in range(0, len(transfer), width):
        part = transfer[start : start + width]
        data = int.from_bytes(part.ljust(width, b"\xff"), "little")
        words.append({"data": data, "bytes": len(part), "last": int(start + width >= len(transfer))})
    return words
