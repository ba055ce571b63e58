"""FP32 expressions as data: what to compute, each operation rounded once, with no word of when or on what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum


class Operation(Enum):
    """What a node of an expression is."""

    STREAM = "stream"  # an operand that comes anew each step
    SCALAR = "scalar"  # an operand that stays as it is while steps are under way
    MULTIPLY = "multiply"
    ADD = "add"
    SUBTRACT = "subtract"
    DIVIDE = "divide"
    SQUARE_ROOT = "square_root"
    NARROW = "narrow"  # the only one whose result is not FP32


@dataclass(frozen=True, eq=False)
class Expression:
    """A node: an operation on other nodes, or a named operand. A node used twice is computed once."""

    operation: Operation
    operands: tuple[Expression, ...] = ()
    name: str = ""

    def __mul__(self, other: Expression) -> Expression:
        return Expression(Operation.MULTIPLY, (self, other))

    def __add__(self, other: Expression) -> Expression:
        return Expression(Operation.ADD, (self, other))

    def __sub__(self, other: Expression) -> Expression:
        return Expression(Operation.SUBTRACT, (self, other))

    def __truediv__(self, other: Expression) -> Expression:
        return Expression(Operation.DIVIDE, (self, other))


def stream(name: str) -> Expression:
    """An operand ``name`` that comes anew each step."""
    return Expression(Operation.STREAM, name=name)


def scalar(name: str) -> Expression:
    """An operand ``name`` that stays as it is."""
    return Expression(Operation.SCALAR, name=name)


def square_root(radicand: Expression) -> Expression:
    """The square root."""
    return Expression(Operation.SQUARE_ROOT, (radicand,))


def narrow(wide: Expression) -> Expression:
    """``wide`` rounded to the operand format of the machine."""
    return Expression(Operation.NARROW, (wide,))


def in_order(results: Iterable[Expression]) -> tuple[Expression, ...]:
    """All nodes that ``results`` need, each once and after its operands."""
    return tuple(dict.fromkeys(node for result in results for node in _with_operands(result)))


def _with_operands(node: Expression) -> Iterator[Expression]:
    for operand in node.operands:
        yield from _with_operands(operand)
    yield node
