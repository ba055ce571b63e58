"""A module under test with its cases; which of them a design is verified with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.hls.emit import Rtl, emit_rtl
from heddle.hls.generate import array_rtl, double_buffers, sore_block, wuve_block
from heddle.hls.lanes.wuve import UPDATE_RULES, UpdateRule
from heddle.verify.buffers import buffers_case, buffers_rtl
from heddle.verify.cases import Case, Stalls
from heddle.verify.lanes import UPDATE_OPERANDS, sore_case, wuve_case
from heddle.verify.suite import Run

_SORE_OPERANDS = ("trained", "any-bits", "ties")
_STALLS = (0.0, 0.3)


@dataclass(frozen=True)
class Bench:
    """The Verilog of a top module with what it instantiates, made when it is needed, and the cases to run on it."""

    rtl: Callable[[], Rtl]
    cases: tuple[Case, ...]


def array_bench(design: Design, board: Board, runs: Sequence[Run], command: str) -> Bench:
    """Return the array core with the cases of ``runs``; ``command`` is the command line that has them all."""
    cases = tuple(named.case(design, board, command) for named in runs)
    return Bench(lambda: array_rtl(design), cases)


@dataclass(frozen=True)
class BlockBench:
    """A block beside the array: names of its cases, known before anything is built, and how its bench is made."""

    case_names: tuple[str, ...]
    build: Callable[[str], Bench]


def block_benches(design: Design, board: Board, seed: int) -> Iterator[BlockBench]:
    """Yield the lanes and buffers of a design; ``build`` takes the command line that has all their cases."""
    yield _sore_lane(design, seed)
    for rule in UPDATE_RULES.values():
        yield _wuve_lane(design, rule, seed)
    yield _buffers(design, board, seed)


def _sore_lane(design: Design, seed: int) -> BlockBench:
    kinds = [(kind, idle) for kind in _SORE_OPERANDS for idle in _STALLS]
    names = tuple(f"sore-{kind}-idle-{idle}" for kind, idle in kinds)

    def build(command: str) -> Bench:
        cases = [sore_case(design, kind, seed, Stalls(idle, idle, seed)) for kind, idle in kinds]
        return Bench(lambda: emit_rtl(sore_block(design)), _named(cases, names, command))

    return BlockBench(names, build)


def _wuve_lane(design: Design, rule: UpdateRule, seed: int) -> BlockBench:
    kinds = [(kind, idle) for kind in UPDATE_OPERANDS for idle in _STALLS]
    names = tuple(f"wuve-{rule.name}-{kind}-idle-{idle}" for kind, idle in kinds)

    def build(command: str) -> Bench:
        cases = [wuve_case(design, rule, kind, seed, Stalls(idle, idle, seed)) for kind, idle in kinds]
        return Bench(lambda: emit_rtl(wuve_block(design, rule)), _named(cases, names, command))

    return BlockBench(names, build)


def _buffers(design: Design, board: Board, seed: int) -> BlockBench:
    """The buffers' accesses with and without pauses; what they show does not wait."""
    names = tuple(f"buffers-idle-{idle}" for idle in _STALLS)

    def build(command: str) -> Bench:
        buffers = double_buffers(design, board)
        cases = [buffers_case(name, buffers, seed, idle) for name, idle in zip(names, _STALLS, strict=True)]
        return Bench(lambda: buffers_rtl(buffers), _named(cases, names, command))

    return BlockBench(names, build)


def _named(cases: Sequence[Case], names: Sequence[str], command: str) -> tuple[Case, ...]:
    named = zip(cases, names, strict=True)
    return tuple(replace(case, name=name, rerun=f"{command} --case {name}") for case, name in named)
