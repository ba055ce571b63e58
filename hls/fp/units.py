"""The floating-point units that expressions are computed on, and their pipeline depths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Value
from amaranth.lib import wiring

from heddle.arch.formats import FP16, FloatFormat
from heddle.hls.fp.adder import Adder
from heddle.hls.fp.divider import Divider, divider_latency
from heddle.hls.fp.expression import Operation
from heddle.hls.fp.narrower import Narrower
from heddle.hls.fp.square_root import SquareRoot, square_root_latency
from heddle.hls.fp.word_multiplier import WordMultiplier

# The names of a unit's operands, in order, and of its result.
_PORTS: Mapping[Operation, tuple[tuple[str, ...], str]] = {
    Operation.MULTIPLY: (("a", "b"), "product"),
    Operation.ADD: (("a", "b"), "sum"),
    Operation.SUBTRACT: (("a", "b"), "sum"),
    Operation.DIVIDE: (("dividend", "divisor"), "quotient"),
    Operation.SQUARE_ROOT: (("radicand",), "root"),
    Operation.NARROW: (("wide",), "narrow"),
}


@dataclass(frozen=True)
class Units:
    """FP32 units: ``operand`` is what NARROW rounds to, the rest are their depths (see each unit)."""

    operand: FloatFormat = FP16
    multiplier_stages: int = 6
    adder_stages: int = 5
    rows_per_stage: int = 1
    narrower_stages: int = 2

    def build(self, operation: Operation) -> wiring.Component:
        """Return a new unit for ``operation``. Raises ValueError for a STREAM or SCALAR, which nothing computes."""
        match operation:
            case Operation.MULTIPLY:
                return WordMultiplier(stages=self.multiplier_stages)
            case Operation.ADD | Operation.SUBTRACT:
                return Adder(stages=self.adder_stages)
            case Operation.DIVIDE:
                return Divider(rows_per_stage=self.rows_per_stage)
            case Operation.SQUARE_ROOT:
                return SquareRoot(rows_per_stage=self.rows_per_stage)
            case Operation.NARROW:
                return Narrower(self.operand, stages=self.narrower_stages)
        raise ValueError(f"{operation} is an operand, not computed by a unit")

    def latency(self, operation: Operation) -> int:
        """Return the steps of the unit that ``build`` returns, and raise what it raises."""
        match operation:
            case Operation.MULTIPLY:
                return self.multiplier_stages
            case Operation.ADD | Operation.SUBTRACT:
                return self.adder_stages
            case Operation.DIVIDE:
                return divider_latency(self.rows_per_stage)
            case Operation.SQUARE_ROOT:
                return square_root_latency(self.rows_per_stage)
            case Operation.NARROW:
                return self.narrower_stages
        raise ValueError(f"{operation} is an operand, not computed by a unit")


def connect_unit(m: Module, unit: wiring.Component, operation: Operation, en: Value, operands: list[Value]) -> Value:
    """Let ``unit``, built for ``operation``, work on ``operands``; return its result."""
    inputs, result = _PORTS[operation]
    if operation is Operation.SUBTRACT:
        minuend, subtrahend = operands
        operands = [minuend, Cat(subtrahend[:-1], ~subtrahend[-1])]
    m.d.comb += unit.en.eq(en)
    m.d.comb += [getattr(unit, port).eq(value) for port, value in zip(inputs, operands, strict=True)]
    value: Value = getattr(unit, result)
    return value
