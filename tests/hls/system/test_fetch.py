"""Fetch: a program comes from memory in order and once; what is wrong with its header or its bytes stops it."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from amaranth.sim import Simulator
from axi_memory import AxiMemory, as_words
from refusal import assert_refused
from stream_bench import Collector, Feeder, resettable, run

from heddle.arch.instructions import INSTRUCTION_BYTES, VERSION
from heddle.arch.program_file import MAGIC, Header
from heddle.hls.axi.channels import AxiShape, Response
from heddle.hls.control.instruction import Stop
from heddle.hls.system.fetch import Fetch, WordJoiner, WordSplitter

PORT = AxiShape(data_bytes=16)
DIGEST = 0x0123456789ABCDEF0011223344556677
#: Beats of an instruction.
BEATS = INSTRUCTION_BYTES // PORT.data_bytes
AT = 4096 - 3 * INSTRUCTION_BYTES  # the program goes on in the next page


@dataclass(frozen=True)
class Program:
    """Instructions of noise behind a header; its memory holds other noise around them."""

    body: bytes
    header: Header

    @classmethod
    def of(cls, instructions: int) -> Program:
        body = random.Random(instructions).randbytes(INSTRUCTION_BYTES * instructions)
        return cls(
            body,
            Header(magic=MAGIC, version=VERSION, instructions=instructions, checksum=zlib.crc32(body), design=DIGEST),
        )

    @property
    def words(self) -> list[int]:
        starts = range(0, len(self.body), INSTRUCTION_BYTES)
        return [int.from_bytes(self.body[start : start + INSTRUCTION_BYTES], "little") for start in starts]

    @property
    def whole(self) -> bytes:
        return self.header.encode().to_bytes(INSTRUCTION_BYTES, "little") + self.body


@dataclass(frozen=True, kw_only=True)
class Case:
    """A program at ``AT``, how memory answers, and how often an instruction is taken that is offered."""

    program: Program
    latency: int = 0
    pause: float = 0.0
    errors: dict[int, Response] = field(default_factory=dict)
    takes: float = 1.0


@dataclass
class Fetched:
    """What a fetch gave: instructions, the clocks from start to each, why it stopped, and the bursts that it read."""

    given: list[Any] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)
    stop: Stop = Stop.NONE
    bursts: list[tuple[int, int]] = field(default_factory=list)


def fetched(cases: list[Case], port: AxiShape = PORT) -> list[Fetched]:
    """Run one fetch through all cases, reset before each, until it is over."""
    fetch, rng = Fetch(port, DIGEST), random.Random(3)
    top, reset = resettable(fetch)
    memory = AxiMemory(port, bytearray(random.Random(7).randbytes(1 << 13)), reset=reset)
    results: list[Fetched] = []

    async def begin(ctx: Any, case: Case) -> None:
        memory.contents[AT : AT + len(case.program.whole)] = case.program.whole
        memory.latency, memory.pause, memory.errors, memory.bursts = case.latency, case.pause, case.errors, []
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        ctx.set(fetch.address, AT)
        ctx.set(fetch.start, 1)
        await ctx.tick()
        ctx.set(fetch.start, 0)
        ctx.set(fetch.address, 0)

    async def bench(ctx: Any) -> None:
        given = fetch.instructions
        for case in cases:
            found = Fetched()
            await begin(ctx, case)
            for clock in range(1, 1500):
                ctx.set(given.ready, rng.random() < case.takes)
                if ctx.get(given.valid) and ctx.get(given.ready):
                    found.given.append(ctx.get(given.payload))
                    found.clocks.append(clock)
                if ctx.get(fetch.is_over):
                    break
                await ctx.tick()
            await ctx.tick().repeat(20)
            assert ctx.get(fetch.is_over)
            assert not ctx.get(given.valid)
            found.stop, found.bursts = ctx.get(fetch.stop), memory.bursts
            results.append(found)

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.add_testbench(partial(memory.serve_reads, fetch.axi), background=True)
    simulator.run()
    return results


def assert_given(found: Fetched, program: Program) -> None:
    """All instructions, numbered, the last one marked."""
    assert [word.word for word in found.given] == program.words
    assert [word.number for word in found.given] == list(range(len(program.words)))
    assert [word.last for word in found.given] == [0] * (len(program.words) - 1) + [1]


def test_a_program_comes_whole_and_numbered() -> None:
    stalls = [(0.0, 1.0, 0), (0.5, 1.0, 9), (0.0, 0.2, 3), (0.4, 0.6, 1)]
    cases = [
        Case(program=Program.of(count), pause=pause, takes=takes, latency=latency)
        for pause, takes, latency in stalls
        for count in (1, 9)
    ]
    for case, found in zip(cases, fetched(cases), strict=True):
        assert_given(found, case.program)
        assert found.stop == Stop.NONE
        assert found.bursts[0] == (AT, BEATS)
        assert sum(beats for _, beats in found.bursts) == BEATS * (1 + len(case.program.words))


def test_a_port_that_is_wider_than_an_instruction_brings_several_at_once() -> None:
    """The header stands in the middle of a bus word, and the last one has fewer instructions than it has room for."""
    port = AxiShape(data_bytes=128)
    cases = [Case(program=Program.of(count), pause=pause, takes=1 - pause) for pause in (0, 0.4) for count in (1, 10)]
    for case, found in zip(cases, fetched(cases, port), strict=True):
        assert_given(found, case.program)
        assert found.stop == Stop.NONE
        assert found.bursts[0] == (AT, 1)
    prompt = fetched([Case(program=Program.of(12), latency=10)], port)[0]
    assert [after - before for before, after in pairwise(prompt.clocks)][2:] == [1] * 9


def test_a_wrong_header_stops_it_before_the_first_instruction() -> None:
    program = Program.of(2)
    wrong: list[tuple[dict[str, int], Stop]] = [
        ({"magic": MAGIC ^ 1}, Stop.NO_PROGRAM),
        ({"instructions": 0}, Stop.NO_PROGRAM),
        ({"version": VERSION + 1}, Stop.OTHER_VERSION),
        ({"design": DIGEST ^ 1 << 127}, Stop.OTHER_DESIGN),
        ({"magic": 0, "version": 0, "design": 0}, Stop.NO_PROGRAM),
        ({"version": 0, "design": 0}, Stop.OTHER_VERSION),
    ]
    headers = [replace(program.header, **fields) for fields, _ in wrong]
    found = fetched([Case(program=replace(program, header=header)) for header in headers])
    assert [each.stop for each in found] == [stop for _, stop in wrong]
    assert [(each.given, len(each.bursts)) for each in found] == [([], 1)] * len(wrong)


def test_a_changed_bit_is_seen_once_all_instructions_are_given() -> None:
    program = Program.of(3)
    changed = []
    for bit in (0, 700, 3 * 512 - 1):
        number = int.from_bytes(program.body, "little") ^ 1 << bit
        changed.append(replace(program, body=number.to_bytes(len(program.body), "little")))
    for each, found in zip(changed, fetched([Case(program=each) for each in changed]), strict=True):
        assert_given(found, each)
        assert found.stop == Stop.CHECKSUM


def test_what_memory_cannot_read_stops_it() -> None:
    places = [(0, Response.DECERR), (0, Response.SLVERR), (1, Response.SLVERR), (3, Response.DECERR)]
    errors = [{AT + INSTRUCTION_BYTES * place: response} for place, response in places]
    found = fetched([Case(program=Program.of(3), errors=each) for each in errors])
    assert [each.stop for each in found] == [Stop.READ_ERROR] * len(errors)


@pytest.mark.parametrize(("data_bytes", "clocks"), [(16, 29), (64, 25)])
def test_instructions_come_as_fast_as_the_port_brings_them(data_bytes: int, clocks: int) -> None:
    (found,) = fetched([Case(program=Program.of(12), latency=10)], AxiShape(data_bytes=data_bytes))
    assert found.clocks[0] == 2 * 10 + clocks
    gaps = [after - before for before, after in pairwise(found.clocks)]
    # The first ones lie before the page's end, and are a burst of their own.
    assert gaps[2:] == [INSTRUCTION_BYTES // data_bytes] * 9


@pytest.mark.parametrize("data_bytes", [4, 16, 64])
@pytest.mark.parametrize(("idle", "pause"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.7), (0.4, 0.4)])
def test_bus_words_are_joined_the_first_one_lowest(data_bytes: int, idle: float, pause: float) -> None:
    joiner, noise = WordJoiner(AxiShape(data_bytes=data_bytes, page_bytes=1024)), random.Random(2).randbytes(5 * 64)
    words = [
        {"data": int.from_bytes(noise[start : start + data_bytes], "little"), "bytes": data_bytes, "last": 0}
        for start in range(0, len(noise), data_bytes)
    ]
    ends = [Feeder(joiner.input, words, idle, seed=1), Collector(joiner.output, 5, pause, seed=2)]
    fed, joined = run(joiner, ends)
    assert joined.words == [int.from_bytes(noise[start : start + 64], "little") for start in range(0, len(noise), 64)]
    parts = 64 // data_bytes
    if not idle and not pause:
        assert fed.clocks == list(range(5 * parts))
    if not pause:
        assert joined.clocks == [clock + 1 for clock in fed.clocks[parts - 1 :: parts]]


@pytest.mark.parametrize(("idle", "pause"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.7), (0.4, 0.4)])
def test_bus_words_are_split_the_lowest_first(idle: float, pause: float) -> None:
    splitter, noise = WordSplitter(AxiShape(data_bytes=256, channels=2)), random.Random(4).randbytes(11 * 64)
    ends = [
        Feeder(splitter.input, as_words(noise, 256), idle, seed=1),
        Collector(splitter.output, 11, pause, seed=2),
    ]
    fed, split = run(splitter, ends)
    assert split.words == [int.from_bytes(noise[start : start + 64], "little") for start in range(0, len(noise), 64)]
    if not idle and not pause:
        assert split.clocks == list(range(1, 12))
        assert fed.clocks == [0, 4, 8]


def test_a_port_of_the_wrong_width_is_refused() -> None:
    wide, narrow = AxiShape(data_bytes=128), AxiShape(data_bytes=64)
    words = "a port of 128 bytes is wider than an instruction of 64"
    assert_refused(partial(WordJoiner, wide), ValueError, words)
    words = "a port of 64 bytes has no two instructions of 64 in a word"
    assert_refused(partial(WordSplitter, narrow), ValueError, words)
