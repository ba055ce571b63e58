"""The document of ``heddle synth``, by whichever tool: what the design takes, by module, and whether it fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.fit import usable
from heddle.arch.resources import RESOURCE_NAMES, resources_by_module
from heddle.hls.names import ARRAY_MODULE
from heddle.synth.nextpnr import PlacedElement
from heddle.synth.result import Synthesis, Usage
from heddle.synth.vivado.reports import Slack, TimingReport, UtilisationReport, VivadoReports

Amounts = Mapping[str, float | None]


@dataclass(frozen=True)
class Synthesised:
    """A design by yosys, with the checks that were asked for; ``flat`` is the array mapped as one block."""

    design: Design
    board: Board
    found: Synthesis
    flat: Usage | None
    placed: PlacedElement | None


def synthesis_json(made: Synthesised) -> dict[str, Any]:
    """Return the document of a synthesis by yosys. Totals are of the parts that have RTL."""
    found, total = made.found, asdict(made.found.total)
    rest = estimated(made.design, made.board, found.missing)
    return {
        **total,
        "fits": fits_with(total, rest, made.board),
        "tool": found.tool,
        "design": made.design.model_dump(mode="json"),
        "board": made.board.name,
        "modules": [
            {"name": module.name, "part": module.part, "count": module.count, **asdict(module.each)}
            for module in found.modules
        ],
        "stages": [asdict(stage) for stage in found.stages],
        "covers": list(found.covers),
        "missing": list(found.missing),
        "estimated": rest,
        "flat_array": asdict(made.flat) if made.flat else None,
        "placed_pe": asdict(made.placed) if made.placed else None,
        "notes": list(notes(made)),
    }


def notes(made: Synthesised) -> tuple[str, ...]:
    """Return what a reader must know of the figures."""
    return (
        f"{', '.join(made.found.missing)} have no RTL: their estimates stand beside, and count in whether it fits",
        "stage times are by Artix-7 arcs without routing and without those of DSP slices: they compare stages, and "
        "are no clock of the board",
    )


def vivado_json(design: Design, board: Board, reports: VivadoReports, missing: tuple[str, ...]) -> dict[str, Any]:
    """Return the document of a run of Vivado. Totals are of the core as routed; None where a report says nothing."""
    utilisation, timing = last_routed(reports)
    total: Amounts = {name: _used(utilisation, name) for name in RESOURCE_NAMES}
    rest = estimated(design, board, missing)
    return {
        **total,
        "fits": fits_with(total, rest, board),
        "tool": _vivado_name(utilisation),
        "design": design.model_dump(mode="json"),
        "board": board.name,
        "modules": _core_json(total),
        "hierarchy": [asdict(module) for report in reports.hierarchy[-1:] for module in report.modules],
        "timing": _timing_json(timing) if timing else None,
        "power": [{"total_w": report.total_w, "confidence": report.confidence} for report in reports.power[-1:]],
        "unread": [f"{entry.path}: {entry.section}: {entry.reason}" for entry in reports.unread],
        "covers": ["array"],
        "missing": list(missing),
        "estimated": rest,
    }


def last_routed(reports: VivadoReports) -> tuple[UtilisationReport | None, TimingReport | None]:
    """Return utilisation and timing of the furthest state: routed before synthesised."""
    return (
        max(reports.utilisation, key=lambda report: _progress(report.header.design_state), default=None),
        max(reports.timing, key=lambda report: _progress(report.header.design_state or report.path.name), default=None),
    )


def _progress(state: str) -> int:
    words = ("synth", "opt", "placed", "route")
    return max((index for index, word in enumerate(words) if word in state.casefold()), default=-1)


def estimated(design: Design, board: Board, missing: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """Return what the resource model says of the parts that were not synthesised, by part."""
    parts = resources_by_module(design, board)
    return {name: asdict(parts[name]) for name in missing}


def fits_with(total: Amounts, rest: Mapping[str, Mapping[str, int]], board: Board) -> bool | None:
    """Return whether all of it is within what ``board`` can give; None where an amount is not known."""
    if any(amount is None for amount in total.values()):
        return None
    return all(
        float(total[name] or 0) + sum(part[name] for part in rest.values()) <= usable(board, name)
        for name in RESOURCE_NAMES
    )


def _vivado_name(report: UtilisationReport | None) -> str:
    """Vivado with its version, which a report's head gives as "Vivado v.2021.2 (lin64)" and the like."""
    version = report.header.tool_version if report else ""
    return version if version.startswith("Vivado") else f"Vivado {version}".strip()


def _core_json(total: Amounts) -> list[dict[str, Any]]:
    """The core as a module in the shape of yosys'; none where an amount is not known."""
    known = {name: amount for name, amount in total.items() if amount is not None}
    if len(known) < len(total):
        return []
    amounts = {name: amount if name == "bram36" else int(amount) for name, amount in known.items()}
    return [{"name": ARRAY_MODULE, "part": "array", "count": 1, **amounts}]


def _used(report: UtilisationReport | None, name: str) -> float | None:
    use = getattr(report, name) if report else None
    return use.used if use else None


def _timing_json(report: TimingReport) -> dict[str, Any]:
    return {
        "met": report.met,
        "setup": _slack_json(report.setup),
        "hold": _slack_json(report.hold),
        "clocks": [asdict(clock) for clock in report.clocks],
    }


def _slack_json(slack: Slack) -> dict[str, Any]:
    return asdict(slack)
