"""A program executed, instruction by instruction in program order, on a memory image.

Program order is the order of the machine wherever it matters: ``heddle.sim.program.order`` refuses a program whose
tokens do not make it so.
"""

from __future__ import annotations

from collections.abc import Sequence

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.instruction_rules import refusal_of
from heddle.arch.instructions import Compute, Instruction, Load, Store
from heddle.sim.program.computation import Array
from heddle.sim.program.halves import Buffers, HalfBytes, check_fit
from heddle.sim.program.order import check_order
from heddle.sim.program.transfers import Image, load_left, load_right, store


def execute(program: Sequence[Instruction], image: Image, design: Design) -> None:
    """Do to ``image`` what ``program`` does on ``design``.

    Raises HeddleError, with the number of the instruction, for a program that the machine would not carry out as it
    stands: instructions and commands that it refuses, tokens
    that never come, accesses that no token orders, bytes outside the memory.
    """
    _check_rules(program, design.sparsity.m)
    check_order(program, len(image), design.numbers.operand_format.width_bytes)
    buffers, array = Buffers(), Array(design)
    for number, instruction in enumerate(program):
        try:
            _do(instruction, image, design, buffers, array)
        except HeddleError as error:
            raise HeddleError(f"instruction {number}, {instruction.opcode_of.name}: {error}") from None


def _check_rules(program: Sequence[Instruction], group_m: int) -> None:
    for number, instruction in enumerate(program):
        refused = refusal_of(instruction, group_m)
        if refused is not None:
            raise HeddleError(f"instruction {number}, {instruction.opcode_of.name}: {refused.reason}")


def _do(instruction: Instruction, image: Image, design: Design, buffers: Buffers, array: Array) -> None:
    operand, group_m, halves = design.numbers.operand_format, design.sparsity.m, HalfBytes.of(design)
    if isinstance(instruction, Load) and instruction.weight:
        right = load_right(instruction, image, group_m, operand)
        check_fit("weight", right.nbytes(design.array.cols, group_m), halves.weight)
        buffers.right[instruction.half] = right
    elif isinstance(instruction, Load):
        left = load_left(instruction, image, group_m, operand)
        check_fit("activation", left.nbytes, halves.activation)
        buffers.left[instruction.half] = left
    elif isinstance(instruction, Compute):
        out = array.compute(instruction, buffers)
        check_fit("output", out.nbytes(design.array.cols), halves.output)
        buffers.out[instruction.out_half] = out
    elif isinstance(instruction, Store):
        store(instruction, buffers.out[instruction.half], image, operand)
