"""``schedule.json``, which ``heddle schedule --json`` prints too: the mapping of every product, in program order."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.dataflow.scheduler import ProductSchedule, Schedule, TileMapping
from heddle.dataflow.step_items import ProductPass
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
    def of(cls, item: ProductPass, entry: ProductSchedule) -> Self:
        """Return the entry of a product of ``item``."""
        product, chosen = entry.product, MappingEntry.of(entry.mapping)
        others = [other for name, other in entry.best_by_dataflow.items() if name != entry.mapping.dataflow]
        return cls(
            layer=item.layer,
            pass_name=item.pass_name,
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
    """What ``heddle schedule`` found."""

    design: Design
    workload: str
    batch: int
    recipe: str
    sparsity: str
    passes: tuple[ProductEntry, ...]
    failures: tuple[FailureEntry, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, schedule: Schedule, work: StepWork) -> Self:
        """Return the document of ``work``'s schedule."""
        step = schedule.step
        items = [item for item in step.items if isinstance(item, ProductPass)]
        return cls(
            design=work.design,
            workload=step.network,
            batch=step.batch,
            recipe=step.recipe,
            sparsity=step.sparsity,
            passes=tuple(ProductEntry.of(item, entry) for item in items for entry in schedule.of(item)),
            failures=failure_entries(schedule.failures),
            notes=work.notes,
        )
