"""A second kind of memory, which only this test knows: its burst and its timing reach every model of a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import naive_mapping as naive
import pytest
from naive_engines import tiling_of
from samples import BOARD, TINY, single_product, step_of

from heddle.arch.boards import BOARDS, Board, load_board
from heddle.arch.design_io import override
from heddle.arch.dram import DDR4_2400, DRAM_KINDS
from heddle.arch.instructions import PAGE_BYTES
from heddle.dataflow.kernel_rows import machine_row, rates_row
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.zoo import zoo_network
from heddle.reports.roofline import roof
from heddle.sim.engines.dram_rows import dram_row
from heddle.sim.engines.simulate import simulate_schedule
from heddle.sim.estimate import estimate, estimate_schedule

#: A pseudo channel of 64 bits with four transfers a burst: half of the burst of DDR4-2400.
STACKED = replace(
    DDR4_2400, name="HBM2-2000", data_rate_per_s=2.0e9, bus_bytes=8, burst_length=4, row_bytes=1024, banks=16
)


@pytest.fixture(scope="module")
def stacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A card with that memory, from a board file: a row in the table and a file are all there is to it."""
    text = (BOARDS / "vcu1525.toml").read_text(encoding="utf-8")
    path: Path = tmp_path_factory.mktemp("boards") / "stacked.toml"
    path.write_text(text.replace("DDR4-2400", STACKED.name).replace("2.4e9", "2.0e9"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DRAM_KINDS, STACKED.name, STACKED)
        yield load_board(str(path))


def test_a_page_is_whole_bursts_of_it() -> None:
    assert PAGE_BYTES % STACKED.burst_bytes == 0


def test_machine_rates_engines_and_roof_read_the_boards_memory(stacked: Board) -> None:
    assert stacked.memory.timing == STACKED
    assert machine_row(TINY, stacked)[0]["burst_bytes"] == 32
    assert dram_row(TINY, stacked)[0]["burst_bytes"] == 32
    fast = override(TINY, {"clock_hz": 400e6, "memory.axi_bits": 512})
    per_byte = [float(rates_row(fast, board)[0]["cycles_per_byte"]) for board in (stacked, BOARD)]
    roofs = [roof(fast, board).dram_bytes_per_s or 0.0 for board in (stacked, BOARD)]
    assert per_byte[0] / per_byte[1] == pytest.approx(2.4 / 2.0)
    assert roofs[1] / roofs[0] == pytest.approx(2.4 / 2.0)


def test_a_schedule_moves_the_bytes_of_its_bursts_at_both_levels(stacked: Board) -> None:
    schedule = schedule_step(step_of(zoo_network("mlp")), TINY, stacked)
    closed, run = (level(schedule, TINY, stacked) for level in (estimate_schedule, simulate_schedule))
    assert [p.dram_bytes for p in closed.passes] == [p.dram_bytes for p in run.passes]
    rates = naive.rates_of(TINY, stacked)
    for entry in schedule.by_product.values():
        walked = naive.cost(entry.product, TINY, rates, tiling_of(entry.mapping))
        assert (entry.mapping.load_bytes, entry.mapping.store_bytes) == (walked.load_bytes, walked.store_bytes)


def test_short_runs_move_fewer_bytes_in_shorter_bursts(stacked: Board) -> None:
    """Of a run that ends within a burst, less is moved for nothing."""
    step = single_product(64, 40, 20)
    moved = [estimate(step, TINY, board).dram_bytes for board in (stacked, BOARD)]
    assert moved[0] < moved[1]
