"""``verify.json``: the design that was run, and what came of each case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.verify.model import Simulator
from heddle.verify.results import MachineVerdict, Verdict, all_passed


class StalledCase(Document):
    """A case that claims bits and no cycles: its streams stall on purpose, or it is a unit's by itself."""

    name: str
    bit_exact: bool
    rtl_cycles: int | None
    passed: bool
    problems: tuple[str, ...]
    rerun: str


class ClaimedCase(StalledCase):
    """A case whose cycles the simulator claims as well."""

    sim_cycles: int


class AcceleratorCase(StalledCase):
    """A program on the whole machine: its clocks, those of the array, and all others by what the array waited for.

    What the simulator claims is None where it claims nothing; what the RTL did, where the program did not end.
    """

    sim_cycles: int | None
    array_rtl_cycles: int | None
    array_sim_cycles: int | None
    stalls_rtl: dict[str, int] | None
    stalls_sim: dict[str, int] | None


class Verification(Document):
    """What ``heddle verify`` found."""

    design: Design
    simulator: Simulator
    seed: int
    cases: tuple[ClaimedCase, ...]
    stalled_cases: tuple[StalledCase, ...]
    passed: bool

    @classmethod
    def of(cls, verdicts: Sequence[Verdict], design: Design, simulator: Simulator, seed: int) -> Self:
        """Return the document of ``verdicts``."""
        return cls(
            design=design,
            simulator=simulator,
            seed=seed,
            cases=tuple(_claimed(each, each.sim_cycles) for each in verdicts if each.sim_cycles is not None),
            stalled_cases=tuple(_stalled(each) for each in verdicts if each.sim_cycles is None),
            passed=all_passed(verdicts),
        )


class AcceleratorVerification(Document):
    """What ``heddle verify --top accelerator`` found."""

    top: Literal["accelerator"]
    design: Design
    simulator: Simulator
    seed: int
    cases: tuple[AcceleratorCase, ...]
    passed: bool

    @classmethod
    def of(cls, verdicts: Sequence[MachineVerdict], design: Design, seed: int) -> Self:
        """Return the document of ``verdicts``; the machine's model is Verilator's."""
        return cls(
            top="accelerator",
            design=design,
            simulator="verilator",
            seed=seed,
            cases=tuple(_accelerator(each) for each in verdicts),
            passed=all(each.passed for each in verdicts),
        )


def _accelerator(verdict: MachineVerdict) -> AcceleratorCase:
    return AcceleratorCase(
        name=verdict.name,
        bit_exact=verdict.bit_exact,
        rtl_cycles=verdict.rtl_cycles,
        passed=verdict.passed,
        problems=verdict.problems,
        rerun=verdict.rerun,
        sim_cycles=verdict.sim_cycles,
        array_rtl_cycles=verdict.array_rtl_cycles,
        array_sim_cycles=verdict.array_sim_cycles,
        stalls_rtl=dict(verdict.stalls_rtl) if verdict.stalls_rtl is not None else None,
        stalls_sim=dict(verdict.stalls_sim) if verdict.stalls_sim is not None else None,
    )


def _claimed(verdict: Verdict, sim_cycles: int) -> ClaimedCase:
    return ClaimedCase(
        name=verdict.name,
        bit_exact=verdict.bit_exact,
        rtl_cycles=verdict.rtl_cycles,
        passed=verdict.passed,
        problems=verdict.problems,
        rerun=verdict.rerun,
        sim_cycles=sim_cycles,
    )


def _stalled(verdict: Verdict) -> StalledCase:
    return StalledCase(
        name=verdict.name,
        bit_exact=verdict.bit_exact,
        rtl_cycles=verdict.rtl_cycles,
        passed=verdict.passed,
        problems=verdict.problems,
        rerun=verdict.rerun,
    )
