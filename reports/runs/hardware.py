"""Utilisation by module: as ``heddle synth`` counted it where it did, and by the model where it did not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from heddle.arch.boards import Board
from heddle.arch.calibration.ranges import calibration_line, extrapolations, machine_calibration_line
from heddle.arch.design import Design
from heddle.arch.resource_model import CALIBRATED, CALIBRATED_ARRAY, CALIBRATED_MACHINE
from heddle.arch.resources import RESOURCE_NAMES, resources_by_module
from heddle.reports.review.content import HardwarePart, ModuleRow, StageRow
from heddle.reports.runs.documents.synthesis import YosysSynthesis, read_synthesis_document
from heddle.synth.yosys.sources import shown_name

CALIBRATED_SOURCE, ESTIMATE_SOURCE = "calibrated model", "uncalibrated estimate"


@dataclass(frozen=True)
class SavedSynthesis:
    """What a ``synth.json`` holds, and the design that it is of."""

    design: Design
    tool: str
    modules: tuple[ModuleRow, ...]
    stages: tuple[StageRow, ...]
    notes: tuple[str, ...]


def read_synthesis(path: Path) -> SavedSynthesis:
    """Return the synthesis that a ``synth.json`` holds; raises HeddleError for a damaged file."""
    found = read_synthesis_document(path)
    stages, notes = (found.stages, found.notes) if isinstance(found, YosysSynthesis) else ((), ())
    source = "Vivado" if found.tool.startswith("Vivado") else "yosys"
    return SavedSynthesis(
        found.design,
        found.tool,
        tuple(
            ModuleRow(
                shown_name(each.name),
                each.part,
                each.count,
                {name: getattr(each, name) for name in RESOURCE_NAMES},
                source,
            )
            for each in found.modules
        ),
        tuple(StageRow(shown_name(each.module), each.start, each.end, each.relative) for each in stages),
        notes,
    )


def hardware_part(design: Design, board: Board, synthesis: SavedSynthesis | None) -> HardwarePart:
    """Return what the parts of ``design`` take: those that ``synthesis`` covers as counted there, others estimated.

    ``amounts`` are those of one module; a part is there once.
    """
    rows: list[ModuleRow] = []
    modules = synthesis.modules if synthesis else ()
    counted = {name: _of_part(modules, name) for name in dict.fromkeys(module.parent for module in modules)}
    for name, estimate in resources_by_module(design, board).items():
        if name not in counted:
            amounts = {resource: float(amount) for resource, amount in asdict(estimate).items()}
            rows.append(ModuleRow(name, "", 1, amounts, CALIBRATED_SOURCE if name in CALIBRATED else ESTIMATE_SOURCE))
            continue
        rows += _counted_rows(name, counted.pop(name))
    for name, members in counted.items():
        rows += _counted_rows(name, members)
    if synthesis is None:
        return HardwarePart(tuple(rows), (), model_notes(design))
    return HardwarePart(tuple(rows), synthesis.stages, (f"Counted by {synthesis.tool}.", *synthesis.notes))


def model_notes(design: Design) -> tuple[str, ...]:
    """Return what the resource model is calibrated on, and where ``design`` lies outside of it."""
    return (
        f"{', '.join(CALIBRATED_ARRAY)}: {calibration_line()}; {', '.join(CALIBRATED_MACHINE)}: "
        f"{machine_calibration_line()}; the other parts are estimates.",
        *(f"Extrapolated: {line}." for line in extrapolations(design)),
    )


def _of_part(modules: Sequence[ModuleRow], part: str) -> tuple[ModuleRow, ...]:
    return tuple(module for module in modules if module.parent == part)


def _counted_rows(part: str, modules: Sequence[ModuleRow]) -> Iterator[ModuleRow]:
    """A part that was synthesised, then the modules that add up to it."""
    totals = {name: sum(module.count * module.amounts[name] for module in modules) for name in RESOURCE_NAMES}
    yield ModuleRow(part, "", 1, totals, modules[0].source)
    yield from modules
