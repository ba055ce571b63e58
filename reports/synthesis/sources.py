"""Verilog taken apart by modules, so that each distinct one is synthesised once and counted as often as it stands.

Amaranth emits one module for each instance of a component. Modules of the same text under different names are
one module here, children first, so that whole subtrees fall together.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_MODULE = re.compile(r"^module (\\\S+ |\w+)(.*?)^endmodule\n", re.MULTILINE | re.DOTALL)
_INSTANCE = re.compile(r"^  (\\\S+|\w+) +(\\\S+ |\w+) \(\n", re.MULTILINE)
_PORT = re.compile(r"^  (?:input|output)\b[^;]*;\n", re.MULTILINE)
# A register that Amaranth's back end numbers through the whole file; it stands for nothing.
_NUMBERED = re.compile(r"dump_module\$\d+")


@dataclass(frozen=True)
class VerilogModule:
    """A module's text, and the modules of the same sources that it instantiates, once for each instance."""

    name: str
    text: str
    children: tuple[str, ...]

    @property
    def header(self) -> str:
        """The module with its ports and without its contents."""
        ports = "".join(match[0] for match in _PORT.finditer(self.text))
        return f"{self.text[: self.text.index(');') + 2]}\n{ports}endmodule\n"


@dataclass(frozen=True)
class Hierarchy:
    """The distinct modules below ``top`` by name, and how often each stands in the whole design."""

    top: str
    modules: Mapping[str, VerilogModule]
    counts: Mapping[str, int]


def hierarchy(top: str, texts: Iterable[str]) -> Hierarchy:
    """Return the distinct modules of Verilog ``texts`` as far as ``top`` needs them.

    Raises KeyError when ``top`` is not among them.
    """
    bodies = {match[1].strip(): match[0] for text in texts for match in _MODULE.finditer(text)}
    merged = _Merged(bodies)
    merged.name_of(top)
    return counted(top, merged.modules)


def counted(top: str, modules: Mapping[str, VerilogModule]) -> Hierarchy:
    """Return ``modules`` (children before their parents) with how often each stands below ``top``."""
    counts: Counter[str] = Counter({top: 1})
    for name in reversed(modules):
        for child in modules[name].children:
            counts[child] += counts[name]
    return Hierarchy(top, modules, counts)


class _Merged:
    """Finds the one name that stands for all modules of a text; the first of them gives it."""

    def __init__(self, bodies: Mapping[str, str]) -> None:
        self.modules: dict[str, VerilogModule] = {}
        self._bodies = bodies
        self._names: dict[str, str] = {}
        self._by_digest: dict[str, str] = {}

    def name_of(self, module: str) -> str:
        if module not in self._names:
            self._names[module] = self._merge(module)
        return self._names[module]

    def _merge(self, module: str) -> str:
        body = _INSTANCE.sub(self._renamed, self._bodies[module])
        contents = _NUMBERED.sub("", body[body.index("(") :])
        name = self._by_digest.setdefault(hashlib.sha256(contents.encode()).hexdigest(), module)
        if name == module:
            children = tuple(match[1] for match in _INSTANCE.finditer(body) if match[1] in self.modules)
            self.modules[module] = VerilogModule(module, body, children)
        return name

    def _renamed(self, instance: re.Match[str]) -> str:
        if instance[1] not in self._bodies:
            return instance[0]
        return f"  {self.name_of(instance[1])}  {instance[2]} (\n"
