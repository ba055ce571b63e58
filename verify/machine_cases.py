"""The whole machine against the instruction-set simulator: ``python -m heddle.verify.machine_cases``.

Each case is a pass of a drawn layer, compiled for a design and carried out by the RTL on a memory of noise: every byte
of the image afterwards must be what the instruction-set simulator makes of it. Memory's latency, bandwidth and stalls
are drawn too.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from heddle.arch.boards import load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.program_file import program_bytes
from heddle.dataflow.lowering import NOT_PRUNED, LayerShape, Pruning
from heddle.dataflow.network import ConvLayer, LinearLayer, WeightedLayer
from heddle.dataflow.program.compiler import LayerPass, Program, compile_passes
from heddle.dataflow.program.layer_products import LayerMaps
from heddle.dataflow.program.memory_image import Image
from heddle.dataflow.step_items import Pass
from heddle.hls.control.instruction import Stop
from heddle.sim.program.execute import execute
from heddle.sim.program.image import operand_blocks
from heddle.sim.program.operands import DrawnWeights
from heddle.verify.machine import Machine, MachineRun, MemoryTiming

_PASSES: tuple[Pass, ...] = ("ff", "bp", "wu")
_KERNELS, _STRIDES, _PADDINGS, _GROUPS = (1, 2, 3, 5, 7), (1, 1, 2, 3), (0, 1, 2, 3), (1, 1, 1, 2)
_CHANNELS = (1, 3, 4, 8, 13, 16, 30)
_MOST_SIZE = 9


@dataclass(frozen=True)
class LayerCase:
    """A pass of a layer, how many of each group of M weights are kept (0: dense), and the memory that it runs on."""

    layer: WeightedLayer
    pass_name: Pass
    batch: int
    keep_n: int
    timing: MemoryTiming

    @property
    def name(self) -> str:
        """What it is, in one word."""
        kept = f"{self.keep_n}:M" if self.keep_n else "dense"
        memory = f"l{self.timing.latency_clocks}-b{self.timing.beat_clocks}-s{self.timing.stall}"
        if self.timing.reset_clock:
            memory += f"-r{self.timing.reset_clock}"
        return f"{self.layer.name}-{self.pass_name}-{kept}-{memory}"

    def compiled(self, design: Design) -> Program:
        """Return its program. Raises HeddleError where it has none on ``design``."""
        operand, group_m = design.numbers.operand_format, design.sparsity.m
        pruning = Pruning(self.keep_n, group_m, operand=operand) if self.keep_n else NOT_PRUNED
        maps = LayerMaps.of(self.layer, self.batch, operand)
        return compile_passes([LayerPass(maps, self.pass_name, pruning)], design, load_board(design.board))

    def image(self, program: Program, design: Design) -> Image:
        """Return the memory before it runs: its operands, and noise everywhere else."""
        seed, operand = self.timing.seed, design.numbers.operand_format
        image = np.random.default_rng(seed).integers(0, 256, program.memory.nbytes, np.uint8)
        for address, content in operand_blocks(program, DrawnWeights(seed, operand), seed, operand):
            image[address : address + len(content)] = content
        return image


@dataclass(frozen=True)
class Outcome:
    """How a case ended: what the RTL did, how many bytes of the image are wrong, and how many instructions it had."""

    case: LayerCase
    run: MachineRun
    wrong_bytes: int
    instructions: int

    @property
    def passed(self) -> bool:
        """Whether the program ended, and every byte is right."""
        return self.run.stop == Stop.NONE and self.wrong_bytes == 0

    @property
    def line(self) -> str:
        """One line: the case, what it took, and how it ended."""
        facts = f"{self.case.name}: {self.instructions} instructions, {self.run.cycles} clocks"
        if self.run.stop != Stop.NONE:
            return f"{facts}, STOPPED by {self.run.stop.name} at instruction {self.run.stop_number}"
        return f"{facts}, {f'{self.wrong_bytes} bytes WRONG' if self.wrong_bytes else 'every byte equal'}"


def drawn_cases(design: Design, count: int, seed: int) -> Iterator[LayerCase]:
    """Yield ``count`` passes of drawn layers that have a program on ``design``, with drawn memories."""
    rng = random.Random(seed)
    given = 0
    while given < count:
        channels = _CHANNELS if rng.random() < 1 / 2 else tuple(design.sparsity.m * groups for groups in (1, 2, 4))
        layer = _linear(rng, given, channels) if rng.random() < 1 / 4 else _convolution(rng, given, channels)
        case = _case(rng, design, layer, seed + given)
        try:
            case.compiled(design)
        except HeddleError:  # a window that no padding makes, or a tile that no half holds
            continue
        given += 1
        yield case


def outcome(case: LayerCase, design: Design, machine: Machine) -> Outcome:
    """Run ``case`` on ``machine`` and by the instruction-set simulator. Raises HeddleError as ``Machine.run`` does."""
    program = case.compiled(design)
    image = case.image(program, design)
    found = machine.run(program_bytes(program.words, design), image, case.timing)
    execute(program.instructions, image, design)
    return Outcome(case, found, int((found.image != image).sum()), len(program.words))


def _linear(rng: random.Random, number: int, channels: Sequence[int]) -> LinearLayer:
    return LinearLayer(f"linear{number}", rng.randint(1, _MOST_SIZE), rng.choice(channels), rng.choice(channels))


def _convolution(rng: random.Random, number: int, channels: Sequence[int]) -> ConvLayer:
    while True:
        kernel, stride, padding, groups = map(rng.choice, (_KERNELS, _STRIDES, _PADDINGS, _GROUPS))
        height, width = rng.randint(1, _MOST_SIZE), rng.randint(1, _MOST_SIZE)
        out_height, out_width = ((size + 2 * padding - kernel) // stride + 1 for size in (height, width))
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
            )


def _case(rng: random.Random, design: Design, layer: WeightedLayer, seed: int) -> LayerCase:
    pass_name, group_m = rng.choice(_PASSES), design.sparsity.m
    shape = LayerShape.of(layer, 1, design.numbers.operand_format)
    may_prune = pass_name != "wu" and shape.in_channels % group_m == shape.out_channels % group_m == 0
    keep_n = rng.choice((0, 1, 2)) if may_prune else 0
    latency, beat_clocks, stall = rng.choice((1, 20, 100, 400)), rng.choice((1, 1, 2, 4)), rng.choice((0, 0, 40, 128))
    timing = MemoryTiming(latency, beat_clocks, stall, seed, reset_clock=rng.choice((0, 0, rng.randint(3, 3000))))
    return LayerCase(layer, pass_name, rng.choice((1, 2, 3)), keep_n, timing)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases that ``arguments`` ask for; return the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        design = load_design(chosen.design)
        machine = Machine(design)
        outcomes = []
        for case in drawn_cases(design, chosen.cases, chosen.seed):
            outcomes.append(outcome(case, design, machine))
            print(outcomes[-1].line, flush=True)
    except HeddleError as error:
        print(error, file=sys.stderr)
        return 2
    passed = sum(each.passed for each in outcomes)
    print(f"{passed} of {len(outcomes)} passed")
    return 0 if passed == len(outcomes) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m heddle.verify.machine_cases", description=__doc__)
    parser.add_argument("--design", default="tiny", help="a preset or a TOML file")
    parser.add_argument("--cases", type=int, default=40, help="how many passes of layers")
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
