"""The sections of the hardware, as a page's template takes them: use of the board, and critical stages."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.resources import RESOURCE_NAMES
from heddle.reports.review.chart_modules import RESOURCE_HEADINGS, modules_figure, resource_uses
from heddle.reports.review.content import HardwarePart, StageRow
from heddle.reports.review.hardware_rows import ModuleText, module_texts, sources, total_texts
from heddle.reports.review.vega import Figure
from heddle.reports.units import count


@dataclass(frozen=True)
class HardwareView:
    """What the parts take of the board: texts in the order of ``headings``, and where each part's come from.

    ``capacity`` is what the board has and ``usable`` what can be used of it.
    """

    headings: tuple[str, ...]
    modules: tuple[ModuleText, ...]
    totals: tuple[str, ...]
    shares: tuple[str, ...]
    capacity: tuple[str, ...]
    usable: tuple[str, ...]
    sources: tuple[tuple[str, tuple[str, ...]], ...]
    stages: tuple[StageRow, ...]
    notes: tuple[str, ...]
    figure: Figure | None


def hardware_view(part: HardwarePart, board: Board) -> HardwareView | None:
    """Return the use of the board as the page shows it; None where nothing was counted."""
    if not part.rows:
        return None
    uses = resource_uses(part.rows, board)
    totals, shares = total_texts(part.rows, board)
    return HardwareView(
        headings=tuple(RESOURCE_HEADINGS[name] for name in RESOURCE_NAMES),
        modules=module_texts(part.rows),
        totals=totals,
        shares=shares,
        capacity=tuple(count(use.available) for use in uses),
        usable=tuple(count(use.usable) for use in uses),
        sources=sources(part.rows),
        stages=part.stages,
        notes=part.notes,
        figure=modules_figure(part.rows, board),
    )
