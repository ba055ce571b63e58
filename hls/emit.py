"""Verilog of the blocks of a design, the same bytes for the same design, and the files that a simulator needs.

Amaranth emits one module for each instance of a component. The PE stands R x C times in the array, so it is
emitted once by itself and the array instantiates it by name; otherwise a 32 x 32 array would neither synthesise
nor compile in useful time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from amaranth.lib import wiring

from heddle.hls.description import ModuleDescription, Port, description_of
from heddle.hls.modules import rtlil_of
from heddle.hls.verilog import verilog_of

#: Verilator's rules that emitted Verilog breaks, each with the reason why that is no fault.
WAIVERS: tuple[tuple[str, str], ...] = (
    ("CASEINCOMPLETE", "a register of states has values that are none; what they lead to is written before the case"),
    ("DECLFILENAME", "a file holds a component with all its submodules"),
    ("PROCASSINIT", "a register is declared with the value that configuring the FPGA gives it"),
    ("SYMRSVDWORD", "C++ has a word for the port by whose name vendors' tools find an interrupt"),
    ("UNUSEDSIGNAL", "a field that one component of a shared record does not read; outputs of shared arithmetic"),
    ("WIDTHEXPAND", "shifts and sums are written at the width of their result"),
)


@dataclass(frozen=True)
class Block:
    """A component that is emitted as the Verilog module ``name``, in a file of its own.

    Whoever emits it makes it: a component that is made and not elaborated is a mistake to Amaranth, which warns.
    """

    name: str
    make: Callable[[], wiring.Component]


@dataclass(frozen=True)
class Emitted:
    """A block as Verilog, and what its user needs to know of it."""

    verilog: str
    description: ModuleDescription


@dataclass(frozen=True)
class Rtl:
    """Emitted Verilog: its modules, text by file name (the top's first in both), a Verilator control file."""

    modules: tuple[ModuleDescription, ...]
    verilog: Mapping[str, str]
    control: str

    @property
    def top(self) -> str:
        """Name of the outermost module."""
        return self.modules[0].name

    @property
    def ports(self) -> tuple[Port, ...]:
        """Ports of the outermost module."""
        return self.modules[0].ports

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


def emit_block(block: Block, platform: object = None) -> Emitted:
    """Make the component of ``block`` and emit it, as ``emit`` does."""
    component = block.make()
    return Emitted(emit(component, block.name, platform), description_of(component, block.name))


def emit_rtl(top: Block, repeated: Sequence[Block] = ()) -> Rtl:
    """Emit ``top`` and the blocks that it instantiates by name, each of them once."""
    emitted = [emit_block(block) for block in (top, *repeated)]
    return Rtl(
        modules=tuple(each.description for each in emitted),
        verilog={f"{each.description.name}.v": each.verilog for each in emitted},
        control=control_file([block.name for block in repeated]),
    )


def control_file(repeated: Iterable[str]) -> str:
    """Return a Verilator control file: the waivers with their reasons, and the modules to compile once each."""
    lines = ["`verilator_config"]
    for rule, reason in WAIVERS:
        lines += [f"// {reason}", f"lint_off -rule {rule}"]
    for name in repeated:
        lines += [f"// {name} is instantiated many times: compiled once", f'hier_block -module "{name}"']
    return "\n".join(lines) + "\n"
