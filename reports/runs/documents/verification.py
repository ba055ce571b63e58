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

    @classmethod
    def of(cls, verdict: Verdict | MachineVerdict) -> Self:
        """Return what the document says of a verdict, which has an attribute of each field's name."""
        return cls.model_validate(verdict, from_attributes=True)


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
            cases=tuple(ClaimedCase.of(each) for each in verdicts if each.sim_cycles is not None),
            stalled_cases=tuple(StalledCase.of(each) for each in verdicts if each.sim_cycles is None),
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
            cases=tuple(AcceleratorCase.of(each) for each in verdicts),
            passed=all(each.passed for each in verdicts),
        )
