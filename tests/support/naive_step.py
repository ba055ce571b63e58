"""A step row by row: what files and tables hold where nothing is made only once for equal layers."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np

from heddle.arch.design import SparsityConfig
from heddle.arch.named_rows import NamedRows, Row
from heddle.arch.names import csv_text
from heddle.dataflow.network import Network
from heddle.dataflow.recipes import Recipe
from heddle.dataflow.step_items import WorkItem
from heddle.dataflow.training import StepOptions, training_step
from heddle.sim.result import COLUMNS, TEXT, StepResult


def ungrouped(rows: NamedRows[Row]) -> NamedRows[Row]:
    """The same rows, each a distinct one of its own."""
    return NamedRows(rows.field, tuple(rows), np.arange(len(rows)), list(rows.row_names()), np.arange(len(rows)))


def naive_items(
    network: Network, recipe: Recipe, sparsity: SparsityConfig, options: StepOptions
) -> tuple[WorkItem, ...]:
    """The items of a step, each layer planned in a network of its own."""
    steps = [training_step(Network("n", "test", (layer,)), recipe, sparsity, options).items for layer in network.layers]
    forward = [item for items in steps for item in items if item.pass_name == "ff"]
    return (*forward, *(item for items in reversed(steps) for item in items if item.pass_name != "ff"))


def naive_records(result: StepResult) -> list[dict[str, Any]]:
    """A record a pass, by the names of the columns."""
    causes = sorted({cause for item in result.passes for cause in item.stall_cycles})
    return [
        {name: _cell(item, name, result.design.clock_hz) for name in COLUMNS}
        | {f"stall_{cause}_cycles": item.stall_cycles.get(cause, 0.0) for cause in causes}
        for item in result.passes
    ]


def naive_csv(result: StepResult) -> str:
    """The text of the passes' CSV file."""
    records = naive_records(result)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]) if records else COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(record | {name: csv_text(record[name]) for name in TEXT} for record in records)
    return text.getvalue()


def _cell(item: Any, name: str, clock_hz: float) -> Any:
    if name == "time_s":
        return item.cycles / clock_hz
    return getattr(item, {"pass": "pass_name"}.get(name, name))
