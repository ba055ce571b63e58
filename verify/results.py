"""What a bench found out about its cases, and the verdict on each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from heddle.verify.cases import Case


@dataclass(frozen=True)
class Mismatch:
    """The first wrong element: where it lies in the result, where it left the RTL, and both values.

    ``cycle`` counts from the case's first word, as its cycles do. ``bits`` is the width of the values.
    """

    output: str
    row: int
    col: int
    word: int
    lane: int
    cycle: int
    expected: int
    actual: int
    bits: int

    def __str__(self) -> str:
        digits = -(-self.bits // 4)
        return (
            f"{self.output} row {self.row}, col {self.col}: got 0x{self.actual:0{digits}x}, expected "
            f"0x{self.expected:0{digits}x} (word {self.word}, lane {self.lane}, cycle {self.cycle})"
        )


@dataclass(frozen=True)
class Outcome:
    """How a case went in the RTL.

    ``rtl_cycles`` is None where it did not end. ``failure`` says why it did not, or what went wrong beside the
    values (a word too many, an assertion of the RTL); empty when nothing did.
    """

    name: str
    rtl_cycles: int | None
    first_wrong: Mismatch | None
    failure: str

    def to_json(self) -> str:
        """Return the outcome as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Outcome:
        """Read what ``to_json`` wrote."""
        entry: dict[str, Any] = json.loads(line)
        wrong = entry.pop("first_wrong")
        return cls(**entry, first_wrong=Mismatch(**wrong) if wrong else None)


@dataclass(frozen=True)
class Verdict:
    """A case's outcome held against the simulator. ``problems`` is empty when it passed, a line each otherwise."""

    name: str
    bit_exact: bool
    rtl_cycles: int | None
    sim_cycles: int | None
    problems: tuple[str, ...]
    rerun: str

    @property
    def passed(self) -> bool:
        """True when every bit and, where the simulator claims them, the cycles agree."""
        return not self.problems


@dataclass(frozen=True)
class MachineVerdict:
    """A case of the whole machine held against the simulator.

    Cycles and stalls are None where the run did not end (``rtl``), and where the simulator claims none (``sim``).
    ``problems`` is empty when the case passed, a line each otherwise.
    """

    name: str
    bit_exact: bool
    rtl_cycles: int | None
    sim_cycles: int | None
    array_rtl_cycles: int | None
    array_sim_cycles: int | None
    stalls_rtl: Mapping[str, int] | None
    stalls_sim: Mapping[str, int] | None
    problems: tuple[str, ...]
    rerun: str

    @property
    def passed(self) -> bool:
        """True when the program ended and every byte of memory is right."""
        return not self.problems


def judge(case: Case, outcome: Outcome) -> Verdict:
    """Return the verdict on ``case``."""
    problems = [text for text in (outcome.failure, str(outcome.first_wrong or "")) if text]
    if None not in (outcome.rtl_cycles, case.sim_cycles) and outcome.rtl_cycles != case.sim_cycles:
        problems.append(f"the RTL took {outcome.rtl_cycles} cycles, the simulator says {case.sim_cycles}")
    exact = outcome.first_wrong is None and not outcome.failure
    return Verdict(case.name, exact, outcome.rtl_cycles, case.sim_cycles, tuple(problems), case.rerun)


def read_outcomes(path: Path) -> list[Outcome]:
    """Return the outcomes in the file of a bench, which may still be running; none where there is no file yet."""
    if not path.is_file():
        return []
    whole_lines = path.read_text().split("\n")[:-1]
    return [Outcome.from_json(line) for line in whole_lines]


def all_passed(verdicts: Iterable[Verdict]) -> bool:
    """True when every case passed."""
    return all(verdict.passed for verdict in verdicts)
