"""The page's content from a folder's holdings: what belongs to the design shown, what does not, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.reports.review.compare import design_changes
from heddle.reports.review.content import Review, StepPart
from heddle.reports.review.energy_lines import energy_lines
from heddle.reports.review.missing import (
    ACCURACY,
    AGREEMENT,
    FRONT,
    HARDWARE,
    STAGES,
    STEP,
    VIVADO,
    Commands,
    design_word,
    missing_sections,
)
from heddle.reports.runs.documents.step import StepTotals
from heddle.reports.runs.gather import DEFAULT_DESIGN, Entry, Holdings, Subject, same_machine
from heddle.reports.runs.hardware import hardware_part
from heddle.reports.runs.step import step_part
from heddle.reports.runs.work_file import WorkFile, saved_work
from heddle.reports.summary import headline
from heddle.reports.units import count, seconds
from heddle.sim.spans import has_engine_tracks
from heddle.synth.vivado.reports import PowerReport

_HALF_A_CYCLE = 0.5
_SHOWN_KEYS = 4
_DEFAULT_NOTE = f"Nothing in the folder names a design: design and hardware are those of {DEFAULT_DESIGN}, the default."

Belonging = TypeVar("Belonging", bound=Entry)


@dataclass(frozen=True)
class Built:
    """A page's content, the names of its ``sections``, and what could not be read, which belongs on stderr too."""

    review: Review
    sections: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Step:
    """The step of the design shown and what there is to say of it; ``problem`` says why there is none."""

    part: StepPart | None
    notes: tuple[str, ...]
    problem: str


def build_review(held: Holdings, subject: Subject, beside: Path) -> Built:
    """Return the page of ``subject``; a design file that the commands on it need is written into ``beside``.

    Raises HeddleError when that file cannot be written.
    """
    step = _step_of(subject)
    synthesis = _of_design(held.syntheses, subject)
    agreement = _of_design(held.agreements, subject) or next(iter(held.agreements), None)
    parts = {
        FRONT: held.fronts,
        STEP: step.part,
        HARDWARE: True,
        STAGES: synthesis and synthesis.synthesis.stages,
        AGREEMENT: agreement,
        ACCURACY: held.trainings,
        VIVADO: held.vivado,
    }
    present = frozenset(name for name, part in parts.items() if part)
    problems = (*held.problems, *([step.problem] if step.problem else []))
    word = design_word(subject.design, subject.row, beside)
    commands = Commands(held.folder, word, subject.design, subject.saved)
    reasons = {STEP: step.problem} if step.problem else {}
    if synthesis:
        reasons[STAGES] = f"{synthesis.place.mark} tells of no stages"
    review = Review(
        title=headline(step.part.result) if step.part else f"{subject.design.name} on {subject.board.name}",
        design=subject.design,
        board=subject.board,
        step=step.part,
        energy=energy_lines(step.part.result, _power(held, subject), subject.board) if step.part else (),
        front=subject.front.part(subject.row) if subject.front and subject.row is not None else None,
        hardware=hardware_part(subject.design, subject.board, synthesis.synthesis if synthesis else None),
        agreement=agreement.agreement if agreement else None,
        training=tuple(entry.facts for entry in held.trainings),
        vivado=held.vivado,
        missing=tuple(missing_sections(present, reasons, commands)),
        notes=(
            *([_DEFAULT_NOTE] if subject.is_default else []),
            *step.notes,
            *_level_notes(held, subject, step.part),
            *_of_another(held, subject, (synthesis, agreement)),
            *(f"Not read: {line}" for line in held.problems),
        ),
    )
    sections = ("design", *(name for name in parts if name in present))
    return Built(review, sections, problems)


def _step_of(subject: Subject) -> _Step:
    if subject.saved is None:
        return _Step(None, (), "")
    try:
        work = saved_work(subject.saved, subject.design)
    except HeddleError as error:
        return _Step(None, (), f"the step cannot be run again: {error}")
    part = step_part(work)
    cut = "The step has too many instructions for a timeline of the engines; only its passes are shown."
    return _Step(part, (*work.notes, *([] if has_engine_tracks(part.spans) else [cut])), "")


def _level_notes(held: Holdings, subject: Subject, step: StepPart | None) -> Iterator[str]:
    """Where the page's step and the folder's own figures come from different models, or from different versions."""
    if step is None:
        return
    if subject.front is not None and subject.row is not None:
        explored = float(subject.front.front["time_s"].iloc[subject.row])
        yield (
            f"The front's times are the estimate's. The design picked was run on the engines as well: "
            f"{seconds(step.result.time_s)} a step, against {seconds(explored)} estimated."
        )
        return
    place = held.steps[0].place
    if place.verb != "simulate":
        return
    totals = StepTotals.read(place.mark)
    if totals.level == "estimate":
        yield f"{place.folder} holds the estimate's figures; those of the page are the engines'."
    elif abs(totals.cycles - step.result.cycles) > _HALF_A_CYCLE:
        yield (
            f"{place.mark} says {count(totals.cycles)} cycles, and this version of heddle simulates "
            f"{count(step.result.cycles)}; the page shows the latter."
        )


def _of_design(entries: Iterable[Belonging], subject: Subject) -> Belonging | None:
    """The first of ``entries`` that is of the design shown."""
    return next((each for each in entries if each.design and same_machine(each.design, subject.design)), None)


def _of_another(held: Holdings, subject: Subject, shown: tuple[Entry | None, ...]) -> Iterator[str]:
    """What lies in the folder beside what is shown, and what is shown though it is of another design."""
    for entry in (*held.syntheses, *held.agreements):
        if entry.design is None or same_machine(entry.design, subject.design):
            continue
        state = "shown all the same" if entry in shown else "not shown"
        yield (
            f"{entry.place.mark} is of the design {entry.design.name}, which differs from the one shown in "
            f"{_keys(entry.design, subject.design)}; it is {state}."
        )
    for front in held.fronts[1:]:
        yield f"{front.place.folder} holds another exploration; it is not shown."
    for step in held.steps:
        if not _same_step(step.saved, subject):
            yield f"{step.place.folder} holds another step, on {step.saved.step_design.name}; it is not shown."


def _keys(one: Design, other: Design) -> str:
    """The first keys in which two designs differ."""
    keys = [change.key for change in design_changes(one, other)]
    more = f" and {len(keys) - _SHOWN_KEYS} more" if len(keys) > _SHOWN_KEYS else ""
    return ", ".join(keys[:_SHOWN_KEYS]) + more


def _same_step(saved: WorkFile, subject: Subject) -> bool:
    """True where ``saved`` is the step that the page shows."""
    if subject.saved is None or not same_machine(saved.step_design, subject.design):
        return False
    return saved.training_words == subject.saved.training_words


def _power(held: Holdings, subject: Subject) -> PowerReport | None:
    """The power report of the design that went furthest: a routed one before a placed or a synthesised one.

    A report beside a project whose manifest names another design than the one shown is left out.
    """
    others = [
        entry.place.folder
        for entry in held.generated
        if entry.design and not same_machine(entry.design, subject.design)
    ]
    reports = held.vivado.power if held.vivado else ()
    own = [each for each in reports if not any(folder in each.path.parents for folder in others)]
    routed = [each for each in own if "routed" in each.header.design_state.casefold()]
    return next(iter([*routed, *own]), None)
