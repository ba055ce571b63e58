"""The rows of a step's tables as text: its schedule and its passes, for the terminal and for the page."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.dataflow.scheduler import MappedProduct, ProductSchedule, Schedule, TileMapping
from heddle.reports.breakdown import slowest
from heddle.reports.summary import pass_text, size_text
from heddle.reports.units import bytes_, count, engineering, factor, joules, percent, seconds
from heddle.sim.result import StepResult


@dataclass(frozen=True)
class ScheduleRow:
    """A product's mapping as text; ``instead`` is what the other dataflow would have taken."""

    layer: str
    pass_text: str
    size: str
    dataflow: str
    interleave: str
    order: str
    tile: str
    tiles: str
    cycles: str
    instead: str


@dataclass(frozen=True)
class PassRow:
    """A pass of the step as text."""

    layer: str
    pass_text: str
    size: str
    interleave: str
    time: str
    share: str
    utilisation: str
    dram: str
    energy: str


def schedule_rows(schedule: Schedule, limit: int | None = None) -> tuple[ScheduleRow, ...]:
    """Return the mapping of every product, in the program's order; of the first ``limit`` where it is given."""
    return tuple(_schedule_row(row) for row in schedule.rows[:limit])


def pass_rows(result: StepResult, limit: int | None = None) -> tuple[PassRow, ...]:
    """Return the step's passes, the slowest first, at most ``limit`` of them where it is given."""
    clock_hz = result.design.clock_hz
    return tuple(
        PassRow(
            layer=item.layer,
            pass_text=pass_text(item),
            size=size_text(item),
            interleave=str(item.interleave) if item.on_array else "",
            time=seconds(item.cycles / clock_hz),
            share=percent(item.cycles / result.cycles) if result.cycles else percent(0.0),
            utilisation=percent(item.utilisation) if item.on_array else "",
            dram=bytes_(item.dram_bytes),
            energy=joules(item.energy_j),
        )
        for item in slowest(result, len(result.passes) if limit is None else limit)
    )


def _schedule_row(row: MappedProduct) -> ScheduleRow:
    product, mapping = row.entry.product, row.entry.mapping
    times = f"{count(product.count)} × " if product.count > 1 else ""
    return ScheduleRow(
        layer=row.layer,
        pass_text=row.pass_name.upper(),
        size=f"{times}{product.m}×{product.k}×{product.n}",
        dataflow=mapping.dataflow.upper(),
        interleave=f"{mapping.interleave_rows}×{mapping.interleave_cols}",
        order=mapping.loop_order,
        tile=f"{mapping.tile_m}×{mapping.tile_k}×{mapping.tile_n}",
        tiles=f"{mapping.tiles_m}×{mapping.tiles_k}×{mapping.tiles_n}",
        cycles=engineering(mapping.cycles),
        instead=_instead(row.entry, mapping),
    )


def _instead(entry: ProductSchedule, chosen: TileMapping) -> str:
    others = [mapping for name, mapping in entry.best_by_dataflow.items() if name != chosen.dataflow]
    return f"{others[0].dataflow.upper()} {factor(others[0].cycles / chosen.cycles)}" if others else ""
