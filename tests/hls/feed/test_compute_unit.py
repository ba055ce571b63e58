"""The array with its feeders, buffer to buffer, against the instruction-set simulator's computation."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from amaranth.sim import Simulator

from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.arch.instructions import Compute, Load
from heddle.arch.nm import index_bits
from heddle.dataflow.network import ConvLayer, LinearLayer, WeightedLayer
from heddle.dataflow.step_items import Pass
from heddle.hls.feed.compute_unit import ComputeUnit, HalfAddresses
from heddle.sim.program.computation import Array
from heddle.sim.program.halves import Buffers, OutHalf, RightHalf
from heddle.sim.program.transfers import load_left, load_right
from tests.support.layer_programs import LayerRun
from tests.support.whole_grid import place_elements

TINY = load_design("tiny")
ODD = override(TINY, {"array.rows": 3, "array.cols": 5})
ADDRESSES = HalfAddresses(12, 12, 12)


@dataclass
class Port:
    """A buffer's side of an ask and its answer: words by half and address, in the order in which they are asked for."""

    ask: Any
    answer: Any
    words: dict[tuple[int, int], int]
    asked: list[int] = field(default_factory=list)

    def drive(self, ctx: Any, rng: random.Random, busy: float) -> None:
        """Perhaps take an ask, and perhaps offer the oldest answer, in this clock."""
        if not ctx.get(self.answer.valid) and self.asked and rng.random() < busy:
            ctx.set(self.answer.payload.as_value(), self.asked[0])
            ctx.set(self.answer.valid, 1)
        ctx.set(self.ask.ready, rng.random() < busy)

    def moved(self, ctx: Any) -> None:
        """See what moves at the end of this clock."""
        if ctx.get(self.answer.valid) and ctx.get(self.answer.ready):
            self.asked.pop(0)
        if ctx.get(self.ask.valid) and ctx.get(self.ask.ready):
            self.asked.append(self.words[ctx.get(self.ask.payload.half), ctx.get(self.ask.payload.address)])


def packed(numbers: npt.NDArray[np.integer], width: int) -> int:
    """Numbers of ``width`` bits as a word, the first in the lowest bits."""
    return sum(int(number) << width * place for place, number in enumerate(numbers.reshape(-1)))


def right_words(half: RightHalf, design: Design) -> list[int]:
    """A half of the weight buffer: slot after slot, each in words of the array's columns."""
    operand, index, cols = design.numbers.operand_format.width, index_bits(design.sparsity.m), design.array.cols
    lanes = half.values.astype(np.int64) | half.indices << operand
    padded = np.pad(lanes, ((0, 0), (0, -lanes.shape[1] % cols)))
    return [packed(word, operand + index) for word in padded.reshape(-1, cols)]


@dataclass
class Case:
    """Computations of a program, what the halves hold meanwhile, and what the output halves hold after each."""

    design: Design
    computes: list[Compute] = field(default_factory=list)
    left: dict[tuple[int, int], int] = field(default_factory=dict)
    right: dict[tuple[int, int], int] = field(default_factory=dict)
    out: list[OutHalf] = field(default_factory=list)


def case_of(run: LayerRun) -> Case:
    """The computations of a compiled pass for as long as what each operand half holds stays the same."""
    program, image, _ = run.executed()
    design, case, buffers, loaded = run.design, Case(run.design), Buffers(), set()
    operand, group_m = design.numbers.operand_format, design.sparsity.m
    array = Array(design)
    for each in program.instructions:
        if isinstance(each, Load):
            if (each.weight, each.half) in loaded:
                break
            loaded.add((each.weight, each.half))
            if each.weight:
                half = buffers.right[each.half] = load_right(each, image, group_m, operand)
                case.right |= {(each.half, place): word for place, word in enumerate(right_words(half, design))}
            else:
                stored = buffers.left[each.half] = load_left(each, image, group_m, operand)
                groups = stored.groups.reshape(-1, group_m)
                case.left |= {(each.half, place): packed(one, operand.width) for place, one in enumerate(groups)}
        if isinstance(each, Compute):
            case.computes.append(each)
            case.out.append(array.compute(each, buffers))
            buffers.out[each.out_half] = case.out[-1]
    return case


def computed(case: Case, seed: int, busy: float) -> dict[tuple[int, int], int]:
    """The words of the output buffer when the unit is done with all computations."""
    rng, unit = random.Random(seed), ComputeUnit(case.design, ADDRESSES)
    out: dict[tuple[int, int], int] = {}
    ports = [
        Port(unit.left_ask, unit.left_answer, case.left),
        Port(unit.right_ask, unit.right_answer, case.right),
        Port(unit.partial_ask, unit.partial_answer, out),
    ]

    async def bench(ctx: Any) -> None:
        given = done = clocks = 0
        while done < len(case.computes):
            clocks += 1
            assert clocks < 50_000, f"{done} of {len(case.computes)} computations are done, {given} taken"
            if given < len(case.computes):
                ctx.set(unit.input.payload.as_value(), case.computes[given].encode())
            ctx.set(unit.input.valid, given < len(case.computes))
            for port in ports:
                port.drive(ctx, rng, busy)
            ctx.set(unit.put.ready, rng.random() < busy)
            for port in ports:
                port.moved(ctx)
            if ctx.get(unit.put.valid) and ctx.get(unit.put.ready):
                at = ctx.get(unit.put.payload.at.half), ctx.get(unit.put.payload.at.address)
                out[at] = ctx.get(unit.put.payload.word.as_value())
            answered = [ctx.get(port.answer.valid) and ctx.get(port.answer.ready) for port in ports]
            given += given < len(case.computes) and ctx.get(unit.input.ready)
            await ctx.tick()
            for port, was in zip(ports, answered, strict=True):
                if was:
                    ctx.set(port.answer.valid, 0)
            done += ctx.get(unit.done)
        assert ctx.get(unit.error_cause).value == 0

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return out


def sums_of(words: dict[tuple[int, int], int], half: int, like: OutHalf, design: Design) -> npt.NDArray[np.float32]:
    """The sums [rows, cols] of an output half, as they lie in ``words``."""
    rows, cols = like.sums.shape
    across, word_bytes = -(-cols // design.array.cols), 4 * design.array.cols
    data = b"".join(words[half, place].to_bytes(word_bytes, "little") for place in range(rows * across))
    return np.frombuffer(data, np.float32).reshape(rows, -1)[:, :cols]


LAYERS: dict[str, tuple[WeightedLayer, int]] = {
    "3x3": (ConvLayer("conv", 2, 3, 8, 2, 3, 8, 3, 3), 2),
    "5-channels": (ConvLayer("conv", 3, 2, 5, 3, 2, 3, 3, 3), 0),
    "linear": (LinearLayer("fc", 3, 12, 7), 0),
}


@pytest.fixture(autouse=True)
def _elements_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    place_elements(monkeypatch)


@pytest.mark.parametrize(
    ("design", "name", "pass_name"),
    [(TINY, "3x3", "ff"), (TINY, "3x3", "wu"), (ODD, "5-channels", "bp"), (ODD, "3x3", "ff"), (ODD, "linear", "wu")],
    ids=["os", "os-turned", "os-5-channels", "ws", "ws-turned"],
)
def test_results_are_those_of_the_instruction_set_simulator(design: Design, name: str, pass_name: Pass) -> None:
    layer, keep_n = LAYERS[name]
    case = case_of(LayerRun(layer, pass_name, design, batch=1, keep_n=0 if pass_name == "wu" else keep_n))
    out = computed(case, seed=1, busy=0.8)
    last = {compute.out_half: half for compute, half in zip(case.computes, case.out, strict=True)}
    for half, expected in last.items():
        found = sums_of(out, half, expected, design)
        assert np.array_equal(found.view(np.uint32), expected.sums.view(np.uint32))
