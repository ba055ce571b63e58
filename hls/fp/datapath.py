"""Expressions as one pipeline: a unit a node, delay lines where an operand waits for another."""

from __future__ import annotations

from amaranth.hdl import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.fp.expression import Expression, Operation
from heddle.hls.fp.schedule import Schedule
from heddle.hls.fp.units import connect_unit
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

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        super().__init__(
            {
                "en": In(1),
                "scalars": In(schedule.scalars),
                "entering": In(schedule.entering),
                "leaving": Out(schedule.leaving),
            }
        )

    @property
    def latency(self) -> int:
        """Steps from operands to results."""
        return self.schedule.latency

    def elaborate(self, platform: object) -> Module:
        """Place units in the order of need; delay operands to the latest one, results to the last."""
        m = Module()
        history: dict[Expression, list[Value]] = {}  # each node's value, then as it was 1, 2, … steps ago
        for number, node in enumerate(self.schedule.nodes):
            match node.operation:
                case Operation.STREAM:
                    value = self.entering[node.name]
                case Operation.SCALAR:
                    value = self.scalars[node.name]
                case operation:
                    m.submodules[f"{operation.value}_{number}"] = unit = self.schedule.units.build(operation)
                    start = self.schedule.start(node)
                    operands = [self._at(m, history, operand, start) for operand in node.operands]
                    value = connect_unit(m, unit, operation, self.en, operands)
            history[node] = [value]
        for name, node in self.schedule.results.items():
            m.d.comb += self.leaving[name].eq(self._at(m, history, node, self.latency))
        return m

    def _at(self, m: Module, history: dict[Expression, list[Value]], node: Expression, step: int) -> Value:
        """The value of ``node`` in ``step``; all its users share one delay line."""
        values = history[node]
        if node.operation is Operation.SCALAR:
            return values[0]
        age = step - self.schedule.ready[node]
        while len(values) <= age:
            name = f"node_{self.schedule.nodes.index(node)}_age_{len(values)}"
            values.append(registers(m, values[-1], 1, self.en, name=name))
        return values[age]
