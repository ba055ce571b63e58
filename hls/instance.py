"""Modules placed by their name: a component's ports in Verilog, an instance with values at them, what resets it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from amaranth.hdl import ClockSignal, Elaboratable, Instance, Module, ResetSignal, Value
from amaranth.lib import wiring

#: A port of a module: its name, which way it goes as the module sees it, and what stands at it.
Port = tuple[str, wiring.Flow, Value]


def signature_ports(component: wiring.Component) -> Iterator[Port]:
    """Yield the ports of a component's module; an interface's are ``INTERFACE__PORT``."""
    for path, member, value in component.signature.flatten(component):
        yield "__".join(map(str, path)), member.flow, Value.cast(value)


class Restarted(Elaboratable):
    """Components that a signal resets, besides the domain's own reset: ``restart`` goes into their instances' ``rst``.

    Amaranth's ``ResetInserter`` writes such a signal into the statements of all that stands below it. A component meets
    its surroundings at its ports alone (``heddle.hls.modules``), so in Verilog nothing would drive it there. Amaranth's
    simulator, which knows no instances, sees the reset of the domain alone. ``module`` has submodules and connects
    them, and no register of its own.
    """

    def __init__(self, module: Module, restart: Value) -> None:
        self.module, self.restart = module, restart

    def elaborate(self, platform: object) -> Module:
        """Return the module; ``heddle.hls.modules`` resets what it places in it."""
        return self.module


def instance_of(module: str, ports: Iterable[Port], clocked: bool = True, restart: Value | None = None) -> Instance:
    """Return an instance of ``module``; where it is ``clocked``, clock and synchronous reset are among its ports.

    ``restart`` resets it too.
    """
    reset = ResetSignal() if restart is None else ResetSignal() | restart
    ends = [("i", "clk", ClockSignal()), ("i", "rst", reset)] if clocked else []
    ends += [("i" if flow is wiring.In else "o", name, value) for name, flow, value in ports]
    return Instance(module, *ends, src_loc_at=1)
