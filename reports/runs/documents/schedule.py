"""``schedule.json``, which ``heddle schedule --json`` prints too: the mapping of every product, in program order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import Field

from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.arch.json_rows import named_list_text
from heddle.dataflow.scheduler import MappedProduct, Schedule, TileMapping
from heddle.dataflow.work import StepWork
from heddle.reports.runs.documents.step import FailureEntry, failure_entries

_DECIMALS = 3


class Interleave(Document):
    """Outputs in rotation in one PE, by axis."""

    rows: int
    cols: int


class Sizes(Document):
    """Of a tile in elements, or how many tiles."""

    m: int
    k: int
    n: int


class MappingEntry(Document):
    """A mapping with its predicted cost (``heddle.dataflow.scheduler.TileMapping``)."""

    dataflow: str
    interleave: Interleave
    loop_order: str
    tile: Sizes
    tiles: Sizes
    cycles: float
    compute_cycles: float
    dram_bytes: int

    @classmethod
    def of(cls, mapping: TileMapping) -> Self:
        """Return the entry of a mapping."""
        return cls(
            dataflow=mapping.dataflow,
            interleave=Interleave(rows=mapping.interleave_rows, cols=mapping.interleave_cols),
            loop_order=mapping.loop_order,
            tile=Sizes(m=mapping.tile_m, k=mapping.tile_k, n=mapping.tile_n),
            tiles=Sizes(m=mapping.tiles_m, k=mapping.tiles_k, n=mapping.tiles_n),
            cycles=round(mapping.cycles, _DECIMALS),
            compute_cycles=round(mapping.compute_cycles, _DECIMALS),
            dram_bytes=mapping.dram_bytes,
        )


class ProductEntry(Document):
    """A product of a pass, the mapping chosen, and the best one of the other dataflow.

    A pass has several products where a strided convolution's BP is split by phase.
    """

    layer: str
    pass_name: str = Field(validation_alias="pass", serialization_alias="pass")
    m: int
    k: int
    n: int
    count: int
    sparsity: str
    dataflow: str
    interleave: Interleave
    loop_order: str
    tile: Sizes
    tiles: Sizes
    cycles: float
    compute_cycles: float
    dram_bytes: int
    chosen_over: MappingEntry | None

    @classmethod
    def of(cls, row: MappedProduct) -> Self:
        """Return the entry of a product."""
        entry = row.entry
        product, chosen = entry.product, MappingEntry.of(entry.mapping)
        others = [other for name, other in entry.best_by_dataflow.items() if name != entry.mapping.dataflow]
        return cls(
            layer=row.layer,
            pass_name=row.pass_name,
            m=product.m,
            k=product.k,
            n=product.n,
            count=product.count,
            sparsity=f"{product.keep_n}:{product.group_m}",
            dataflow=chosen.dataflow,
            interleave=chosen.interleave,
            loop_order=chosen.loop_order,
            tile=chosen.tile,
            tiles=chosen.tiles,
            cycles=chosen.cycles,
            compute_cycles=chosen.compute_cycles,
            dram_bytes=chosen.dram_bytes,
            chosen_over=MappingEntry.of(others[0]) if others else None,
        )


class ScheduleDocument(Document):
    """What ``heddle schedule`` found (``schedule_text``)."""

    design: Design
    workload: str
    batch: int
    recipe: str
    sparsity: str
    passes: tuple[ProductEntry, ...]
    failures: tuple[FailureEntry, ...]
    notes: tuple[str, ...]


def schedule_text(schedule: Schedule, work: StepWork) -> Iterator[str]:
    """Yield the text of the ScheduleDocument of ``work``'s schedule in pieces; only distinct entries are made."""
    step, rows = schedule.step, schedule.rows
    without_passes = ScheduleDocument(
        design=work.design,
        workload=step.network,
        batch=step.batch,
        recipe=step.recipe,
        sparsity=step.sparsity,
        passes=(),
        failures=failure_entries(schedule.failures),
        notes=work.notes,
    )
    entries = [ProductEntry.of(row).model_dump(mode="json", by_alias=True) for row in rows.distinct]
    yield from named_list_text(without_passes.text(), "passes", "layer", rows, entries)
