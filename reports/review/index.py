"""``index.html`` of a run: its headline figures and plots, and the command that makes the whole page.

It is written by every verb that has results, so it needs no chart library: importing this module loads neither pandas,
matplotlib nor altair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heddle.arch.run_dir import write_atomically
from heddle.dataflow.scheduler import Failure
from heddle.reports.front_table import objective_best, objective_cell, objective_costs, objective_heading, short_name
from heddle.reports.render import inline_plots, render
from heddle.reports.runs.documents.exploration import ExplorationFacts
from heddle.reports.search_line import evaluated
from heddle.reports.summary import energy_rows, headline, machine_line, summary_rows
from heddle.reports.training_facts import AGAINST_DENSE, TrainingFacts, accuracy_rows, training_line, training_notes
from heddle.reports.units import count, engineering
from heddle.sim.result import StepResult

if TYPE_CHECKING:
    import pandas as pd

#: The page that every run has, and the whole page, which ``heddle report`` makes beside it.
INDEX_NAME, REPORT_NAME = "index.html", "report.html"
#: What makes the whole page, in the folder itself: a page that named its folder would be other bytes in another one.
REPORT_COMMAND = "heddle report ."

Cells = tuple[str, ...]


@dataclass(frozen=True)
class Index:
    """What the small page of a run says: a title, a line and notes without their stop, and one table as text.

    ``headings`` and each of ``rows`` have the same number of cells; the first cell of a row names it. ``failures``
    are the passes that no figure holds.
    """

    title: str
    lead: str
    headings: Cells
    rows: tuple[Cells, ...]
    notes: Cells = ()
    failures: tuple[Failure, ...] = ()


def step_index(result: StepResult, dense: StepResult | None) -> Index:
    """Return the small page of one simulated step.

    ``dense`` is the same step with nothing pruned; without it (or when it is ``result`` itself) nothing is compared.
    """
    compared = dense if dense is not result else None
    headings = ("figure", "this step", *(("dense", "dense ÷ this") if compared else ()))
    summary = [(row.name, row.value, row.dense, row.ratio) for row in summary_rows(result, compared)]
    energy = [(f"of the energy: {row.name}", row.value, "", "") for row in energy_rows(result)]
    return Index(
        title=f"Training step: {headline(result)}",
        lead=machine_line(result),
        headings=headings,
        rows=tuple(row[: len(headings)] for row in (*summary, *energy)),
        failures=result.failures,
    )


def explore_index(facts: ExplorationFacts, front: pd.DataFrame) -> Index:
    """Return the small page of an exploration; ``front`` is as ``heddle.reports.front_table`` describes it."""
    objectives = ", ".join(map(objective_heading, facts.objectives))
    source = f"Accuracy is measured, not simulated: {facts.accuracy_source}. Designs of one sparsity share it"
    return Index(
        title=f"Design space: {facts.workload}, batch {facts.batch}, {facts.recipe} on {facts.board}",
        lead=f"{count(facts.points)} designs of the space “{facts.space}” evaluated, a whole training step each; "
        f"{count(len(front))} of them are on the Pareto front over {objectives}",
        headings=("figure", "value", "remark"),
        rows=(*_best_rows(facts, front), *_search_rows(facts)),
        notes=(source,) if facts.accuracy_source else (),
    )


def training_index(facts: TrainingFacts) -> Index:
    """Return the small page of a training run."""
    own = f"{facts.recipe} {facts.sparsity}".rstrip()
    headings = ("figure", own, *(("dense", AGAINST_DENSE) if facts.has_dense else ()))
    rows = [(row.name, row.value, row.dense, row.against_dense) for row in accuracy_rows(facts)]
    return Index(
        title=f"Training: {facts.model} on {facts.data}, {own}",
        lead=training_line(facts),
        headings=headings,
        rows=tuple(row[: len(headings)] for row in rows),
        notes=training_notes(facts),
    )


def write_index(index: Index, plots: Sequence[Path], folder: Path) -> Path:
    """Write the small page of the run in ``folder`` and return its path; of ``plots`` the SVG files are shown.

    Raises HeddleError when the page cannot be written.
    """
    html = render("index.html", index=index, plots=inline_plots(plots), report_name=REPORT_NAME, command=REPORT_COMMAND)
    return write_atomically(folder / INDEX_NAME, html.encode())


def _best_rows(facts: ExplorationFacts, front: pd.DataFrame) -> Iterator[Cells]:
    """For each objective its best value on the front, and the first design that has it."""
    for objective in facts.objectives if len(front) else ():
        row = front.iloc[int(objective_costs(front, objective).argmin())].to_dict()
        yield objective_best(objective), objective_cell(objective, row), short_name(row)


def _search_rows(facts: ExplorationFacts) -> Iterator[Cells]:
    yield "designs", count(facts.points), f"evaluated{evaluated(facts)}"
    if facts.points_per_second:  # 0 where all were evaluated earlier
        yield "designs a second", engineering(facts.points_per_second), ""
    for reason, number in facts.skipped.items():
        if number:
            yield "designs left out", count(number), reason
