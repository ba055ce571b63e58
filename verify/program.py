"""From a scheduled product to a case of the array core's bench: commands, operand words, and expected results.

The walk over tiles is the engines' (``heddle.sim.engines.tiles``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.nm import index_bits
from heddle.arch.timing import slots_of
from heddle.dataflow.cost import array_tiles, settle_cycles
from heddle.dataflow.kernel_rows import machine_row
from heddle.dataflow.scheduler import ProductSchedule
from heddle.hls.array.command import COMMAND
from heddle.sim.functional.slots import Slots
from heddle.verify.cases import Case, InputStream, OutputStream, pack_lanes
from heddle.verify.instruction import Instruction, Part, output_stationary, weight_stationary

OPERAND_BITS = 16
FP32_BITS = 32
#: A run that takes this many times its predicted cycles, and some more, has hung.
_PATIENCE = 4


@dataclass(frozen=True)
class Stalls:
    """Chances of a clock in which an operand is not offered, or a result not taken; ``seed`` draws them."""

    idle: float = 0.0
    backpressure: float = 0.0
    seed: int = 0


def instructions(
    schedule: ProductSchedule, left: npt.NDArray[np.uint16], right: Slots, design: Design, board: Board
) -> Iterator[Instruction]:
    """Yield the instructions of a product in program order. ``left`` [m, k], ``right`` its [k, n] operand's slots."""
    mapping, machine = schedule.mapping, machine_row(design, board)[0]
    in_ws, split = mapping.dataflow == "ws", (mapping.interleave_rows, mapping.interleave_cols)
    given, sums = 0, np.zeros(0, np.int64)
    for part in _parts(schedule, left, right, design):
        m, slots, n = len(part.left), *part.values.shape
        shape = array_tiles(machine, in_ws, *split, m, n, slots, mapping.tiles_k > 1)
        if in_ws:
            instruction = weight_stationary(part, design.array, shape, given, sums)
        else:
            instruction = output_stationary(part, design.array, split, shape, given, sums)
        instruction.command.update(
            reload=int(part.reloads),
            tiles=int(shape.tiles),
            interval=int(shape.interval),
            fresh_tiles=int(shape.fresh),
            settle=int(settle_cycles(machine, in_ws, shape.tiles)) if part.reloads else 0,
        )
        given, sums = given + len(instruction.rows), instruction.sums
        yield instruction


def _parts(schedule: ProductSchedule, left: npt.NDArray[np.uint16], right: Slots, design: Design) -> Iterator[Part]:
    """The product's tiles in program order, k innermost. Each part's groups start at its own k."""
    mapping, product = schedule.mapping, schedule.product
    dense = product.keep_n == product.group_m
    for tile_m, tile_n in _outer_tiles(schedule):
        rows = slice(tile_m * mapping.tile_m, min(product.m, (tile_m + 1) * mapping.tile_m))
        cols = slice(tile_n * mapping.tile_n, min(product.n, (tile_n + 1) * mapping.tile_n))
        for tile_k in range(mapping.tiles_k):
            k = slice(tile_k * mapping.tile_k, min(product.k, (tile_k + 1) * mapping.tile_k))
            first = slots_of(k.start, product.keep_n, product.group_m)
            slots = slice(first, first + slots_of(k.stop - k.start, product.keep_n, product.group_m))
            yield Part(
                rows=rows,
                cols=cols,
                left=left[rows, k],
                values=right.values[slots, cols],
                k_index=right.k_index[slots, cols].astype(np.int64) - k.start,
                keep_n=design.sparsity.m if dense else product.keep_n,
                group_m=design.sparsity.m,
                reloads=tile_k > 0,
                is_last=tile_k == mapping.tiles_k - 1,
            )


def _outer_tiles(schedule: ProductSchedule) -> Iterator[tuple[int, int]]:
    """Tiles of m and n as the mapping's loop order takes them."""
    mapping = schedule.mapping
    if schedule.row["order"] == 0:
        yield from ((m, n) for m in range(mapping.tiles_m) for n in range(mapping.tiles_n))
    else:
        yield from ((m, n) for n in range(mapping.tiles_n) for m in range(mapping.tiles_m))


def product_case(
    name: str,
    program: Sequence[Instruction],
    expected: npt.NDArray[np.float32],
    design: Design,
    sim_cycles: int,
    stalls: Stalls = Stalls(),
    rerun: str = "",
) -> Case:
    """Return the bench's case of ``program``, which must give ``expected`` [m, n]; stalled, it claims no cycles."""
    stalled = stalls.idle > 0 or stalls.backpressure > 0
    right_bits = OPERAND_BITS + index_bits(design.sparsity.m)
    values = np.concatenate([step.values for step in program]).astype(np.uint64)
    indices = np.concatenate([step.indices for step in program]).astype(np.uint64)
    left = np.concatenate([step.left for step in program])
    partial = np.concatenate([step.partial for step in program])
    partial_words = np.zeros((len(partial), design.array.cols * FP32_BITS // 8), np.uint8)
    operands = (
        InputStream("left", pack_lanes(left.reshape(len(left), -1), OPERAND_BITS), idle=stalls.idle),
        InputStream("right", pack_lanes(values | indices << np.uint64(OPERAND_BITS), right_bits), idle=stalls.idle),
        InputStream("partial", partial_words, partial, idle=stalls.idle),
    )
    slack = (1 + stalls.idle + stalls.backpressure) / max(0.05, (1 - stalls.idle) ** 3 * (1 - stalls.backpressure))
    return Case(
        name=name,
        inputs=(InputStream("command", _command_words(program), idle=stalls.idle), *operands),
        outputs=(_results(program, expected, design, stalls.backpressure),),
        sim_cycles=None if stalled else sim_cycles,
        limit_cycles=int(_PATIENCE * slack * sim_cycles) + 1000,
        seed=stalls.seed,
        rerun=rerun,
    )


def _command_words(program: Sequence[Instruction]) -> npt.NDArray[np.uint8]:
    """The commands as words of ``heddle.hls.array.command.COMMAND``."""
    width = COMMAND.size
    words = [COMMAND.const(step.command).as_value().value for step in program]
    return np.array([list(word.to_bytes((width + 7) // 8, "little")) for word in words], np.uint8)


def _results(
    program: Sequence[Instruction], expected: npt.NDArray[np.float32], design: Design, backpressure: float
) -> OutputStream:
    """Every result word in order; only complete sums within the product are looked at."""
    rows = np.concatenate([step.rows for step in program])
    cols = np.concatenate([step.cols for step in program])
    final = np.concatenate([step.final for step in program])
    seen = (rows >= 0) & (cols >= 0) & final[:, np.newaxis]
    bits = np.where(seen, expected.view(np.uint32)[rows, cols], 0)
    return OutputStream(
        name="result",
        expected=pack_lanes(bits.astype(np.uint64), FP32_BITS),
        lane_bits=FP32_BITS,
        place=np.where(seen, rows * expected.shape[1] + cols, -1),
        columns=expected.shape[1],
        backpressure=backpressure,
    )
