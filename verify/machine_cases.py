"""Programs for the whole machine: passes of layers, drawn or given, and what ``heddle compile`` wrote.

A layer's pass runs on a memory of noise with drawn operands. Memory's latency, bandwidth and stalls are drawn with
drawn layers, and given with the others.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.instruction_words import Words
from heddle.arch.instructions import INSTRUCTION_BYTES, Instruction
from heddle.arch.program_file import program_bytes
from heddle.dataflow.choices import DataflowChoice
from heddle.dataflow.lowering import NOT_PRUNED, LayerShape, Pruning
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer, ProductLayer
from heddle.dataflow.program.compiler import LayerPass, Program, compile_passes
from heddle.dataflow.program.matmul_products import maps_of
from heddle.dataflow.program.memory_image import Image
from heddle.dataflow.step_items import Pass
from heddle.sim.program.image import operand_blocks
from heddle.sim.program.operands import DrawnWeights
from heddle.verify.machine import MemoryTiming

_PASSES: tuple[Pass, ...] = ("ff", "bp", "wu")
_KERNELS, _STRIDES, _PADDINGS, _GROUPS = (1, 2, 3, 5, 7), (1, 1, 2, 3), (0, 1, 2, 3), (1, 1, 1, 2)
_DILATIONS = ((1, 1), (1, 1), (1, 1), (2, 2), (1, 2), (3, 1))
_CHANNELS = (1, 3, 4, 8, 13, 16, 30)
_MOST_SIZE = 9
#: One drawn program in so many is of products of two activations, of sizes up to ``_MOST_MATMUL_SIZE``.
_MATMUL_EVERY = 5
_MOST_MATMUL_SIZE = 24


@dataclass(frozen=True, eq=False)
class Prepared:
    """A program, as instructions and as its file, and the memory before it runs."""

    instructions: Sequence[Instruction]
    data: bytes
    image: Image

    @property
    def words(self) -> Words:
        """The instructions as words: all of the file but its header, which is as long as one."""
        return np.frombuffer(self.data, "<u8").reshape(-1, INSTRUCTION_BYTES // 8)[1:]


class MachineCase(Protocol):
    """A program yet to be made, what it is called, and the memory that it runs on."""

    @property
    def name(self) -> str:
        """The case's name."""

    @property
    def timing(self) -> MemoryTiming:
        """The memory's latency, bandwidth and stalls."""

    def prepared(self, design: Design, board: Board) -> Prepared:
        """Return program and memory. Raises HeddleError where there are none for ``design``."""


@dataclass(frozen=True)
class LayerCase:
    """A pass of a layer, how its weights are kept, if it has any, and the memory that it runs on."""

    layer: ProductLayer
    pass_name: Pass
    batch: int
    pruning: Pruning
    timing: MemoryTiming
    dataflow: DataflowChoice = "auto"

    @property
    def name(self) -> str:
        """What it is, in one word."""
        kept = f"{self.pruning.keep_n}:{self.pruning.group_m}" if self.pruning != NOT_PRUNED else "dense"
        dataflow = "" if self.dataflow == "auto" else f"-{self.dataflow}"
        memory = f"l{self.timing.latency_clocks}-b{self.timing.beat_clocks}-s{self.timing.stall}"
        if self.timing.reset_clock:
            memory += f"-r{self.timing.reset_clock}"
        return f"{self.layer.name}-{self.pass_name}-{kept}{dataflow}-{memory}"

    def compiled(self, design: Design, board: Board) -> Program:
        """Return its program. Raises HeddleError where it has none on ``design``."""
        maps = maps_of(self.layer, self.batch, design.numbers.operand_format)
        of_layer = LayerPass(maps, self.pass_name, self.pruning)
        return compile_passes([of_layer], design, board, self.dataflow)

    def image(self, program: Program, design: Design) -> Image:
        """Return the memory before it runs: its operands, and noise everywhere else."""
        seed, operand = self.timing.seed, design.numbers.operand_format
        image = np.random.default_rng(seed).integers(0, 256, program.memory.nbytes, np.uint8)
        for address, content in operand_blocks(program, DrawnWeights(seed, operand), seed, operand):
            image[address : address + len(content)] = content
        return image

    def prepared(self, design: Design, board: Board) -> Prepared:
        """Return program and memory. Raises HeddleError where there is no program on ``design``."""
        program = self.compiled(design, board)
        return Prepared(program.instructions, program_bytes(program.words, design), self.image(program, design))

    def on(self, timing: MemoryTiming) -> LayerCase:
        """Return this case on another memory, which draws the same operands."""
        return replace(self, timing=replace(timing, seed=self.timing.seed))


def pruning_of(keep_n: int, design: Design) -> Pruning:
    """Return how the weights of a pass are kept: ``keep_n`` of each of the design's groups."""
    return Pruning(keep_n, design.sparsity.m, operand=design.numbers.operand_format)


def can_prune(layer: ProductLayer, pass_name: Pass, design: Design) -> bool:
    """Whether the weights that a pass of ``layer`` multiplies by fall into whole groups, forward and backward."""
    if isinstance(layer, MatmulLayer):
        return False
    shape, group_m = LayerShape.of(layer, 1, design.numbers.operand_format), design.sparsity.m
    return pass_name != "wu" and shape.in_channels % group_m == shape.out_channels % group_m == 0


def drawn_cases(
    design: Design, board: Board, count: int, seed: int, dataflow: DataflowChoice = "auto"
) -> Iterator[LayerCase]:
    """Yield ``count`` passes of drawn layers that have a program on ``design``, with drawn memories."""
    weighted, matmuls = random.Random(seed), random.Random(f"activations {seed}")
    given = 0
    while given < count:
        is_matmul = given % _MATMUL_EVERY == _MATMUL_EVERY - 1
        rng = matmuls if is_matmul else weighted
        layer = _matmul(rng, given) if is_matmul else _weighted(rng, given, design)
        case = _case(rng, design, layer, seed + given, dataflow)
        try:
            case.compiled(design, board)
        except HeddleError:  # a window that no padding makes, or a tile that no half holds
            continue
        given += 1
        yield case


def _weighted(rng: random.Random, number: int, design: Design) -> LinearLayer | ConvLayer:
    channels = _CHANNELS if rng.random() < 1 / 2 else tuple(design.sparsity.m * groups for groups in (1, 2, 4))
    return _linear(rng, number, channels) if rng.random() < 1 / 4 else _convolution(rng, number, channels)


def _matmul(rng: random.Random, number: int) -> MatmulLayer:
    m, k, n = (rng.randint(1, _MOST_MATMUL_SIZE) for _ in range(3))
    return MatmulLayer(f"matmul{number}", m, k, n, count=rng.randint(1, 2))


def _linear(rng: random.Random, number: int, channels: Sequence[int]) -> LinearLayer:
    return LinearLayer(f"linear{number}", rng.randint(1, _MOST_SIZE), rng.choice(channels), rng.choice(channels))


def _convolution(rng: random.Random, number: int, channels: Sequence[int]) -> ConvLayer:
    while True:
        kernel, stride, padding, groups = map(rng.choice, (_KERNELS, _STRIDES, _PADDINGS, _GROUPS))
        dilation = rng.choice(_DILATIONS)
        height, width = rng.randint(1, _MOST_SIZE), rng.randint(1, _MOST_SIZE)
        out_height, out_width = (
            (size + 2 * padding - apart * (kernel - 1) - 1) // stride + 1
            for size, apart in zip((height, width), dilation, strict=True)
        )
        if min(out_height, out_width) >= 1:
            return ConvLayer(
                f"conv{number}",
                height,
                width,
                groups * rng.choice(channels),
                out_height,
                out_width,
                groups * rng.choice(channels),
                kernel,
                kernel,
                stride,
                stride,
                groups=groups,
                dilation=dilation,
            )


def _case(rng: random.Random, design: Design, layer: ProductLayer, seed: int, dataflow: DataflowChoice) -> LayerCase:
    pass_name = rng.choice(_PASSES)
    keep_n = rng.choice((0, 1, 2)) if can_prune(layer, pass_name, design) else 0
    pruning = pruning_of(keep_n, design) if keep_n else NOT_PRUNED
    latency, beat_clocks, stall = rng.choice((1, 20, 100, 400)), rng.choice((1, 1, 2, 4)), rng.choice((0, 0, 40, 128))
    timing = MemoryTiming(latency, beat_clocks, stall, seed, reset_clock=rng.choice((0, 0, rng.randint(3, 3000))))
    return LayerCase(layer, pass_name, rng.choice((1, 2, 3)), pruning, timing, dataflow)
