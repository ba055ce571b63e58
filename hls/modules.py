"""A component taken apart at its submodules that are components, so that each becomes a module of its own in Verilog.

Amaranth's back end gives a submodule the ports that its parent happens to use, under names that it makes up where a
port is part of a signal, and a module to each instance. Here a submodule keeps the ports of its signature, and equal
submodules are one module, instantiated by name. So a component meets its surroundings at its ports alone.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import Fragment, Instance, Value
from amaranth.hdl._ir import PortDirection  # what convert_fragment takes; Amaranth 0.5 exports it nowhere else
from amaranth.lib import wiring
from amaranth.lib.memory import Memory

from heddle.hls.instance import Restarted, instance_of, signature_ports

_CLOCK = re.compile(r"^  wire width 1 input \d+ +\\clk$", re.MULTILINE)
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Between two collections of garbage: some 200 MB.
_GATHERED_OBJECTS = 2_000_000
#: Stands for a module's name until its text is known; no name of ours has it.
_UNNAMED = "@"
_SOURCE = re.compile(r'^( *attribute \\src ")(.*)(:\d+")$')
_OWN_SOURCES = Path(__file__).resolve().parents[1]
#: What Amaranth tells its own tools, and no one who reads Verilog.
_INTERNAL = re.compile(r"^ *attribute \\(?:generator|top|amaranth\.\w+) ")
_NUMBERED_PORT = re.compile(r"(?<=put )\d+(?=  \\)")
_ULTRA_RAM = re.compile(r'^  attribute \\ram_style "ultra"\n(?:  attribute .*\n)*  memory .* \\(\S+)$', re.MULTILINE)
_CONTENTS = re.compile(
    r'^  cell \$meminit_v2 .*\n    parameter \\MEMID "\\\\(\S+)"\n(?:    .*\n)*  end\n', re.MULTILINE
)
# A module, a memory, an instance, a signal that its author named and that is no port, nor a field of another.
_PLACED = re.compile(r"^ *(?:module|memory|cell \\|wire (?:width \d+ )?\\(?!\$)[^.\[]+$)")


def module_name(component: wiring.Component) -> str:
    """Return what a component's module is called after the outermost one's name: its class's name in small letters.

    Where a component has a ``variant``, the name ends with that. It says all that tells it from others of its class:
    those with the same one are emitted once.
    """
    words = _WORD_STARTS.sub("_", type(component).__name__).lower()
    return "_".join(filter(None, (words, str(getattr(component, "variant", "")))))


def rtlil_of(component: wiring.Component, name: str, platform: object = None) -> str:
    """Return RTLIL of a component as the module ``name``, and of one module ``name_CLASS`` for each distinct one in it.

    Different modules of a class are numbered from 2, in the order in which they stand in the component. Attributes
    ``src`` say where in these sources a module, a memory, an instance or a signal was made. The component is
    elaborated for ``platform``.
    """
    modules = _Modules(name)
    with _rare_collection():
        modules.add(component, Fragment.get(component, platform), name)
    return "\n".join(modules.texts.values())


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Let garbage gather: a netlist is millions of small objects in use, and to walk them often doubles the time."""
    thresholds = gc.get_threshold()
    gc.set_threshold(_GATHERED_OBJECTS, 1, 1)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


@dataclass
class _Modules:
    """The distinct modules below ``top``: the text of each by its name, children first."""

    top: str
    texts: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)  # by text
    _variants: dict[tuple[type[wiring.Component], str], str] = field(default_factory=dict)

    def add(self, component: wiring.Component, fragment: Fragment, name: str) -> str:
        """Keep the module of a component, elaborated as ``fragment``; return the name of that or of an equal one."""
        self._place_instances(fragment)
        ports = {
            port: (value, PortDirection.Input if flow is wiring.In else PortDirection.Output)
            for port, flow, value in signature_ports(component)
        }
        text = _tidied(rtlil.convert_fragment(fragment, ports, _UNNAMED)[0])
        if text not in self._names:
            self._names[text] = own = self._free(name)
            self.texts[own] = text.replace(f"\\{_UNNAMED}", f"\\{own}")
        return self._names[text]

    def _place_instances(self, fragment: Fragment, restart: Value | None = None) -> None:
        """Put instances into the places of the components below ``fragment``; ``restart`` resets them."""
        for at, (below, name, src_loc) in enumerate(fragment.subfragments):
            component = _component_of(below)
            if component is None:
                self._place_instances(below, _restart_of(below, restart))
                continue
            module = self._below_top(component, below)
            placed = self._instance(component, module, restart)
            placed.src_loc = src_loc
            fragment.subfragments[at] = (placed, name, src_loc)

    def _below_top(self, component: wiring.Component, fragment: Fragment) -> str:
        """The module of a component in another; a known variant is not converted again, which is slow."""
        name = f"{self.top}_{module_name(component)}"
        variant = str(getattr(component, "variant", ""))
        if not variant:
            return self.add(component, fragment, name)
        key = (type(component), variant)
        if key not in self._variants:
            self._variants[key] = self.add(component, fragment, name)
        return self._variants[key]

    def _instance(self, component: wiring.Component, module: str, restart: Value | None) -> Instance:
        is_clocked = _CLOCK.search(self.texts[module]) is not None
        return instance_of(module, signature_ports(component), is_clocked, restart)

    def _free(self, name: str) -> str:
        """``name``, or that with the next number where another module has it."""
        names = (f"{name}_{number}" if number > 1 else name for number in count(1))
        return next(free for free in names if free not in self.texts)


def _component_of(fragment: Fragment) -> wiring.Component | None:
    """The component that ``fragment`` was elaborated from; None for another, and for a memory, which is no module."""
    first = (fragment.origins or (None,))[0]
    return first if isinstance(first, wiring.Component) and not isinstance(first, Memory) else None


def _restart_of(fragment: Fragment, outer: Value | None) -> Value | None:
    """What resets the components below ``fragment``, which is no component. Raises ValueError for registers there."""
    first = (fragment.origins or (None,))[0]
    if not isinstance(first, Restarted):
        return outer
    if set(fragment.statements) - {"comb"}:
        raise ValueError("a restarted module has registers of its own, which nothing restarts")
    return first.restart


def _tidied(text: str) -> str:
    """A module's RTLIL as Verilog is to be made of it."""
    in_order = _NUMBERED_PORT.sub(lambda number: str(int(number[0]) + 1), text)  # yosys takes port 0 for the last one
    return _without_ultra_ram_contents(_with_fewer_attributes(in_order))


def _without_ultra_ram_contents(text: str) -> str:
    """RTLIL in which UltraRAM has no initial contents: it takes none, and starts as zeros by itself."""
    ultra = set(_ULTRA_RAM.findall(text))
    return _CONTENTS.sub(lambda contents: "" if contents[1] in ultra else contents[0], text) if ultra else text


def _with_fewer_attributes(text: str) -> str:
    """RTLIL with the attributes that a reader of Verilog has a use for, files named as in this repository."""
    kept: list[str] = []
    waiting: list[str] = []  # attributes stand before what they are of
    for line in text.splitlines():
        if line.lstrip().startswith("attribute"):
            waiting.append(line)
            continue
        kept += filter(None, (_kept_attribute(attribute, line) for attribute in waiting))
        kept.append(line)
        waiting.clear()
    return "\n".join(kept) + "\n"


def _kept_attribute(attribute: str, of: str) -> str:
    """An attribute line of the item ``of``, or nothing where it is to be left out."""
    source = _SOURCE.match(attribute)
    if source is None:
        return "" if _INTERNAL.match(attribute) else attribute
    file = Path(source[2])
    if not (_PLACED.match(of) and _is_own(file)):
        return ""
    return f"{source[1]}{file.relative_to(_OWN_SOURCES).as_posix()}{source[3]}"


def _is_own(file: Path) -> bool:
    """A file of these sources: an environment with other people's packages may lie in the repository too."""
    return file.is_relative_to(_OWN_SOURCES) and "site-packages" not in file.relative_to(_OWN_SOURCES).parts
