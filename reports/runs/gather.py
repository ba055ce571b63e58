"""Everything that a folder holds, read: the design that its page is about, and each part that belongs to it.

A part that cannot be read is left out and told; only where nothing is left does its error end the command.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.arch.document import Document
from heddle.arch.errors import HeddleError
from heddle.hls.manifest import Manifest
from heddle.reports.review.content import AgreementPart
from heddle.reports.runs.documents.schedule import ScheduleDocument
from heddle.reports.runs.documents.step import StepTotals
from heddle.reports.runs.folder import Place, result_places, work_of
from heddle.reports.runs.hardware import SavedSynthesis, read_synthesis
from heddle.reports.runs.parts import read_agreement, read_training
from heddle.reports.runs.step import SavedFront, read_front
from heddle.reports.runs.work_file import WorkFile
from heddle.reports.training_facts import TrainingFacts
from heddle.synth.vivado.read import read_reports
from heddle.synth.vivado.reports import VivadoReports

#: The design of a page on which nothing names one: that of every command without ``--design``.
DEFAULT_DESIGN = "sat-vcu1525"

Part = TypeVar("Part")


@dataclass(frozen=True)
class Problems:
    """What could not be read, a line each."""

    lines: list[str] = field(default_factory=list)

    def attempt(self, read: Callable[[], Part]) -> Part | None:
        """Return what ``read`` returns; where it raises HeddleError, keep its line and return None."""
        try:
            return read()
        except HeddleError as error:
            self.lines.append(str(error))
            return None


@dataclass(frozen=True)
class Entry:
    """The results of one folder that were read, and the design that they are of (None where they name none)."""

    place: Place
    design: Design | None


@dataclass(frozen=True)
class FrontEntry(Entry):
    """An exploration; it is of many designs."""

    saved: SavedFront


@dataclass(frozen=True)
class StepEntry(Entry):
    """A simulated or a scheduled step."""

    saved: WorkFile


@dataclass(frozen=True)
class SynthesisEntry(Entry):
    """A synthesis."""

    synthesis: SavedSynthesis


@dataclass(frozen=True)
class AgreementEntry(Entry):
    """A verification."""

    agreement: AgreementPart


@dataclass(frozen=True)
class TrainingEntry(Entry):
    """A training."""

    facts: TrainingFacts


@dataclass(frozen=True)
class Holdings:
    """What a folder holds, each kind in the order in which folders are looked through; ``vivado`` may be None."""

    folder: Path
    fronts: tuple[FrontEntry, ...]
    steps: tuple[StepEntry, ...]
    syntheses: tuple[SynthesisEntry, ...]
    agreements: tuple[AgreementEntry, ...]
    generated: tuple[Entry, ...]
    trainings: tuple[TrainingEntry, ...]
    vivado: VivadoReports | None
    problems: tuple[str, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that was read, what says most of a design first."""
        return (
            *self.fronts,
            *self.steps,
            *self.syntheses,
            *self.agreements,
            *self.generated,
            *self.trainings,
        )


@dataclass(frozen=True)
class Subject:
    """What a page is about: a design on its board, and the work that it runs, where the folder tells.

    ``row`` is the design's on the ``front``, where there is one. ``is_default`` where the folder names no design.
    """

    design: Design
    board: Board
    saved: WorkFile | None
    front: SavedFront | None
    row: int | None
    is_default: bool = False


def read_holdings(folder: Path) -> Holdings:
    """Return what ``folder`` and the folders directly below it hold.

    Raises HeddleError for a folder that is none, that holds no results, or none that can be read.
    """
    places = result_places(folder)
    problems = Problems()
    held = Holdings(
        folder=folder,
        fronts=_read(_of(places, "explore"), _front_entry, problems),
        steps=_read((*_of(places, "simulate"), *_of(places, "schedule")), _step_entry, problems),
        syntheses=_read(_of(places, "synth"), _synthesis_entry, problems),
        agreements=_read(_of(places, "verify"), _agreement_entry, problems),
        generated=_read(_of(places, "generate"), _generated_entry, problems),
        trainings=_read(_of(places, "train"), _training_entry, problems),
        vivado=_vivado(folder),
        problems=tuple(problems.lines),
    )
    if not held.entries and not _has_reports(held.vivado):
        raise HeddleError(held.problems[0] if held.problems else _nothing(folder, held.vivado, _of(places, "compile")))
    return held


def subject_of(held: Holdings, pick: int | None) -> Subject:
    """Return what the page of ``held`` is about; ``pick`` is the row of the front, if one is asked for.

    Raises HeddleError for a row that is not there, and for a design whose board is not known.
    """
    if held.fronts:
        front = held.fronts[0].saved
        row = front.checked_row(pick)
        return Subject(front.design(row), front.work.board, front.work, front, row)
    if pick is not None:
        unread = f" that can be read ({'; '.join(held.problems)})" if held.problems else ""
        raise HeddleError(f"--pick: {held.folder} holds no exploration's front{unread}")
    if held.steps:
        saved = held.steps[0].saved
        assert saved.step is not None
        return Subject(saved.step.design, saved.board, saved, None, None)
    for entry in held.entries:
        if entry.design is not None:
            return Subject(entry.design, load_board(entry.design.board), None, None, None)
    design = load_design(DEFAULT_DESIGN)
    return Subject(design, load_board(design.board), None, None, None, is_default=True)


def same_machine(one: Design, other: Design) -> bool:
    """True where two designs differ in nothing but their name."""
    return one.model_copy(update={"name": other.name}) == other


def _read(places: Iterable[Place], read: Callable[[Place], Part], problems: Problems) -> tuple[Part, ...]:
    """Read each place; those that cannot be read are told to ``problems``."""
    parts = (problems.attempt(partial(read, place)) for place in places)
    return tuple(part for part in parts if part is not None)


def _of(places: tuple[Place, ...], verb: str) -> tuple[Place, ...]:
    return tuple(place for place in places if place.verb == verb)


def _front_entry(place: Place) -> FrontEntry:
    return FrontEntry(place, None, read_front(place))


def _step_entry(place: Place) -> StepEntry:
    saved = work_of(place)
    model: type[Document] = StepTotals if place.verb == "simulate" else ScheduleDocument
    model.read(place.mark)
    if saved.step is None:
        raise HeddleError(f"{place.folder}: its work.json is not of 'heddle {place.verb}'")
    return StepEntry(place, saved.step.design, saved)


def _synthesis_entry(place: Place) -> SynthesisEntry:
    synthesis = read_synthesis(place.mark)
    return SynthesisEntry(place, synthesis.design, synthesis)


def _agreement_entry(place: Place) -> AgreementEntry:
    agreement, design = read_agreement(place.mark)
    return AgreementEntry(place, design, agreement)


def _generated_entry(place: Place) -> Entry:
    return Entry(place, Manifest.read(place.mark).design)


def _training_entry(place: Place) -> TrainingEntry:
    facts, design = read_training(place.mark)
    return TrainingEntry(place, design, facts)


def _vivado(folder: Path) -> VivadoReports | None:
    """The reports of Vivado below ``folder``, and what looked like one; None without either."""
    reports = read_reports(folder)
    return reports if _has_reports(reports) or reports.unread else None


def _has_reports(reports: VivadoReports | None) -> bool:
    return reports is not None and any((reports.utilisation, reports.hierarchy, reports.timing, reports.power))


def _nothing(folder: Path, vivado: VivadoReports | None, programs: tuple[Place, ...]) -> str:
    """Why there is nothing to show. A folder with a program takes no other verb's results."""
    results = folder / "step" if programs and programs[0].folder == folder else folder
    advice = f"make some with: heddle simulate --workload resnet18 --out {shlex.quote(str(results))}"
    if vivado is None and programs:
        return f"{programs[0].folder}: holds a program of 'heddle compile', which no page shows; {advice}"
    if vivado is None:
        return f"{folder}: holds no results of heddle and no Vivado report; {advice}"
    unread = vivado.unread[0]
    return (
        f"{folder}: holds no results of heddle and no Vivado report that can be read ({unread.path}: {unread.reason})"
    )
