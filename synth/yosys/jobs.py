"""What is synthesised together: the blocks of a design, each once, spread over the runs of the synthesis tool.

A block is a module that keeps its boundary; the modules below it that are none are flattened into it. Flattening is
exact but slow for many parts, so a module with many children keeps them apart, as does one that has
several of a kind. A module of wires only is counted, not synthesised.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from heddle.synth.yosys.sources import Hierarchy, VerilogModule

_MANY_CHILDREN = 12
#: The module that instantiates the blocks of a job; the top of its run.
WRAPPER = "heddle_blocks"
_ESCAPED = re.compile(r"\\\S+\s")
_INSTANCE = re.compile(r"^  \S+ +\S+ +\(\n(?:    \..*\n)*  \);\n", re.MULTILINE)
_LOGIC = re.compile(r"[&|^~+*<>?!%]|\balways\b|\breg\b|==|\binitial\b")
_REGISTER = re.compile(r"^  reg(?: \[(\d+):(\d+)\])?", re.MULTILINE)
_TEXT_PER_BIT = 40


@dataclass(frozen=True)
class Job:
    """One run of the synthesis tool: its Verilog, whose top is ``WRAPPER``, and the blocks that it maps."""

    text: str
    blocks: tuple[str, ...]


def block_names(design: Hierarchy) -> tuple[str, ...]:
    """Return the modules that keep their boundary, children before their parents."""
    kept = {design.top}
    if is_wires_only(design.modules[design.top]):
        kept.update(design.modules[design.top].children)
    for module in design.modules.values():
        if len(module.children) > _MANY_CHILDREN:
            kept.update(module.children)
        kept.update(name for name, count in Counter(module.children).items() if count > 1)
    return tuple(name for name in design.modules if name in kept)


def mapped_blocks(design: Hierarchy) -> tuple[str, ...]:
    """Return the blocks that have cells of their own: all but wires between other blocks."""
    blocks = block_names(design)
    return tuple(name for name in blocks if not _only_joins(design.modules[name], blocks))


def _only_joins(module: VerilogModule, blocks: Sequence[str]) -> bool:
    return is_wires_only(module) and set(module.children) <= set(blocks)


def is_wires_only(module: VerilogModule) -> bool:
    """True for a module of instances and connections between them: no operator, no register."""
    plain = _INSTANCE.sub("", _ESCAPED.sub("w ", module.text))
    return bool(module.children) and _LOGIC.search(plain) is None


def jobs(design: Hierarchy, wanted: Sequence[str], number: int) -> tuple[Job, ...]:
    """Return at most ``number`` jobs of about equal weight that map the blocks ``wanted``."""
    blocks = set(block_names(design))
    shares = _shares({name: _weight(design, name, blocks) for name in wanted}, number)
    return tuple(_job(design, share, blocks) for share in shares if share)


def contents(design: Hierarchy, name: str, blocks: Collection[str]) -> tuple[str, ...]:
    """Return a block and all modules that are flattened into it, parents first."""
    found = [name]
    for child in dict.fromkeys(design.modules[name].children):
        if child not in blocks:
            found += [inner for inner in contents(design, child, blocks) if inner not in found]
    return tuple(found)


def block_text(design: Hierarchy, name: str, blocks: Collection[str]) -> str:
    """Return all that decides what a block maps to: its text, with the ports of the blocks below it."""
    whole = contents(design, name, blocks)
    below = {child for inner in whole for child in design.modules[inner].children if child not in whole}
    return "\n".join([*(design.modules[inner].text for inner in whole), *_headers(design, below)])


def _shares(weights: dict[str, int], number: int) -> list[list[str]]:
    """Spread names by weight: the heaviest first, each to the lightest share."""
    shares: list[list[str]] = [[] for _ in range(number)]
    loads = [0] * number
    for name in sorted(weights, key=lambda name: (-weights[name], name)):
        lightest = loads.index(min(loads))
        shares[lightest].append(name)
        loads[lightest] += weights[name]
    return shares


def _weight(design: Hierarchy, name: str, blocks: Collection[str]) -> int:
    """How long a block takes to map, roughly: bits of registers and length of text."""
    texts = [design.modules[inner].text for inner in contents(design, name, blocks)]
    bits = sum(1 + abs(int(high or 0) - int(low or 0)) for text in texts for high, low in _REGISTER.findall(text))
    return bits + sum(map(len, texts)) // _TEXT_PER_BIT


def _job(design: Hierarchy, share: Sequence[str], blocks: Collection[str]) -> Job:
    whole = list(dict.fromkeys(inner for name in share for inner in contents(design, name, blocks)))
    below = {child for name in whole for child in design.modules[name].children if child not in whole}
    texts = [f"(* blackbox *)\n{header}" for header in _headers(design, below)]
    for name in whole:
        texts.append(("(* keep_hierarchy *)\n" if name in blocks else "") + design.modules[name].text)
    instances = "".join(f"  (* keep *) {name}  block{index} ();\n" for index, name in enumerate(share))
    texts.append(f"module {WRAPPER};\n{instances}endmodule\n")
    return Job("\n".join(texts), tuple(share))


def _headers(design: Hierarchy, names: Collection[str]) -> list[str]:
    return [design.modules[name].header for name in sorted(names)]
