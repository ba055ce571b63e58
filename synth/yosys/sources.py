"""Verilog taken apart by modules, so that each distinct one is synthesised once and counted as often as it stands.

Modules of the same text under different names, as several components have them, are one module here, children first,
so that whole subtrees fall together. An instance whose outputs are not all read is
of a module without those outputs: a PE at the array's border has less to do than one within.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from heddle.hls.verilog import without_sources

_MODULE = re.compile(r"^module (\\\S+ |\w+)(.*?)^endmodule\n", re.MULTILINE | re.DOTALL)
_INSTANCE = re.compile(r"^  (\\\S+|\w+) +(\\\S+ |\w+) \(\n((?:    \..*\n)*)  \);\n", re.MULTILINE)
# A pin and what it joins: a net, or an expression of several.
_PIN = re.compile(r"^    \.(\\\S+ |\w+)\((.*)\),?\n", re.MULTILINE)
_OUTPUT = re.compile(r"^  output (?:\[[^]]*\] )?(\\\S+ |\w+);\n", re.MULTILINE)
_NET = re.compile(r"\\\S+ |\w+")
# The initial contents of memories, which are all zero: a line a word, and most of what a synthesis would read.
_ZERO_WORD = re.compile(r"^    \w+\[\d+\] = \d+'[hd]0+;\n", re.MULTILINE)
#: In the name of a module without some of its outputs, between its own name and theirs.
UNREAD_MARK = ".without."
# A net that is declared, and driven by one instance.
_UNREAD = 2
_PORT = re.compile(r"^  (?:input|output)\b[^;]*;\n", re.MULTILINE)


def whole_name(module: str) -> str:
    """Return the name of the module that this one is, where it is without some outputs; else its own."""
    return module.removeprefix("\\").partition(UNREAD_MARK)[0]


def shown_name(module: str) -> str:
    """Return a module's name as tables show it: of one without some outputs, how many those are."""
    name, _, outputs = module.partition(UNREAD_MARK)
    return f"{name}, {outputs.count('.') + 1} outputs unread" if outputs else name


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
    modules = (match for text in texts for match in _MODULE.finditer(without_sources(text)))
    bodies = {match[1].strip(): _ZERO_WORD.sub("", match[0]) for match in modules}
    merged = _Merged(bodies)
    merged.name_of(top)
    return counted(top, merged.modules)


def counted(top: str, modules: Mapping[str, VerilogModule]) -> Hierarchy:
    """Return ``modules`` (children before their parents) with how often each stands below ``top``."""
    counts: Counter[str] = Counter({top: 1})
    for name in reversed(tuple(modules)):
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
        body = self._bodies[module]
        body = _INSTANCE.sub(partial(self._renamed, Counter(_NET.findall(body))), body)
        return self._add(module, body)

    def _add(self, module: str, body: str) -> str:
        """Keep a module unless one of its text is there; return the name of the one that is kept."""
        contents = body[body.index("(") :]
        name = self._by_digest.setdefault(hashlib.sha256(contents.encode()).hexdigest(), module)
        if name == module:
            children = tuple(match[1] for match in _INSTANCE.finditer(body) if match[1] in self.modules)
            self.modules[module] = VerilogModule(module, body, children)
        return name

    def _renamed(self, uses: Counter[str], instance: re.Match[str]) -> str:
        if instance[1] not in self._bodies:
            return instance[0]
        child = self.name_of(instance[1])
        outputs = set(_OUTPUT.findall(self.modules[child].text))
        unread = {pin for pin, net in _PIN.findall(instance[3]) if pin in outputs and uses[net] == _UNREAD}
        pins = [pin[0].rstrip(",\n") for pin in _PIN.finditer(instance[3]) if pin[1] not in unread]
        joined = ",\n".join(pins) if unread else instance[3].rstrip("\n")
        return f"  {self._without(child, unread)}  {instance[2]} (\n{joined}\n  );\n"

    def _without(self, child: str, outputs: set[str]) -> str:
        """The name of ``child`` without some of its outputs, which stay within as nets that nothing reads."""
        if not outputs:
            return child
        _, ports, rest = re.split(r"\((.*?)\);", self.modules[child].text, maxsplit=1, flags=re.DOTALL)
        kept = ",".join(port for port in ports.split(",") if port.strip() not in _stripped(outputs))
        rest = _OUTPUT.sub(lambda output: "" if output[1] in outputs else output[0], rest)
        name = f"{child.removeprefix(chr(92))}{UNREAD_MARK}{'.'.join(sorted(_stripped(outputs)))}"
        return self._add(f"\\{name}", f"module \\{name} ({kept});{rest}")


def _stripped(names: set[str]) -> set[str]:
    return {name.strip() for name in names}
