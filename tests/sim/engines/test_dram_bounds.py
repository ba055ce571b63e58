"""No transfers take longer than their bound says, whatever the DRAM is at when they are asked for."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, SAT

from heddle.arch.design_io import override
from heddle.sim.engines.dram import idle_from, transfer
from heddle.sim.engines.dram_bounds import longest_cycles, longest_turn_cycles, prompt_by
from heddle.sim.engines.dram_rows import READ, WRITE, Access, dram_of

moves = st.tuples(
    st.integers(1, 2000),
    st.sampled_from((1, 1, 2, 3, 200)),
    st.integers(0, 100),
    st.sampled_from((READ, WRITE)),
    st.floats(0, 3000),
)


@settings(max_examples=200, deadline=None)
@given(
    earlier=st.lists(moves, max_size=3),
    later=st.lists(moves, min_size=1, max_size=3),
    channels=st.integers(1, 4),
    clock_hz=st.sampled_from((150e6, 200e6, 233e6, 400e6)),
    address=st.integers(0, 100_000),
    idle=st.floats(0, 5000),
)
def test_transfers_from_an_idle_bus_are_over_by_their_bound(
    earlier: list[tuple[int, int, int, int, float]],
    later: list[tuple[int, int, int, int, float]],
    channels: int,
    clock_hz: float,
    address: int,
    idle: float,
) -> None:
    dram = dram_of(override(SAT, {"memory.channels": channels, "clock_hz": clock_hz}), BOARD)
    turn, cycles, now, running, end = longest_turn_cycles(dram.timing), 0.0, 0.0, 64 * address, 0.0

    def make(move: tuple[int, int, int, int, float]) -> tuple[float, float]:
        nonlocal running
        bursts, runs, gap, direction, _ = move
        access = Access(running, 64 * bursts * runs, runs, 64 * (bursts + gap), direction)
        running += access.nbytes
        bound = longest_cycles(dram.timing, access.nbytes, access.runs, access.stride)
        return transfer(dram, access, now), bound

    for move in earlier:
        make(move)
    first = now = idle_from(dram) + turn + idle
    for move in later:
        now += move[-1]
        done, bound = make(move)
        end, cycles = max(end, done), cycles + bound
    assert max(end, idle_from(dram) + turn) <= prompt_by(dram.timing, first, now, cycles)
