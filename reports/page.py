"""The page of a run: one HTML file with its style, figures, tables and plots inside, readable without a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heddle.arch.design import Design
from heddle.arch.design_io import to_toml
from heddle.arch.run_dir import write_atomically
from heddle.reports.breakdown import cycles_by_engine, layer_rows, slowest, stall_cycles
from heddle.reports.front import (
    cost_order,
    objective_best,
    objective_cell,
    objective_costs,
    objective_heading,
    shared_text,
    short_name,
    split_columns,
    spread,
)
from heddle.reports.render import inline_plots, render
from heddle.reports.summary import (
    energy_rows,
    headline,
    machine_line,
    pass_text,
    size_text,
    speedup_over,
    summary_rows,
)
from heddle.reports.training_facts import (
    AGAINST_DENSE,
    TrainingFacts,
    accuracy_rows,
    seed_rows,
    training_line,
    training_notes,
)
from heddle.sim.result import StepResult
from heddle.sim.stalls import stall_text

if TYPE_CHECKING:
    import pandas as pd

MAX_DESIGNS = 100


@dataclass(frozen=True)
class ExploreFacts:
    """What an exploration's page says of the run.

    ``points`` were evaluated, ``skipped`` counts the others by reason, ``resumed_points`` of the points came
    from an earlier run; ``seconds`` is this run's wall time and ``points_per_second`` its rate. ``accuracy_source``
    says whose the accuracies are, where the front has any.
    """

    workload: str
    batch: int
    recipe: str
    board: str
    space: str
    objectives: tuple[str, ...]
    points: int
    skipped: Mapping[str, int]
    seconds: float
    points_per_second: float
    resumed_points: int = 0
    accuracy_source: str = ""


def write_simulate_page(result: StepResult, dense: StepResult | None, plots: Sequence[Path], path: Path) -> Path:
    """Write the page of one simulated step to ``path`` and return it.

    ``dense`` is the same step with nothing pruned; without it (or when it is ``result`` itself) nothing is
    compared. Of ``plots`` the SVG files are shown. Raises HeddleError when the page cannot be written.
    """
    return _write(path, "simulate.html", plots=inline_plots(plots), **_step_values(result, dense))


def write_explore_page(
    facts: ExploreFacts,
    front: pd.DataFrame,
    design_of: Callable[[int], Design],
    best: StepResult | None,
    plots: Sequence[Path],
    path: Path,
) -> Path:
    """Write the page of an exploration to ``path`` and return it.

    ``front`` is as ``heddle.reports.front`` describes it and ``design_of`` gives the design of one of its rows; at most
    MAX_DESIGNS of them, spread evenly, are shown. ``best`` is the step on the front's first design, or None.
    """
    return _write(
        path,
        "explore.html",
        facts=facts,
        objectives=[objective_heading(objective) for objective in facts.objectives],
        headline_costs=_best_values(front, facts.objectives),
        front=_front_values(front, facts.objectives, design_of),
        plots=inline_plots(plots),
        step=_step_values(best, None) if best else None,
    )


def write_training_page(facts: TrainingFacts, plots: Sequence[Path], path: Path) -> Path:
    """Write the page of a training run to ``path`` and return it.

    Of ``plots`` the SVG files are shown. Raises HeddleError when the page cannot be written.
    """
    return _write(
        path,
        "training.html",
        facts=facts,
        title=training_line(facts),
        against_dense=AGAINST_DENSE,
        notes=training_notes(facts),
        rows=accuracy_rows(facts),
        seeds=seed_rows(facts),
        plots=inline_plots(plots),
    )


def _write(path: Path, template: str, **values: Any) -> Path:
    return write_atomically(path, render(template, **values).encode())


def _step_values(result: StepResult, dense: StepResult | None) -> dict[str, Any]:
    """What the templates say of one step, as numbers and short texts."""
    compared = dense if dense is not result else None
    return {
        "result": result,
        "title": headline(result),
        "machine": machine_line(result),
        "clock_hz": result.design.clock_hz,
        "speedup": speedup_over(result, compared) if compared else None,
        "summary": summary_rows(result, compared),
        "energy": energy_rows(result),
        "engines": cycles_by_engine(result),
        "stalls": {stall_text(cause): cycles for cause, cycles in stall_cycles(result).items()},
        "layers": layer_rows(result),
        "passes": [(item, pass_text(item), size_text(item)) for item in slowest(result, len(result.passes))],
        "toml": to_toml(result.design),
    }


def _best_values(front: pd.DataFrame, objectives: Sequence[str]) -> list[tuple[str, str, str]]:
    """For each objective: what its best value is called, that value on the front, and the first design that has it."""
    best = []
    for objective in objectives if len(front) else ():
        row = front.iloc[int(objective_costs(front, objective).argmin())].to_dict()
        best.append((objective_best(objective), objective_cell(objective, row), short_name(row)))
    return best


def _front_values(front: pd.DataFrame, objectives: Sequence[str], design_of: Callable[[int], Design]) -> dict[str, Any]:
    columns, costs = split_columns(front)[0], cost_order(front, objectives)
    rows, shown = front.to_dict("records"), spread(len(front), MAX_DESIGNS)
    return {
        "size": len(front),
        "shared": shared_text(front),
        "design_headings": [column.heading for column in columns],
        "cost_headings": [objective_heading(cost) for cost in costs],
        "rows": [
            {
                "index": index,
                "name": short_name(rows[index]),
                "design": [column.cell(rows[index]) for column in columns],
                "costs": [objective_cell(cost, rows[index]) for cost in costs],
                "toml": to_toml(design_of(index)),
            }
            for index in shown
        ],
    }
