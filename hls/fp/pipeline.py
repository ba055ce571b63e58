"""Pipelines with movable registers: a datapath names its cut positions, a table says which of them hold registers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from amaranth.hdl import Module, Signal, Value, ValueCastable

Bundle = TypeVar("Bundle", bound=Any)  # a dataclass whose fields are Values, or views of them
Net = TypeVar("Net", Value, ValueCastable)


@dataclass(frozen=True)
class Pipeline:
    """The registers of one datapath in module ``m``: they load in clocks with ``en`` at the positions in ``cuts``."""

    m: Module
    en: Value
    cuts: frozenset[str]

    def at(self, position: str, bundle: Bundle) -> Bundle:
        """Return ``bundle`` as the logic after ``position`` sees it: through registers where there is a cut.

        Without reset: the values are data, and whoever counts the latency ignores what stood there before.
        """
        passed: dict[str, Value | ValueCastable] = {}
        for field in fields(bundle):
            value = getattr(bundle, field.name)
            value = value if isinstance(value, ValueCastable) else Value.cast(value)  # a view stays one
            name = f"{position}_{field.name}"
            passed[field.name] = self._register(value, name) if position in self.cuts else self.wire(value, name)
        return replace(bundle, **passed)

    def wire(self, value: Net, name: str) -> Net:
        """Give ``value`` a net of its own, so that logic used in several places is built once."""
        net = Signal(value.shape(), name=name)
        self.m.d.comb += net.eq(value)
        return net

    def _register(self, value: Net, name: str) -> Net:
        held = Signal(value.shape(), name=name, reset_less=True)
        with self.m.If(self.en):
            self.m.d.sync += held.eq(value)
        return held


def cuts_for(what: str, stages: int, table: Mapping[int, Collection[str]]) -> frozenset[str]:
    """The cut positions of ``stages``. Raises ValueError for a depth that the table lacks."""
    if stages not in table:
        raise ValueError(f"{what} has {min(table)} to {max(table)} stages, not {stages}")
    return frozenset(table[stages])
