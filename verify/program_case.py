"""The bench's case of a program of the array core: its words on the streams, and the results that must come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch.command_rules import Refusal
from heddle.arch.design import Design
from heddle.arch.formats import FP32
from heddle.arch.nm import index_bits
from heddle.dataflow.program.product import CommandWords
from heddle.dataflow.program.results import NO_PLACE
from heddle.verify.cases import NONE, Case, InputStream, OutputStream, Stalls, pack_lanes

#: A run that takes this many times its predicted cycles, and some more, has hung.
_PATIENCE = 4


@dataclass(frozen=True)
class Expectation:
    """What a program must give: ``result`` [m, n], and, where nothing stalls, in how many cycles."""

    result: npt.NDArray[np.float32]
    cycles: int


def program_case(
    name: str,
    program: Sequence[CommandWords],
    expected: Expectation,
    design: Design,
    stalls: Stalls = Stalls(),
    rerun: str = "",
) -> Case:
    """Return the bench's case of ``program``, no command of which is refused; stalled, it claims no cycles."""
    stalled = stalls.idle > 0 or stalls.backpressure > 0
    slack = (1 + stalls.idle + stalls.backpressure) / max(0.05, (1 - stalls.idle) ** 3 * (1 - stalls.backpressure))
    return Case(
        name=name,
        inputs=_inputs(program, design, stalls.idle),
        outputs=(_results(program, expected.result, stalls.backpressure),),
        sim_cycles=None if stalled else expected.cycles,
        limit_cycles=int(_PATIENCE * slack * expected.cycles) + 1000,
        seed=stalls.seed,
        status={"error_count": 0, "error_cause": Refusal.NONE},
        rerun=rerun,
    )


def _inputs(program: Sequence[CommandWords], design: Design, idle: float) -> tuple[InputStream, ...]:
    """Commands, then operands and partial sums, as the ports of the array core are called."""
    commands = np.array([list(step.command.to_bytes()) for step in program], np.uint8)
    left = np.concatenate([step.operands.left for step in program])
    values = np.concatenate([step.operands.values for step in program]).astype(np.uint64)
    indices = np.concatenate([step.operands.indices for step in program]).astype(np.uint64)
    operand_bits = design.numbers.operand_format.width
    weights = values | indices << np.uint64(operand_bits)
    partial = np.concatenate([step.results.partial for step in program])
    partial_words = np.zeros((len(partial), design.array.cols * FP32.width_bytes), np.uint8)
    return (
        InputStream("command", commands, idle=idle),
        InputStream("left", pack_lanes(left.reshape(len(left), -1), operand_bits), idle=idle),
        InputStream("right", pack_lanes(weights, operand_bits + index_bits(design.sparsity.m)), idle=idle),
        InputStream("partial", partial_words, partial, idle=idle),
    )


def _results(program: Sequence[CommandWords], expected: npt.NDArray[np.float32], backpressure: float) -> OutputStream:
    """Every result word in order; only complete sums within the product are looked at."""
    rows = np.concatenate([step.results.rows for step in program])
    cols = np.concatenate([step.results.cols for step in program])
    final = np.concatenate([step.results.final for step in program])
    seen = (rows != NO_PLACE) & (cols != NO_PLACE) & final[:, np.newaxis]
    bits = np.where(seen, expected.view(np.uint32)[rows, cols], 0)
    return OutputStream(
        name="result",
        expected=pack_lanes(bits.astype(np.uint64), FP32.width),
        lane_bits=FP32.width,
        place=np.where(seen, rows * expected.shape[1] + cols, NONE),
        columns=expected.shape[1],
        backpressure=backpressure,
    )
