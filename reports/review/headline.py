"""The figures at the head of a page: what a reader wants to know of a run before anything else."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.reports.front_table import objective_cell, objective_heading
from heddle.reports.review.content import FrontPart, Review, StepPart
from heddle.reports.review.hardware_rows import fit_text, is_of_vivado
from heddle.reports.summary import speedup_over
from heddle.reports.units import bytes_, engineering, factor, joules, percent, seconds


@dataclass(frozen=True)
class Headline:
    """A figure as text, and a few words below it, which may be empty."""

    name: str
    value: str
    detail: str = ""


def headlines(review: Review) -> tuple[Headline, ...]:
    """Return the figures of the step, or those of the front's design where no step was simulated, and the fit."""
    figures = _of_step(review.step, review) if review.step else _of_front(review.front) if review.front else ()
    fit = fit_text(review.design, review.hardware.rows, review.board)
    return (*figures, *([Headline(f"fits {review.board.name}", fit.verdict, fit.line)] if fit else []))


def _of_step(step: StepPart, review: Review) -> tuple[Headline, ...]:
    result, dense = step.result, step.dense
    energy_j = sum(line.energy_j for line in review.energy) or result.energy_j
    figures = [
        Headline("time of a step", seconds(result.time_s), f"dense {seconds(dense.time_s)}" if dense else ""),
        Headline("array utilisation", percent(result.utilisation), _rate(step)),
        Headline("energy of a step", joules(energy_j), _energy_detail(review, step)),
        Headline("DRAM traffic", bytes_(result.dram_bytes), f"dense {bytes_(dense.dram_bytes)}" if dense else ""),
    ]
    if dense:
        figures.insert(1, Headline("speed-up", factor(speedup_over(result, dense)), f"{result.sparsity} over dense"))
    return tuple(figures)


def _rate(step: StepPart) -> str:
    result = step.result
    return f"{engineering(2 * result.macs / result.time_s, 'FLOP/s')} achieved" if result.time_s else ""


def _energy_detail(review: Review, step: StepPart) -> str:
    """What the figure is of: Vivado on chip, or the model, which has the dense step's beside it."""
    if any(is_of_vivado(line.source) for line in review.energy):
        return "on chip by Vivado"
    return ", ".join([*([f"dense {joules(step.dense.energy_j)}"] if step.dense else []), "uncalibrated"])


def _of_front(part: FrontPart) -> tuple[Headline, ...]:
    row = part.front.iloc[part.picked].to_dict() if len(part.front) else {}
    return tuple(
        Headline(objective_heading(objective), objective_cell(objective, row))
        for objective in (part.facts.objectives if row else ())
    )
