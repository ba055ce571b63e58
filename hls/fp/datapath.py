"""Expressions as one pipeline: a unit a node, delay lines where an operand waits for another."""

from __future__ import annotations

from collections.abc import Mapping

from amaranth.hdl import Module, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP32
from heddle.hls.fp.expression import Expression, Operation, in_order
from heddle.hls.fp.units import Units, connect_unit
from heddle.hls.stream.delay import registers


class Datapath(wiring.Component):
    """Computes named FP32 expressions of the same operands, all results at once.

    Ports
    -----
    en : Signal(1), in
        Advance by one step.
    scalars : a word a scalar, in
        Constant from the step of a word's entry to the step of its leaving.
    entering : a word a stream, in
    leaving : a word a result, out

    Words are FP32, or operand words for results that are narrowed. Latency: ``latency`` steps, the longest path.
    Throughput: one set of results a step. Registers have no reset: whoever steps the pipeline knows what is in it.
    """

    def __init__(self, results: Mapping[str, Expression], units: Units) -> None:
        self._results = dict(results)
        self._nodes = in_order(self._results.values())
        self._units = {node: units.build(node.operation) for node in self._nodes if node.operands}
        self._ready = self._ready_steps()
        self.latency = max(self._ready.values())
        widths = {
            name: units.operand.width if node.operation is Operation.NARROW else FP32.width
            for name, node in self._results.items()
        }
        super().__init__(
            {
                "en": In(1),
                "scalars": In(self._words(Operation.SCALAR)),
                "entering": In(self._words(Operation.STREAM)),
                "leaving": Out(data.StructLayout(widths)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Place units in the order of need; delay operands to the latest one, results to the last."""
        m = Module()
        history: dict[Expression, list[Value]] = {}  # each node's value, then as it was 1, 2, … steps ago
        for number, node in enumerate(self._nodes):
            match node.operation:
                case Operation.STREAM:
                    value = self.entering[node.name]
                case Operation.SCALAR:
                    value = self.scalars[node.name]
                case operation:
                    unit = self._units[node]
                    m.submodules[f"{operation.value}_{number}"] = unit
                    start = _start(node, self._ready)
                    operands = [self._at(m, history, operand, start) for operand in node.operands]
                    value = connect_unit(m, unit, operation, self.en, operands)
            history[node] = [value]
        for name, node in self._results.items():
            m.d.comb += self.leaving[name].eq(self._at(m, history, node, self.latency))
        return m

    def _at(self, m: Module, history: dict[Expression, list[Value]], node: Expression, step: int) -> Value:
        """The value of ``node`` in ``step``; all its users share one delay line."""
        values = history[node]
        if node.operation is Operation.SCALAR:
            return values[0]
        age = step - self._ready[node]
        while len(values) <= age:
            name = f"node_{self._nodes.index(node)}_age_{len(values)}"
            values.append(registers(m, values[-1], 1, self.en, name=name))
        return values[age]

    def _words(self, operation: Operation) -> data.StructLayout:
        return data.StructLayout({node.name: FP32.width for node in self._nodes if node.operation is operation})

    def _ready_steps(self) -> dict[Expression, int]:
        """The step in which each node's value is there, for operands that enter in step 0."""
        ready: dict[Expression, int] = {}
        for node in self._nodes:
            unit = self._units.get(node)
            ready[node] = _start(node, ready) + (unit.latency if unit else 0)
        return ready


def _start(node: Expression, ready: Mapping[Expression, int]) -> int:
    """The step in which the last of a node's operands is there."""
    return max((ready[operand] for operand in node.operands), default=0)
