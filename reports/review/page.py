"""The page of a review: one HTML file with live charts, tables and designs to copy, readable without a network.

Charts and script stand in the file itself. Its Content-Security-Policy lets only the page's own two scripts run, by
their hashes, and nothing be fetched; the charts' expressions are interpreted, so that no text becomes code.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from heddle.arch.design_io import to_toml
from heddle.arch.run_dir import write_atomically
from heddle.reports.render import render
from heddle.reports.review.chart_energy import energy_figure
from heddle.reports.review.content import AgreementPart, EnergyLine, Review
from heddle.reports.review.front_section import FrontSection, front_section
from heddle.reports.review.hardware_rows import AgreementText, agreement_text, is_of_vivado
from heddle.reports.review.hardware_view import HardwareView, hardware_view
from heddle.reports.review.headline import Headline, headlines
from heddle.reports.review.sections import SECTIONS, Absent, absent_sections, left_over
from heddle.reports.review.share_rows import EnergyText, Named, design_rows, energy_texts, machine_text
from heddle.reports.review.step_view import StepView, step_view
from heddle.reports.review.vega import Figure, inline_json, runtime, script_source
from heddle.reports.review.vivado_view import VivadoView, vivado_view
from heddle.reports.training_facts import (
    AccuracyRow,
    SeedRow,
    TrainingFacts,
    accuracy_rows,
    seed_rows,
    training_line,
    training_notes,
)


@dataclass(frozen=True)
class EnergySection:
    """A step's energy by part; ``measured`` says that some of it comes from a report of Vivado."""

    rows: tuple[EnergyText, ...]
    measured: bool
    figure: Figure | None


@dataclass(frozen=True)
class AgreementSection:
    """RTL against the simulator: what ran, the cases as text, and how many of them passed."""

    design: str
    simulator: str
    rows: tuple[AgreementText, ...]
    passed: int


@dataclass(frozen=True)
class TrainingSection:
    """A training run: what it was in a line, its figures and its seeds."""

    facts: TrainingFacts
    line: str
    notes: tuple[str, ...]
    rows: tuple[AccuracyRow, ...]
    seeds: tuple[SeedRow, ...]


@dataclass(frozen=True)
class PageView:
    """A whole page as its template takes it: a part that is None, or empty, is in ``absent`` with the reason."""

    title: str
    subtitle: str
    board: str
    headlines: tuple[Headline, ...]
    design_name: str
    design: tuple[Named, ...]
    toml: str
    front: FrontSection | None
    step: StepView | None
    energy: EnergySection | None
    hardware: HardwareView | None
    agreement: AgreementSection | None
    training: tuple[TrainingSection, ...]
    vivado: VivadoView | None
    notes: tuple[str, ...]
    sections: dict[str, str]
    absent: dict[str, Absent]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The page's charts."""
        found = (
            self.front.figure if self.front else None,
            *(self.step.figures if self.step else ()),
            self.energy.figure if self.energy else None,
            self.hardware.figure if self.hardware else None,
        )
        return tuple(figure for figure in found if figure is not None)


@dataclass(frozen=True)
class _Scripts:
    """The page's scripts, the data that they work on, and the policy that lets no other run."""

    runtime: Markup
    own: Markup
    data: Markup
    policy: str


def write_review(review: Review, path: Path) -> Path:
    """Write the page of ``review`` to ``path`` and return it; the same review gives the same bytes.

    Raises HeddleError when the page cannot be written.
    """
    return write_atomically(path, review_html(review).encode())


def review_html(review: Review) -> str:
    """Return the page of ``review``."""
    view = page_view(review)
    return render("review.html", view=view, scripts=_scripts(view))


def page_view(review: Review) -> PageView:
    """Return what the page of ``review`` shows, section by section."""
    step = step_view(review.step, review.board) if review.step else None
    front = front_section(review.front) if review.front else None
    energy = _energy_section(review.energy)
    hardware = hardware_view(review.hardware, review.board)
    vivado = vivado_view(review.vivado) if review.vivado else None
    filled = {
        "design": True,
        "front": front,
        "time": step,
        "schedule": step and step.products.rows,
        "roofline": step and step.roofline.rows,
        "timeline": step and step.timeline_figure,
        "stalls": step and step.stalls,
        "energy": energy,
        "modules": hardware,
        "stages": review.hardware.stages,
        "agreement": review.agreement,
        "accuracy": review.training,
        "vivado": vivado,
        "notes": True,
    }
    empty = [name for name in SECTIONS if not filled[name]]
    return PageView(
        title=review.title,
        subtitle=machine_text(review.design, review.board),
        board=review.board.name,
        headlines=headlines(review),
        design_name=review.design.name,
        design=design_rows(review.design),
        toml=to_toml(review.design),
        front=front,
        step=step,
        energy=energy,
        hardware=hardware,
        agreement=_agreement_section(review.agreement) if review.agreement else None,
        training=tuple(_training_section(facts) for facts in review.training),
        vivado=vivado,
        notes=(*review.notes, *left_over(empty, review.missing)),
        sections=SECTIONS,
        absent=absent_sections(empty, review.missing),
    )


def _energy_section(lines: tuple[EnergyLine, ...]) -> EnergySection | None:
    rows = energy_texts(lines)
    if not rows:
        return None
    return EnergySection(rows, any(is_of_vivado(row.source) for row in rows), energy_figure(lines))


def _agreement_section(part: AgreementPart) -> AgreementSection:
    passed = sum(row.passed for row in part.rows)
    return AgreementSection(part.design, part.simulator, tuple(map(agreement_text, part.rows)), passed)


def _training_section(facts: TrainingFacts) -> TrainingSection:
    return TrainingSection(facts, training_line(facts), training_notes(facts), accuracy_rows(facts), seed_rows(facts))


def _scripts(view: PageView) -> _Scripts:
    own, charts = render("review.js"), runtime() if view.figures else ""
    data = {
        "charts": {figure.name: figure.document for figure in view.figures},
        "front": view.front.script if view.front and view.front.figure else None,
    }
    # The scripts are ours and the runtime's: none of their text is from the review.
    policy = f"default-src 'none'; script-src {script_source(charts)} {script_source(own)}; "
    policy += "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    return _Scripts(Markup(charts), Markup(own), inline_json(data), policy)
