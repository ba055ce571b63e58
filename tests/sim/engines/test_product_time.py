"""The engines' time of products against the machine's of the same products, compiled: one memory, two simulators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.arch.memory_clocks import MemoryClocks
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer
from heddle.sim.engines.product_time import ProductTime, product_time
from heddle.sim.program.timing import ProgramTiming, time_program
from tests.support.layer_programs import LayerRun
from tests.support.matmul_programs import MatmulRun

TINY, SMALL = load_design("tiny"), load_design("small")
BOARD = load_board(TINY.board)
MEMORIES = (MemoryClocks(20), MemoryClocks(100, 2), MemoryClocks(400), MemoryClocks(400, 4))
#: The most that total and causes differ, of all clocks.
CLOSE = 0.03
RUNS = {
    "small gradient": LayerRun(LinearLayer("fc", 64, 64, 64), "wu", TINY),
    "gradient": LayerRun(LinearLayer("fc", 128, 256, 64), "wu", SMALL),
    "convolution's gradient": LayerRun(ConvLayer("conv", 14, 14, 32, 14, 14, 32, 3, 3, 1, 1), "wu", TINY),
    "convolution": LayerRun(ConvLayer("conv", 14, 14, 32, 14, 14, 32, 3, 3, 1, 1), "ff", SMALL, keep_n=2),
    "backward": LayerRun(LinearLayer("fc", 64, 256, 256), "bp", SMALL),
    "attention": MatmulRun(MatmulLayer("qk", 128, 64, 128), "ff", SMALL),
    "attention's gradient": MatmulRun(MatmulLayer("qk", 128, 64, 128), "wu", SMALL, dataflow="os"),
    "attention's gradient in WS": MatmulRun(MatmulLayer("qk", 64, 64, 64), "wu", TINY, dataflow="ws"),
}
#: A memory that is slow, and passes that wait for it: what a port of several channels moves and cuts is what they take.
SLOW = MemoryClocks(100, 4)
WAITING = {
    "weights": LayerRun(LinearLayer("fc", 8, 256, 256), "ff", TINY),
    "sparse weights": LayerRun(LinearLayer("fc", 16, 512, 256), "ff", SMALL, keep_n=2),
    "activations": LayerRun(LinearLayer("fc", 128, 512, 8), "ff", TINY),
    "short pixels": LayerRun(ConvLayer("conv", 14, 14, 8, 14, 14, 8, 1, 1), "ff", TINY),
    "results": LayerRun(LinearLayer("fc", 8, 128, 128), "wu", TINY),
}


def both(run: LayerRun | MatmulRun, memory: MemoryClocks) -> tuple[ProductTime, ProgramTiming]:
    program, design = run.compiled(), run.design
    products = [(each.plan.product.product, each.plan.mapping) for each in program.products]
    return product_time(products, design, BOARD, memory), time_program(program.words, design, memory)


@pytest.mark.compiled
@pytest.mark.parametrize("memory", MEMORIES, ids=str)
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_total_and_causes_are_those_of_the_program_but_for_its_start(
    run: LayerRun | MatmulRun, memory: MemoryClocks
) -> None:
    assert_close(*both(run, memory))


@pytest.mark.compiled
@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("run", WAITING.values(), ids=WAITING.keys())
def test_several_channels_are_one_port_to_engines_and_program_alike(run: LayerRun, channels: int) -> None:
    wide = replace(run, design=override(run.design, {"memory.channels": channels}))
    engines, machine = both(wide, SLOW)
    assert_close(engines, machine)
    narrow, _ = both(run, SLOW)
    assert engines.cycles < narrow.cycles


def assert_close(engines: ProductTime, machine: ProgramTiming) -> None:
    start = int(machine.begun[0])
    cycles = machine.cycles - start
    assert engines.cycles == pytest.approx(cycles, rel=CLOSE)
    for cause, stalled in machine.stalls.items():
        before = start if cause == "fill" else 0
        assert engines.stalls[cause] == pytest.approx(stalled - before, abs=CLOSE * cycles), cause


def test_array_and_stalls_are_all_cycles() -> None:
    for memory in MEMORIES:
        found, _ = both(RUNS["small gradient"], memory)
        assert found.array_cycles + sum(found.stalls.values()) == pytest.approx(found.cycles)


@pytest.mark.compiled
def test_slower_memory_takes_longer() -> None:
    times = [both(RUNS["backward"], memory)[0].cycles for memory in MEMORIES]
    assert times == sorted(set(times))


@pytest.mark.compiled
def test_the_arrays_own_cycles_are_the_same_in_any_memory() -> None:
    def array_cycles(design: Design, memory: MemoryClocks) -> float:
        return both(LayerRun(LinearLayer("fc", 64, 64, 64), "ff", design), memory)[0].array_cycles

    for design in (TINY, SMALL):
        assert len({array_cycles(design, memory) for memory in MEMORIES}) == 1
