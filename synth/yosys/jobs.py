"""What is synthesised together: the blocks of a design, each once and each in a run of its own.

yosys maps a block differently beside others, and under other names. So a run has one block, and modules are named by
their place in it: what a block maps to depends on nothing else of the design.

A block is a module that keeps its boundary; the modules below it that are none are flattened into it. Flattening is
exact but slow for many parts, so a module with many children keeps them apart, as does one that has
several of a kind. A module of wires only is counted, not synthesised.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from heddle.synth.yosys.sources import Hierarchy, VerilogModule, whole_name

_MANY_CHILDREN = 12
#: The module that instantiates the blocks of a job; the top of its run.
WRAPPER = "heddle_blocks"
_ESCAPED = re.compile(r"\\\S+\s")
_INSTANCE = re.compile(r"^  \S+ +\S+ +\(\n(?:    \..*\n)*  \);\n", re.MULTILINE)
_ATTRIBUTE = re.compile(r"\(\*.*?\*\)")
_LOGIC = re.compile(r"[&|^~+*<>?!%]|\balways\b|\breg\b|==|\binitial\b")
_REGISTER = re.compile(r"^  reg(?: \[(\d+):(\d+)\])?", re.MULTILINE)
_TEXT_PER_BIT = 40
# A module's name where it begins, and where it is instantiated.
_MODULE_NAME = re.compile(r"^(module |  (?:\(\* keep \*\) )?)(\\\S+|\w+)(?=[ (])", re.MULTILINE)


@dataclass(frozen=True)
class Job:
    """One run of the synthesis tool: its Verilog, whose top is ``WRAPPER``, and the name that its ``block`` has there.

    ``below`` gives the own names of the blocks within it, by their names there; ``weight`` is how long it takes,
    roughly.
    """

    text: str
    block: str
    below: Mapping[str, str]
    weight: int = 0


def block_names(design: Hierarchy) -> tuple[str, ...]:
    """Return the modules that keep their boundary, children before their parents."""
    kept = {design.top}
    if is_wires_only(design.modules[design.top]):
        kept.update(design.modules[design.top].children)
    for module in design.modules.values():
        if len(module.children) > _MANY_CHILDREN:
            kept.update(module.children)
        if module.children and module.text == module.header:  # of a line by the bit only its ports are left
            kept.update((module.name, *module.children))
        # One that stands several times may do so as several modules, by what is read of each.
        counts = Counter(map(whole_name, module.children))
        kept.update(name for name in module.children if counts[whole_name(name)] > 1)
    return tuple(name for name in design.modules if name in kept)


def mapped_blocks(design: Hierarchy, blocks: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the blocks that have cells of their own: all but wires between other blocks.

    ``blocks`` are those of ``block_names`` by default.
    """
    blocks = block_names(design) if blocks is None else blocks
    return tuple(name for name in blocks if not _only_joins(design.modules[name], blocks))


def _only_joins(module: VerilogModule, blocks: Collection[str]) -> bool:
    return is_wires_only(module) and set(module.children) <= set(blocks)


def is_wires_only(module: VerilogModule) -> bool:
    """True for a module of instances and connections between them: no operator, no register."""
    plain = _ATTRIBUTE.sub("", _INSTANCE.sub("", _ESCAPED.sub("w ", module.text)))
    return bool(module.children) and _LOGIC.search(plain) is None


def contents(design: Hierarchy, name: str, blocks: Collection[str]) -> tuple[str, ...]:
    """Return a block and all modules that are flattened into it, parents first."""
    found = [name]
    for child in dict.fromkeys(design.modules[name].children):
        if child not in blocks:
            found += [inner for inner in contents(design, child, blocks) if inner not in found]
    return tuple(found)


def job_of(design: Hierarchy, name: str, blocks: Collection[str]) -> Job:
    """Return the run that maps a block; its text is all that decides what the block maps to."""
    whole = contents(design, name, blocks)
    children = (child for inner in whole for child in design.modules[inner].children)
    below = tuple(dict.fromkeys(child for child in children if child not in whole))
    own = {module: f"m{index}" for index, module in enumerate((*whole, *below))}
    texts = [f"(* blackbox *)\n{design.modules[child].header}" for child in below]
    texts += ["(* keep_hierarchy *)\n" * (inner in blocks) + design.modules[inner].text for inner in whole]
    texts.append(f"module {WRAPPER};\n  (* keep *) {name}  block0 ();\nendmodule\n")
    text = _renamed("\n".join(texts), own)
    return Job(text, own[name], {own[child]: child.removeprefix("\\") for child in below}, _weight(text))


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """``text`` with modules under other names, where they begin and where they are instantiated."""
    return _MODULE_NAME.sub(lambda found: found[1] + names.get(found[2], found[2]), text)


def _weight(text: str) -> int:
    """How long a text takes to map, roughly: bits of registers and its length."""
    bits = sum(1 + abs(int(high or 0) - int(low or 0)) for high, low in _REGISTER.findall(text))
    return bits + len(text) // _TEXT_PER_BIT
