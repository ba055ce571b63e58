"""What goes wrong while a program runs: it ends, its cause and its instruction are named, and the next one is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.instruction_words import words_of
from heddle.arch.instructions import INSTRUCTION_BYTES, Compute
from heddle.arch.program_file import Header, program_bytes
from heddle.dataflow.lowering import NOT_PRUNED
from heddle.dataflow.network import ConvLayer
from heddle.dataflow.program.memory_image import Image
from heddle.hls.control.instruction import Stop
from heddle.sim.program.execute import execute
from heddle.verify.machine import Machine, MachineRun, MemoryTiming, Mishaps, Outcome
from heddle.verify.machine_cases import LayerCase, Prepared
from tests.verify.test_machine import WRONG, program

TINY = load_design("tiny")
BOARD = load_board(TINY.board)
PROMPT = MemoryTiming(latency_clocks=5)
RESTLESS = MemoryTiming(latency_clocks=30, beat_clocks=2, stall=100, seed=3)
#: A weight gradient of some 1,000 clocks on prompt memory, with loads, computations and a store.
USUAL = LayerCase(ConvLayer("usual", 5, 5, 16, 5, 5, 8, 1, 1, 1, 1), "wu", 3, NOT_PRUNED, PROMPT).prepared(TINY, BOARD)


def right_image(prepared: Prepared) -> Image:
    image = prepared.image.copy()
    execute(prepared.instructions, image, TINY)
    return image


USUAL_IMAGE = right_image(USUAL)


def then_usual(machine: Machine, first: bytes, timing: MemoryTiming, mishaps: Mishaps) -> Outcome:
    """What ``first`` comes to; the usual program, behind it on the same machine, must run as ever."""
    outcome, usual = machine.run_on((first, USUAL.data), USUAL.image, timing, mishaps)
    assert_right(usual)
    return outcome


def assert_right(usual: MachineRun) -> None:
    assert usual.stop == Stop.NONE
    assert np.array_equal(usual.image, USUAL_IMAGE)


# A program whose instruction n touches memory from STRIDE x n on, and nothing else: an address tells whose it is.
STRIDE = 0x1000


def rows(pixels: int) -> str:
    return (
        f"places.row_positions=1 places.col_positions={pixels} places.pixels={pixels} "
        "places.elements=24 places.col_stride=112"
    )


def spread_out() -> bytes:
    """The third instruction has more pixels than bursts may be outstanding: its first are answered as it is walked."""
    kinds = [
        f"load group_elements=4 {rows(4)}",
        f"load weight group_elements=4 {rows(4)}",
        f"load weight packed group_elements=2 index_address={2 * STRIDE + 0xC00} {rows(24)}",
        f"store wide {rows(4)}",
        f"load group_elements=4 {rows(4)}",
        f"store {rows(4)}",
    ]
    return program(*(f"{text} places.address={STRIDE * number}" for number, text in enumerate(kinds)), "sync last")


@pytest.mark.parametrize("timing", [PROMPT, RESTLESS], ids=["prompt", "restless"])
def test_an_error_in_any_answer_names_the_instruction_that_it_is_of(machine: Machine, timing: MemoryTiming) -> None:
    """The errors of AXI by turns."""
    whole, image = spread_out(), np.arange(6 * STRIDE, dtype=np.uint32).astype(np.uint8)
    seen: dict[str, set[int]] = {"fetch": set(), "load": set(), "store": set()}
    for answer in range(1, 1000, 1 if timing is PROMPT else 3):
        mishaps = Mishaps(error_answer=answer, error="SLVERR" if answer // 3 % 2 else "DECERR")
        first, again = machine.run_on((whole, whole), image, timing, mishaps)
        if not first.error_master:  # more answers than there are: it falls upon the second run
            assert (first.stop, again.error_master != "") == (Stop.NONE, True)
            break
        assert again.stop == Stop.NONE, answer
        assert_stored(again.image, image)
        number = 0 if first.error_master == "fetch" else first.error_address // STRIDE
        cause = Stop.WRITE_ERROR if first.error_master == "store" else Stop.READ_ERROR
        assert (first.stop, first.stop_number) == (cause, number), (answer, first)
        seen[first.error_master].add(number)
    assert seen == {"fetch": {0}, "load": {0, 1, 2, 4}, "store": {3, 5}}


def assert_stored(found: Image, before: Image) -> None:
    """Zeros, as the output buffer has them at power-up, where the two stores put them, and the rest as it was."""
    right = before.copy()
    for number, element_bytes in ((3, 4), (5, 2)):
        for pixel in range(4):
            start = STRIDE * number + 112 * pixel
            right[start : start + 24 * element_bytes] = 0
    assert np.array_equal(found, right)


@pytest.mark.parametrize("timing", [PROMPT, RESTLESS], ids=["prompt", "restless"])
def test_an_abort_in_any_clock_ends_the_program(machine: Machine, timing: MemoryTiming) -> None:
    whole = then_usual(machine, USUAL.data, timing, Mishaps())
    named = set()
    for clock in range(3, whole.cycles, whole.cycles // 40):
        first = then_usual(machine, USUAL.data, timing, Mishaps(abort_clock=clock))
        assert first.stop == Stop.ABORTED, clock
        assert first.stop_at_once == Stop.ABORTED
        named.add(first.stop_number)
    assert min(named) == 0
    assert max(named) <= len(USUAL.instructions)
    assert len(named) > 4


def test_an_abort_of_no_program_is_not_heard(machine: Machine) -> None:
    whole = then_usual(machine, USUAL.data, PROMPT, Mishaps())
    first = then_usual(machine, USUAL.data, PROMPT, Mishaps(abort_clock=whole.cycles + 60))
    assert first.stop == Stop.NONE


LIMIT = 500


def test_memory_that_falls_silent_is_told_of_at_once_and_waited_for(machine: Machine) -> None:
    whole, silence = then_usual(machine, USUAL.data, PROMPT, Mishaps()), 3000
    for clock in range(60, whole.cycles - 20, whole.cycles // 12):
        mishaps = Mishaps(time_limit_cycles=LIMIT, silent_clock=clock, silent_clocks=silence)
        first = then_usual(machine, USUAL.data, PROMPT, mishaps)
        assert (first.stop, first.stop_at_once, first.busy_at_stop) == (Stop.TIMEOUT, Stop.TIMEOUT, True), clock
        assert first.stop_clock is not None
        assert LIMIT < first.stop_clock < silence
        assert first.cycles > silence


def test_without_a_limit_silence_is_only_late(machine: Machine) -> None:
    first = then_usual(machine, USUAL.data, PROMPT, Mishaps(silent_clock=200, silent_clocks=12_000))
    assert (first.stop, first.cycles > 12_000) == (Stop.NONE, True)


def test_a_limit_above_the_latency_of_memory_stops_nothing(machine: Machine) -> None:
    timing = MemoryTiming(latency_clocks=2000)
    assert then_usual(machine, USUAL.data, timing, Mishaps(time_limit_cycles=2200)).stop == Stop.NONE
    assert then_usual(machine, USUAL.data, MemoryTiming(40), Mishaps(time_limit_cycles=2200)).stop == Stop.NONE


def told_otherwise(tiles: int = 0, interval: int = 0) -> tuple[bytes, int]:
    """The usual program, more tiles or steps told to the array in its first computation, and the number of that."""
    changed = list(USUAL.instructions)
    number = next(place for place, each in enumerate(changed) if isinstance(each, Compute))
    compute = changed[number]
    assert isinstance(compute, Compute)
    command = compute.command
    longer = replace(command, tiles=command.tiles + tiles, interval=command.interval + interval)
    changed[number] = replace(compute, command=longer)
    return program_bytes(words_of(changed), TINY), number


@pytest.mark.parametrize("timing", [PROMPT, RESTLESS], ids=["prompt", "restless"])
def test_a_computation_that_waits_for_ever_ends_by_limit_or_by_hand(machine: Machine, timing: MemoryTiming) -> None:
    hanging, number = told_otherwise(tiles=7)  # no words come for them
    ways = {Stop.TIMEOUT: Mishaps(time_limit_cycles=1000), Stop.ABORTED: Mishaps(abort_clock=9000)}
    for stop, mishaps in ways.items():
        first = then_usual(machine, hanging, timing, mishaps)
        assert (first.stop, first.stop_number, first.busy_at_stop) == (stop, number, False)


def test_a_computation_of_hours_is_no_matter_of_the_limit_and_ends_by_hand(machine: Machine) -> None:
    """The array takes a step in every clock."""
    endless, number = told_otherwise(interval=1 << 31)
    first = then_usual(machine, endless, PROMPT, Mishaps(time_limit_cycles=1000, abort_clock=9000))
    assert (first.stop, first.stop_number, first.busy_at_stop) == (Stop.ABORTED, number, False)
    assert first.cycles > 8000


def test_a_program_that_is_cut_short_ends_where_its_bytes_do(machine: Machine) -> None:
    """Zeros follow it, and are no instruction; where only the last one lacks, the checksum is sooner to say so."""
    count = len(USUAL.instructions)
    for left in range(count):
        cut = USUAL.data[: INSTRUCTION_BYTES * (1 + left)]
        first = then_usual(machine, cut, PROMPT, Mishaps())
        expected = (Stop.OPCODE, left) if left < count - 1 else (Stop.CHECKSUM, 0)
        assert (first.stop, first.stop_number) == expected


def test_a_header_that_promises_thousands_of_millions_of_instructions_does_not_read_them(machine: Machine) -> None:
    header = Header.decode(int.from_bytes(USUAL.data[: Header.byte_count()], "little"))
    promising = replace(header, instructions=1 << 31).encode().to_bytes(INSTRUCTION_BYTES, "little")
    first = then_usual(machine, promising + USUAL.data[INSTRUCTION_BYTES:], PROMPT, Mishaps())
    assert (first.stop, first.stop_number) == (Stop.GOES_ON, len(USUAL.instructions) - 1)
    assert first.cycles < 5000


@pytest.mark.parametrize(("given", "stop", "number"), WRONG)
def test_what_is_no_program_does_nothing_to_the_next_one(
    machine: Machine, given: bytes, stop: Stop, number: int
) -> None:
    first, usual = machine.run_on((given, USUAL.data), USUAL.image, PROMPT, Mishaps())
    assert (first.stop, first.stop_number) == (stop, number)
    assert usual.stop == Stop.NONE
    written = right_image(replace(USUAL, image=usual.image))
    assert np.array_equal(usual.image, written)


def reset_clocks() -> Iterator[int]:
    yield from range(1, 40, 3)
    yield from range(40, 700, 60)


def test_a_reset_in_any_clock_lets_the_program_begin_anew(machine: Machine) -> None:
    for clock in reset_clocks():
        assert_right(machine.run(USUAL.data, USUAL.image, replace(PROMPT, reset_clock=clock)))
