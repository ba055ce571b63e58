"""Modules placed by their name: the ports that a component has in Verilog, and an instance with values at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from amaranth.hdl import ClockSignal, Instance, ResetSignal, Value
from amaranth.lib import wiring

#: A port of a module: its name, which way it goes as the module sees it, and what stands at it.
Port = tuple[str, wiring.Flow, Value]


def signature_ports(component: wiring.Component) -> Iterator[Port]:
    """Yield the ports of a component's module; an interface's are ``INTERFACE__PORT``."""
    for path, member, value in component.signature.flatten(component):
        yield "__".join(map(str, path)), member.flow, Value.cast(value)


def instance_of(module: str, ports: Iterable[Port], clocked: bool = True) -> Instance:
    """Return an instance of ``module``; where it is ``clocked``, clock and synchronous reset are among its ports."""
    ends = [("i", "clk", ClockSignal()), ("i", "rst", ResetSignal())] if clocked else []
    ends += [("i" if flow is wiring.In else "o", name, value) for name, flow, value in ports]
    return Instance(module, *ends, src_loc_at=1)
