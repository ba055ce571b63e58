"""The engines' memory of fixed latency and bandwidth: the bench's, a transfer at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from samples import SMALL

from heddle.arch.memory_clocks import MemoryClocks
from heddle.sim.engines.dram import transfer
from heddle.sim.engines.dram_rows import READ, WRITE, Access, Dram, fixed_memory_of

BEAT_BYTES = SMALL.memory.axi_bits // 8


def memory(latency: int, beat_clocks: int = 1) -> Dram:
    return fixed_memory_of(SMALL, MemoryClocks(latency, beat_clocks))


def moved(dram: Dram, direction: int, beats: int, ready: float) -> float:
    nbytes = beats * BEAT_BYTES
    return transfer(dram, Access(0, nbytes, 1, nbytes, direction), ready)


def test_a_read_is_there_after_its_latency_and_its_beats() -> None:
    assert moved(memory(40), READ, 5, 100.0) == 100 + 40 + 4
    assert moved(memory(40, beat_clocks=4), READ, 5, 100.0) == 100 + 40 + 4 * 4


def test_reads_that_follow_each_other_wait_for_the_latency_once() -> None:
    dram = memory(40)
    assert [moved(dram, READ, 100, ready) for ready in (0.0, 10.0, 20.0)] == [139, 239, 339]


def test_a_write_is_over_when_memory_has_answered_it() -> None:
    assert moved(memory(40), WRITE, 5, 100.0) == 100 + 4 + 40


def test_a_write_moves_while_a_read_waits_for_its_latency() -> None:
    dram = memory(40)
    moved(dram, READ, 10, 0.0)
    assert moved(dram, WRITE, 30, 5.0) == 5 + 29 + 40


def test_reads_go_before_writes() -> None:
    dram = memory(40)
    moved(dram, READ, 10, 0.0)
    assert moved(dram, WRITE, 30, 20.0) == 20 + 10 + 29 + 40
    assert moved(dram, READ, 1, 5.0) == 50


def test_what_a_read_takes_from_a_write_later_writes_wait_for() -> None:
    dram = memory(40)
    moved(dram, WRITE, 30, 45.0)
    moved(dram, READ, 10, 10.0)
    assert moved(dram, WRITE, 1, 50.0) == 45 + 30 + 10 + 40


def test_an_answer_comes_in_no_earlier_clock_than_the_next() -> None:
    assert moved(memory(0), READ, 1, 7.0) == moved(memory(1), READ, 1, 7.0) == 8


@given(
    requests=st.lists(st.tuples(st.sampled_from((READ, WRITE)), st.integers(1, 50), st.integers(0, 60)), max_size=30),
    latency=st.integers(1, 100),
    beat_clocks=st.integers(1, 4),
)
def test_the_channel_moves_a_beat_at_a_time(
    requests: list[tuple[int, int, int]], latency: int, beat_clocks: int
) -> None:
    """All that was asked for takes its beats from the first request on, and no transfer is faster than alone."""
    dram, now, ends, beats_so_far = memory(latency, beat_clocks), 0, [0.0], 0
    for direction, beats, wait in requests:
        now += wait
        ends.append(moved(dram, direction, beats, float(now)))
        beats_so_far += beats
        assert ends[-1] >= now + latency + (beats - 1) * beat_clocks
    assert float(dram.channel["free_at"]) <= max(ends) + beat_clocks
    assert max(dram.channel["free_at"], dram.channel["writes_free_at"]) >= beats_so_far * beat_clocks
