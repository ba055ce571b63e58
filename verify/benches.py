"""A module under test with its cases; which of them a design is verified with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.hls.emit import Block, Rtl, emit_rtl
from heddle.hls.generate import array_blocks, sore_block, wuve_block
from heddle.hls.lanes.wuve import UPDATE_RULES, UpdateRule
from heddle.verify.cases import Case, Stalls
from heddle.verify.lanes import sore_case, wuve_case
from heddle.verify.suite import Run

_SORE_OPERANDS = ("trained", "any-bits", "ties")
_STALLS = (0.0, 0.3)


@dataclass(frozen=True)
class Bench:
    """The blocks of a top module, itself first, and the cases to run on it."""

    blocks: tuple[Block, ...]
    cases: tuple[Case, ...]

    def rtl(self) -> Rtl:
        """Return the Verilog of the blocks."""
        return emit_rtl(self.blocks[0], self.blocks[1:])


def array_bench(design: Design, board: Board, runs: Sequence[Run], command: str) -> Bench:
    """Return the array core with the cases of ``runs``; ``command`` is the command line that has them all."""
    cases = tuple(named.case(design, board, command) for named in runs)
    return Bench(array_blocks(design), cases)


@dataclass(frozen=True)
class LaneBench:
    """A lane beside the array: names of its cases, known before anything is built, and how its bench is made."""

    case_names: tuple[str, ...]
    build: Callable[[str], Bench]


def lane_benches(design: Design, seed: int) -> Iterator[LaneBench]:
    """Yield the lanes of a design; ``build`` takes the command line that has all their cases."""
    names = tuple(f"sore-{kind}-idle-{idle}" for kind in _SORE_OPERANDS for idle in _STALLS)
    yield LaneBench(names, lambda command: _sore_bench(design, seed, names, command))
    for rule in UPDATE_RULES.values():
        yield _wuve_lane(design, rule, seed)


def _wuve_lane(design: Design, rule: UpdateRule, seed: int) -> LaneBench:
    names = tuple(f"wuve-{rule.name}-idle-{idle}" for idle in _STALLS)
    return LaneBench(names, lambda command: _wuve_bench(design, rule, seed, names, command))


def _sore_bench(design: Design, seed: int, names: Sequence[str], command: str) -> Bench:
    kinds = [(kind, idle) for kind in _SORE_OPERANDS for idle in _STALLS]
    cases = [sore_case(design, kind, seed, Stalls(idle, idle, seed)) for kind, idle in kinds]
    return Bench((sore_block(design),), _named(cases, names, command))


def _wuve_bench(design: Design, rule: UpdateRule, seed: int, names: Sequence[str], command: str) -> Bench:
    block = wuve_block(design, rule)
    cases = [wuve_case(design, block.component, seed, Stalls(idle, idle, seed)) for idle in _STALLS]
    return Bench((block,), _named(cases, names, command))


def _named(cases: Sequence[Case], names: Sequence[str], command: str) -> tuple[Case, ...]:
    named = zip(cases, names, strict=True)
    return tuple(replace(case, name=name, rerun=f"{command} --case {name}") for case, name in named)
