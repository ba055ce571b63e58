"""The register map in RTL, as a host sees it: each field at its place, with its access, and the interrupt."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from amaranth.hdl import Fragment, Shape
from lite_host import LiteHost
from stream_bench import simulate

from heddle.arch.instructions import VERSION
from heddle.arch.register_map import (
    COUNTERS,
    IDENTIFICATION,
    MAP_VERSION,
    OFFSET_BITS,
    REGISTERS,
    Access,
    BitField,
    Register,
    fields,
)
from heddle.hls.array.command import Cause
from heddle.hls.axi.channels import Response
from heddle.hls.control.instruction import Stop
from heddle.hls.system.accelerator import COMMANDS, STATUS
from heddle.hls.system.registers import Registers

DIGEST = 0x0123456789ABCDEF0011223344556677
OFFSETS = {register.name: register.offset for register in REGISTERS}
MASKS = {field.name: field.mask for _, field in fields()}
WRITABLE = [each for each in fields() if each[1].access is Access.WRITE]


class Pulses:
    """How often ``start`` and ``abort`` were high, counted in each clock of a host."""

    def __init__(self, registers: Registers) -> None:
        self.registers, self.seen = registers, {"start": 0, "abort": 0}

    def __call__(self, ctx: Any) -> None:
        for name in self.seen:
            self.seen[name] += ctx.get(getattr(self.registers, name))


def held_by(run: Callable[[Any, Registers, LiteHost, Pulses], Any], idle: float = 0.0) -> None:
    """Let ``run`` go on registers and a host."""
    registers = Registers(DIGEST)
    pulses = Pulses(registers)
    host = LiteHost(registers.axi, idle, beside=pulses)

    async def bench(ctx: Any) -> None:
        await run(ctx, registers, host, pulses)

    simulate(registers, bench)


async def value_of(ctx: Any, host: LiteHost, name: str) -> int:
    value, response = await host.read(ctx, OFFSETS[name])
    assert response == Response.OKAY
    return value


def test_the_ports_are_those_of_the_machine() -> None:
    registers = Registers(DIGEST)
    Fragment.get(registers, None)
    members = registers.signature.members
    assert {name for name, member in members.items() if member.flow.name == "In"} == {*STATUS, "axi"}
    assert {name for name, member in members.items() if member.flow.name == "Out"} == {*COMMANDS, "interrupt"}
    widths = {name: Shape.cast(shape).width for name, shape in STATUS.items()}
    assert {
        field.name: field.width for _, field in fields() if field.name in ("stop", "array_cause", "stop_number")
    } == {name: widths[name] for name in ("stop", "array_cause", "stop_number")}
    assert [counter.name for counter in COUNTERS] == [name for name in STATUS if name.endswith("cycles")]


def test_it_says_what_it_is() -> None:
    async def run(ctx: Any, registers: Registers, host: LiteHost, pulses: Pulses) -> None:
        assert (await value_of(ctx, host, "identification")).to_bytes(4, "little") == b"HEDL"
        assert IDENTIFICATION == 0x4C444548
        assert await value_of(ctx, host, "version") == MAP_VERSION << 16 | VERSION
        words = [await value_of(ctx, host, f"design_{word}") for word in range(4)]
        assert sum(value << 32 * word for word, value in enumerate(words)) == DIGEST

    held_by(run)


@pytest.mark.parametrize(("register", "field"), WRITABLE, ids=[field.name for _, field in WRITABLE])
def test_a_field_keeps_the_bytes_that_are_written_and_no_others(register: Register, field: BitField) -> None:
    rng = random.Random(field.name)

    async def run(ctx: Any, registers: Registers, host: LiteHost, pulses: Pulses) -> None:
        expected = 0
        for _ in range(6):
            data, strobes = rng.getrandbits(32), rng.getrandbits(4)
            assert await host.write(ctx, register.offset, data, strobes) == Response.OKAY
            mask = sum(0xFF << 8 * byte for byte in range(4) if strobes >> byte & 1)
            expected = expected & ~mask | data & mask
            whole = sum(other.mask for other in register.fields)
            assert await value_of(ctx, host, register.name) == expected & whole
        for other in REGISTERS:
            is_left = other is register or not any(one.access is Access.WRITE for one in other.fields)
            assert is_left or await value_of(ctx, host, other.name) == 0

    held_by(run, idle=0.3)


def test_start_and_abort_are_one_clock_each_however_long_the_host_takes() -> None:
    async def run(ctx: Any, registers: Registers, host: LiteHost, pulses: Pulses) -> None:
        await host.write(ctx, OFFSETS["program_address_low"], 0x12345FFF)
        await host.write(ctx, OFFSETS["program_address_high"], 0xAB)
        await host.write(ctx, OFFSETS["time_limit"], 77)
        assert (ctx.get(registers.program_address), ctx.get(registers.time_limit)) == (0xAB12345FC0, 77)
        for name, seen in (("start", (1, 0)), ("abort", (1, 1))):
            await host.write(ctx, OFFSETS["control"], MASKS[name])
            assert tuple(pulses.seen.values()) == seen
        await host.write(ctx, OFFSETS["control"], 3, strobes=0b1110)
        assert tuple(pulses.seen.values()) == (1, 1)
        assert await value_of(ctx, host, "control") == 0

    held_by(run, idle=0.5)


def test_addresses_of_nothing_and_writes_of_what_is_only_read_are_errors() -> None:
    async def run(ctx: Any, registers: Registers, host: LiteHost, pulses: Pulses) -> None:
        none = [offset for offset in (*range(0, 0x140, 4), (1 << OFFSET_BITS) - 4) if offset not in OFFSETS.values()]
        for offset in none:
            assert await host.read(ctx, offset) == (0, Response.SLVERR)
            assert await host.write(ctx, offset, 0xFFFFFFFF) == Response.SLVERR
        for register in REGISTERS:
            right = Response.OKAY if register.is_writable else Response.SLVERR
            assert await host.write(ctx, register.offset, 0) == right, register.name
        assert await value_of(ctx, host, "identification") == IDENTIFICATION

    held_by(run)


def test_the_status_is_the_machines_and_done_stays_until_it_is_cleared_or_the_next_start() -> None:
    async def run(ctx: Any, registers: Registers, host: LiteHost, pulses: Pulses) -> None:
        async def runs_once() -> None:
            ctx.set(registers.busy, 1)
            await host.tick(ctx)
            ctx.set(registers.busy, 0)
            await host.tick(ctx)

        assert await value_of(ctx, host, "status") == 0
        ctx.set(registers.busy, 1)
        ctx.set(registers.stop, Stop.ARRAY)
        ctx.set(registers.stop_number, 0x80000001)
        ctx.set(registers.array_cause, Cause.SETTLE)
        cause = Stop.ARRAY.value << 8 | Cause.SETTLE.value << 16
        assert await value_of(ctx, host, "status") == cause | MASKS["busy"]
        assert await value_of(ctx, host, "stop_number") == 0x80000001
        await runs_once()
        assert await value_of(ctx, host, "status") == cause | MASKS["done"]
        await host.write(ctx, OFFSETS["status"], 0xFFFFFFFF & ~MASKS["done"])
        assert await value_of(ctx, host, "status") == cause | MASKS["done"]
        await host.write(ctx, OFFSETS["status"], MASKS["done"])
        assert await value_of(ctx, host, "status") == cause
        await runs_once()
        await host.write(ctx, OFFSETS["control"], MASKS["start"])
        assert await value_of(ctx, host, "status") == cause

    held_by(run)


def test_a_counter_is_read_as_it_was_in_one_clock_whatever_is_read_between() -> None:
    async def run(ctx: Any, registers: Registers, host: LiteHost, pulses: Pulses) -> None:
        for counter in COUNTERS:
            ctx.set(getattr(registers, counter.name), 0x1234_FFFFFFFF)
            assert await value_of(ctx, host, counter.low.name) == 0xFFFFFFFF
            ctx.set(getattr(registers, counter.name), 0x1235_00000000)
        for counter in COUNTERS:
            assert await value_of(ctx, host, counter.high.name) == 0x1234
        for counter in COUNTERS:
            assert await value_of(ctx, host, counter.low.name) == 0
            assert await value_of(ctx, host, counter.high.name) == 0x1235

    held_by(run)


#: What happens, the bit that says so, and the bit that lets it interrupt.
EVENTS = {"pending_done": "enable_done", "pending_stopped": "enable_stopped"}


@pytest.mark.parametrize("pending", EVENTS)
def test_the_interrupt_is_high_while_what_is_pending_is_enabled(pending: str) -> None:
    async def run(ctx: Any, registers: Registers, host: LiteHost, pulses: Pulses) -> None:
        ctx.set(registers.busy, 1)
        await host.tick(ctx)
        assert await value_of(ctx, host, "interrupt_pending") == 0
        if pending == "pending_stopped":
            ctx.set(registers.stop, Stop.TIMEOUT)
        else:
            ctx.set(registers.busy, 0)
        await host.tick(ctx)
        assert await value_of(ctx, host, "interrupt_pending") == MASKS[pending]
        assert not ctx.get(registers.interrupt)
        other = next(mask for name, mask in EVENTS.items() if name != pending)
        await host.write(ctx, OFFSETS["interrupt_enable"], MASKS[other])
        assert not ctx.get(registers.interrupt)
        await host.write(ctx, OFFSETS["interrupt_enable"], MASKS[EVENTS[pending]])
        assert ctx.get(registers.interrupt)
        await host.write(ctx, OFFSETS["interrupt_pending"], 0b11 & ~MASKS[pending])
        assert ctx.get(registers.interrupt)
        await host.write(ctx, OFFSETS["interrupt_pending"], MASKS[pending])
        assert not ctx.get(registers.interrupt)
        assert await value_of(ctx, host, "interrupt_pending") == 0

    held_by(run)


@pytest.mark.parametrize(("clock", "pending"), [(0, 0), (1, MASKS["pending_done"])])
def test_what_the_machine_sets_in_the_clock_in_which_the_host_clears_it_stays_set(clock: int, pending: int) -> None:
    """The write comes through in the clock after its address and its data."""

    async def run(ctx: Any, registers: Registers, host: LiteHost, pulses: Pulses) -> None:
        ctx.set(registers.busy, 1)
        await host.tick(ctx)
        ends = host.clock + clock
        host.beside = lambda ctx: ctx.set(registers.busy, host.clock < ends)
        await host.write(ctx, OFFSETS["interrupt_pending"], MASKS["pending_done"])
        assert await value_of(ctx, host, "interrupt_pending") == pending

    held_by(run)
