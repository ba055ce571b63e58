"""The page of a comparison: one HTML file with tables and bars, readable without a network or a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from heddle.arch.design import Design
from heddle.arch.design_io import to_toml
from heddle.arch.run_dir import write_atomically
from heddle.reports.render import render
from heddle.reports.review.chart_modules import RESOURCE_HEADINGS
from heddle.reports.review.compare import Comparison, ResourceRow, TimeRow, ratio_text
from heddle.reports.runs.hardware import model_notes
from heddle.reports.units import count, engineering, percent, seconds

#: Most passes that are shown; those that differ most come first.
MAX_PASSES = 60
#: Far below a clock cycle: what two sums of the same times differ by.
_NO_TIME_S = 1e-12


@dataclass(frozen=True)
class ResourceCells:
    """A resource as text: what each takes, and its share of what can be used."""

    name: str
    a: str
    share_a: str
    b: str
    share_b: str
    ratio: str


@dataclass(frozen=True)
class TimeCells:
    """Times as text; ``a_share`` and ``b_share``, of the longest time, are the lengths of their bars (0 to 1)."""

    layer: str
    pass_name: str
    a: str
    b: str
    ratio: str
    difference: str
    a_share: float
    b_share: float


def write_comparison(comparison: Comparison, path: Path) -> Path:
    """Write the page of ``comparison`` to ``path`` and return it; raises HeddleError when it cannot be written."""
    html = render(
        "compare.html",
        a=comparison.a,
        b=comparison.b,
        machine_a=_machine(comparison.a.design),
        machine_b=_machine(comparison.b.design),
        ran=_ran(comparison),
        changed=comparison.changed,
        conditions=comparison.conditions,
        figures=[(row.name, *row.cells) for row in comparison.figures],
        model=tuple(dict.fromkeys((*model_notes(comparison.a.design), *model_notes(comparison.b.design)))),
        resources=[_resource_cells(row) for row in comparison.resources],
        fits=[(comparison.a.name, comparison.fit_a), (comparison.b.name, comparison.fit_b)],
        layers=list(_time_cells(comparison.layers)),
        passes=list(_time_cells(comparison.passes[:MAX_PASSES])),
        all_passes=len(comparison.passes),
        designs=[(side.name, to_toml(side.design)) for side in (comparison.a, comparison.b)],
    )
    return write_atomically(path, html.encode())


def _ran(comparison: Comparison) -> str:
    """What both sides ran, in a line; empty where they ran nothing, or not the same."""
    conditions = comparison.a.conditions
    if comparison.conditions or not conditions or not comparison.b.conditions:
        return ""
    return f"A step of {conditions['workload']}, batch {conditions['batch']}, {conditions['recipe']}, on the engines"


def _machine(design: Design) -> str:
    array, channels = design.array, design.memory.channels
    plural = "s" if channels > 1 else ""
    clock = engineering(design.clock_hz, "Hz")
    return f"{array.rows} × {array.cols} PEs at {clock}, {channels} DRAM channel{plural}"


def _resource_cells(row: ResourceRow) -> ResourceCells:
    shares = (_share(row.a, row.usable_a), _share(row.b, row.usable_b))
    amounts = count(row.a), count(row.b)
    return ResourceCells(
        RESOURCE_HEADINGS[row.resource], amounts[0], shares[0], amounts[1], shares[1], ratio_text(row.ratio)
    )


def _share(used: int, usable: int) -> str:
    return percent(used / usable) if usable else ""


def _time_cells(rows: Sequence[TimeRow]) -> Iterator[TimeCells]:
    longest = max((max(row.a_s or 0.0, row.b_s or 0.0) for row in rows), default=0.0) or 1.0
    for row in rows:
        yield TimeCells(
            layer=row.layer,
            pass_name=row.pass_name,
            a="" if row.a_s is None else seconds(row.a_s),
            b="" if row.b_s is None else seconds(row.b_s),
            ratio=ratio_text(row.ratio),
            difference=_signed(row.difference_s),
            a_share=(row.a_s or 0.0) / longest,
            b_share=(row.b_s or 0.0) / longest,
        )


def _signed(difference_s: float) -> str:
    if abs(difference_s) < _NO_TIME_S:
        return "0 s"
    return f"{'−' if difference_s < 0 else '+'}{seconds(abs(difference_s))}"
