"""Verilog of the blocks of a design, the same bytes for the same design, and the files that a simulator needs.

Amaranth emits one module for each instance of a component. The PE stands R x C times in the array, so it is
emitted once by itself and the array instantiates it by name; otherwise a 32 x 32 array would neither synthesise
nor compile in useful time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from amaranth.lib import wiring

from heddle.hls.instance import signature_ports
from heddle.hls.modules import rtlil_of
from heddle.hls.verilog import verilog_of

#: Verilator's rules that emitted Verilog breaks, each with the reason why that is no fault.
WAIVERS: tuple[tuple[str, str], ...] = (
    ("CASEINCOMPLETE", "a register of states has values that are none; what they lead to is written before the case"),
    ("DECLFILENAME", "a file holds a component with all its submodules"),
    ("PROCASSINIT", "a register is declared with the value that configuring the FPGA gives it"),
    ("UNUSEDSIGNAL", "a field that one component of a shared record does not read; outputs of shared arithmetic"),
    ("WIDTHEXPAND", "shifts and sums are written at the width of their result"),
)


@dataclass(frozen=True)
class Block:
    """A component that is emitted as the Verilog module ``name``, in a file of its own."""

    name: str
    component: wiring.Component


@dataclass(frozen=True)
class Port:
    """A port of an emitted module; ``width`` in bits."""

    name: str
    direction: Literal["in", "out"]
    width: int


@dataclass(frozen=True)
class Rtl:
    """Emitted Verilog: the top module and its ports, text by file name (the top's first), a Verilator control file."""

    top: str
    ports: tuple[Port, ...]
    verilog: Mapping[str, str]
    control: str

    @property
    def files(self) -> dict[str, str]:
        """Text of every file by its name."""
        return {**self.verilog, f"{self.top}.vlt": self.control}


def emit(component: wiring.Component, name: str, platform: object = None) -> str:
    """Return ``component`` and its submodules as Verilog, the outermost module being ``name``.

    A submodule's module is called ``name_CLASS`` (``heddle.hls.modules``), so that several components can be compiled
    together. ``platform`` is asked for what a technology has of its own (``heddle.hls.fp.multiply_add.SlicePlatform``);
    none means plain Verilog.
    """
    return verilog_of(rtlil_of(component, name, platform))


def emit_rtl(top: Block, repeated: Sequence[Block] = ()) -> Rtl:
    """Emit ``top`` and the blocks that it instantiates by name, each of them once."""
    return Rtl(
        top=top.name,
        ports=ports_of(top.component),
        verilog={f"{block.name}.v": emit(block.component, block.name) for block in (top, *repeated)},
        control=control_file([block.name for block in repeated]),
    )


def ports_of(component: wiring.Component) -> tuple[Port, ...]:
    """Return the ports that ``component`` has in Verilog: clock, synchronous reset, its signature's members."""
    members = (
        Port(name, "in" if flow is wiring.In else "out", len(value)) for name, flow, value in signature_ports(component)
    )
    return (Port("clk", "in", 1), Port("rst", "in", 1), *members)


def control_file(repeated: Iterable[str]) -> str:
    """Return a Verilator control file: the waivers with their reasons, and the modules to compile once each."""
    lines = ["`verilator_config"]
    for rule, reason in WAIVERS:
        lines += [f"// {reason}", f"lint_off -rule {rule}"]
    for name in repeated:
        lines += [f"// {name} is instantiated many times: compiled once", f'hier_block -module "{name}"']
    return "\n".join(lines) + "\n"
