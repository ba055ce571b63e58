"""A product as a program for the array core: part after part, with the words of its streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.isa import ArrayCommand
from heddle.dataflow.program.operands import OperandWords, operand_words
from heddle.dataflow.program.parts import product_parts
from heddle.dataflow.program.results import ResultWords, result_words
from heddle.dataflow.program.slots import Bits, Slots
from heddle.dataflow.scheduler import ProductSchedule


@dataclass(frozen=True)
class CommandWords:
    """One command of a program with the words that it takes and gives."""

    command: ArrayCommand
    operands: OperandWords
    results: ResultWords


def product_program(
    schedule: ProductSchedule, left: Bits, right: Slots, design: Design, board: Board
) -> Iterator[CommandWords]:
    """Yield the commands of one repetition of a product in program order, each with its words.

    ``left`` [m, k] are patterns, ``right`` the slots of the [k, n] operand.
    """
    given, sums = 0, np.zeros(0, np.int64)
    for part in product_parts(schedule, design, board):
        results = result_words(part, design.array, given, sums)
        yield CommandWords(part.command, operand_words(part, left, right, design), results)
        given, sums = given + len(results.rows), results.sums
