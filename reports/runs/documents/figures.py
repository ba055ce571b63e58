"""The figures that a page shows, for ``heddle report --json``: simulated, verified, trained, and read of Vivado."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Self

from heddle.arch.document import Document
from heddle.reports.runs.documents.synthesis import ClockEntry, SlackEntry

if TYPE_CHECKING:
    from heddle.reports.review.content import Review
    from heddle.sim.result import StepResult
    from heddle.synth.vivado.reports import UtilisationReport, VivadoReports

_RESOURCES = ("lut", "lut_as_memory", "ff", "carry8", "bram36", "uram", "dsp")


class StepFigures(Document):
    """A simulated training step; what is about dense training is None where that was not run."""

    network: str
    batch: int
    recipe: str
    sparsity: str
    cycles: float
    time_s: float
    energy_j: float
    dense_time_s: float | None
    dense_energy_j: float | None

    @classmethod
    def of(cls, result: StepResult, dense: StepResult | None) -> Self:
        """Return the figures of a step and of the same step dense."""
        return cls(
            network=result.network,
            batch=result.batch,
            recipe=result.recipe,
            sparsity=result.sparsity,
            cycles=result.cycles,
            time_s=result.time_s,
            energy_j=result.energy_j,
            dense_time_s=dense.time_s if dense else None,
            dense_energy_j=dense.energy_j if dense else None,
        )


class AgreementFigures(Document):
    """Cases of the RTL against the simulator."""

    cases: int
    passed: int


class TrainingFigures(Document):
    """A training: per cent, percentage points to dense, and the share of dense training's multiply-adds."""

    model: str
    data: str
    recipe: str
    sparsity: str
    accuracy_mean: float
    accuracy_std: float
    difference_mean: float | None
    mac_fraction: float


class UtilisationFigures(Document):
    """What a utilisation report says is used; None where it says nothing."""

    file: str
    lut: float | None
    lut_as_memory: float | None
    ff: float | None
    carry8: float | None
    bram36: float | None
    uram: float | None
    dsp: float | None

    @classmethod
    def of(cls, report: UtilisationReport) -> Self:
        """Return the amounts that ``report`` says are used."""
        uses = {name: getattr(report, name) for name in _RESOURCES}
        return cls(file=str(report.path), **{name: use.used if use else None for name, use in uses.items()})


class TimingFigures(Document):
    """A timing summary; ``met`` is None where the report has no verdict, or times no path (``times_a_path``)."""

    file: str
    met: bool | None
    times_a_path: bool
    setup: SlackEntry
    hold: SlackEntry
    clocks: tuple[ClockEntry, ...]


class PowerFigures(Document):
    """A power report in watts."""

    file: str
    total_w: float | None
    dynamic_w: float | None
    static_w: float | None
    junction_c: float | None
    confidence: str


class VivadoFigures(Document):
    """Every report of Vivado that was read."""

    utilisation: tuple[UtilisationFigures, ...]
    timing: tuple[TimingFigures, ...]
    power: tuple[PowerFigures, ...]

    @classmethod
    def of(cls, reports: VivadoReports) -> Self:
        """Return the figures of ``reports``."""
        return cls(
            utilisation=tuple(UtilisationFigures.of(each) for each in reports.utilisation),
            timing=tuple(
                TimingFigures(
                    file=str(each.path),
                    met=each.met,
                    times_a_path=each.times_a_path,
                    setup=SlackEntry(**asdict(each.setup)),
                    hold=SlackEntry(**asdict(each.hold)),
                    clocks=tuple(ClockEntry(**asdict(clock)) for clock in each.clocks),
                )
                for each in reports.timing
            ),
            power=tuple(
                PowerFigures(
                    file=str(each.path),
                    total_w=each.total_w,
                    dynamic_w=each.dynamic_w,
                    static_w=each.static_w,
                    junction_c=each.junction_c,
                    confidence=each.confidence,
                )
                for each in reports.power
            ),
        )


class Figures(Document):
    """The figures of a page; None, or nothing, for what it has not."""

    step: StepFigures | None
    designs_on_front: int | None
    agreement: AgreementFigures | None
    training: tuple[TrainingFigures, ...]
    vivado: VivadoFigures | None

    @classmethod
    def of(cls, review: Review) -> Self:
        """Return the figures that ``review`` shows."""
        agreement = review.agreement
        return cls(
            step=StepFigures.of(review.step.result, review.step.dense) if review.step else None,
            designs_on_front=len(review.front.front) if review.front else None,
            agreement=AgreementFigures(cases=len(agreement.rows), passed=sum(row.passed for row in agreement.rows))
            if agreement
            else None,
            training=tuple(
                TrainingFigures(**{name: getattr(each, name) for name in TrainingFigures.model_fields})
                for each in review.training
            ),
            vivado=VivadoFigures.of(review.vivado) if review.vivado else None,
        )
