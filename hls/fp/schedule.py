"""When the nodes of expressions are computed: each as soon as its operands are there, in a pipeline of given units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from amaranth.lib import data

from heddle.arch.formats import FP32
from heddle.hls.fp.expression import Expression, Operation, in_order
from heddle.hls.fp.units import Units


@dataclass(frozen=True, eq=False)
class Schedule:
    """Named results of the same operands, on ``units``; steps are counted from the one in which operands enter."""

    results: Mapping[str, Expression]
    units: Units

    @cached_property
    def nodes(self) -> tuple[Expression, ...]:
        """All nodes, each after its operands."""
        return in_order(self.results.values())

    @cached_property
    def ready(self) -> Mapping[Expression, int]:
        """The step in which each node's value is there."""
        ready: dict[Expression, int] = {}
        for node in self.nodes:
            ready[node] = _start(node, ready) + (self.units.latency(node.operation) if node.operands else 0)
        return ready

    def start(self, node: Expression) -> int:
        """Return the step in which the last of a node's operands is there."""
        return _start(node, self.ready)

    @property
    def latency(self) -> int:
        """Steps until all results are there: the longest path."""
        return max(self.ready.values())

    @property
    def scalars(self) -> data.StructLayout:
        """A word a scalar."""
        return self._words(Operation.SCALAR)

    @property
    def entering(self) -> data.StructLayout:
        """A word a stream."""
        return self._words(Operation.STREAM)

    @property
    def leaving(self) -> data.StructLayout:
        """A word a result, an operand's where it is narrowed."""
        widths = {
            name: self.units.operand.width if node.operation is Operation.NARROW else FP32.width
            for name, node in self.results.items()
        }
        return data.StructLayout(widths)

    def _words(self, operation: Operation) -> data.StructLayout:
        return data.StructLayout({node.name: FP32.width for node in self.nodes if node.operation is operation})


def _start(node: Expression, ready: Mapping[Expression, int]) -> int:
    return max((ready[operand] for operand in node.operands), default=0)
