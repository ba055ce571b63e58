"""The offline scheduler: for every product of a step the mapping to run with, and what it was chosen over."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import DATAFLOWS, Dataflow, Design
from heddle.arch.errors import HeddleError
from heddle.arch.named_rows import NamedRows
from heddle.dataflow.choices import DataflowChoice, Minimise
from heddle.dataflow.kernel_rows import TILE_MAPPING, TileMappingRow, machine_row, product_rows, rates_row
from heddle.dataflow.mapping_choice import BY_TIME, Goal, goal_of
from heddle.dataflow.mapping_energy import act_energies, design_idle_watts
from heddle.dataflow.mapping_space import Best, best_mappings, kept_of
from heddle.dataflow.misfit import misfit_reason
from heddle.dataflow.step_items import Product, ProductPass, TrainingStep, WorkItem

if TYPE_CHECKING:  # takes a while to load, and only a frame needs it
    import pandas as pd


#: Products whose mappings are searched in one call of the kernel, which hears no Ctrl-C: a fraction of a second.
_PRODUCTS_A_CALL = 64

#: Called with how many of how many distinct products are scheduled.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class TileMapping:
    """A product's mapping with its predicted cost. Tiles in elements, cycles of the design's clock, DRAM bytes."""

    dataflow: Dataflow
    interleave_rows: int
    interleave_cols: int
    loop_order: str
    tile_m: int
    tile_n: int
    tile_k: int
    tiles_m: int
    tiles_n: int
    tiles_k: int
    cycles: float
    compute_cycles: float
    feed_cycles: float
    load_bytes: int
    store_bytes: int

    @property
    def interleave(self) -> int:
        """Outputs in rotation in one PE: 1 in WS, where partial sums move instead."""
        return self.interleave_rows * self.interleave_cols

    @property
    def dram_bytes(self) -> int:
        """DRAM bytes read and written."""
        return self.load_bytes + self.store_bytes


@dataclass(frozen=True)
class ProductSchedule:
    """A product and the mapping it runs with. ``best_by_dataflow`` holds the best of each dataflow."""

    product: Product
    mapping: TileMapping
    row: TileMappingRow
    best_by_dataflow: dict[Dataflow, TileMapping]


@dataclass(frozen=True)
class MappedProduct:
    """A product where it stands in a step, with its schedule."""

    layer: str
    pass_name: str
    entry: ProductSchedule


@dataclass(frozen=True)
class Failure:
    """A layer's pass that no mapping of the machine can run, and why."""

    layer: str
    pass_name: str
    reason: str


@dataclass(frozen=True)
class Schedule:
    """The mapping of every product of a step; passes in ``failures`` have none, all others do."""

    step: TrainingStep
    by_product: dict[Product, ProductSchedule]
    failures: tuple[Failure, ...]

    def of(self, item: ProductPass) -> tuple[ProductSchedule, ...]:
        """Return the schedules of a pass's products."""
        return tuple(self.by_product[product] for product in item.products)

    @cached_property
    def rows(self) -> NamedRows[MappedProduct]:
        """Every product in program order; a pass has several where a strided convolution's BP is split by phase."""
        return self.step.rows.each(self._mapped, "layer")

    def _mapped(self, item: WorkItem) -> list[MappedProduct]:
        if not isinstance(item, ProductPass):
            return []
        return [MappedProduct(item.layer, item.pass_name, entry) for entry in self.of(item)]

    def frame(self) -> pd.DataFrame:
        """Return a row a product (``rows``): its pass and sizes, and its mapping's dataflow, tiles and cost."""
        return self.rows.frame([_record(row) for row in self.rows.distinct])


def _record(row: MappedProduct) -> dict[str, Any]:
    product = row.entry.product
    sizes = {name: getattr(product, name) for name in ("m", "k", "n", "count")}
    sparsity = f"{product.keep_n}:{product.group_m}"
    return {"layer": row.layer, "pass": row.pass_name, **sizes, "sparsity": sparsity, **asdict(row.entry.mapping)}


def schedule_products(
    products: Sequence[Product],
    design: Design,
    board: Board,
    dataflow: DataflowChoice = "auto",
    minimise: Minimise = "time",
    progress: Progress | None = None,
) -> list[ProductSchedule | None]:
    """Return the mapping to choose for each product, None where not even the smallest tile fits."""
    machine = machine_row(with_dataflow(design, dataflow), board)
    shape = len(products), len(DATAFLOWS)
    best = Best(np.zeros(shape, TILE_MAPPING), np.zeros(shape), np.zeros(len(products), np.int64))
    rates, goal = rates_row(design, board)[0], _goal(minimise, design, board)
    rows, kept = product_rows(products), kept_of(1)
    for first in range(0, len(rows), _PRODUCTS_A_CALL):
        part = slice(first, first + _PRODUCTS_A_CALL)
        own = Best(best.rows[part], best.cycles[part], best.chosen[part])
        best_mappings(rows[part], machine, act_energies()[0], rates, goal, kept, own)
        if progress is not None:
            progress(min(part.stop, len(rows)), len(rows))
    found = zip(products, best.rows, best.cycles.tolist(), best.chosen.tolist(), strict=True)
    return [
        None if chosen < 0 else _product_schedule(product, rows, cycles, chosen)
        for product, rows, cycles, chosen in found
    ]


def _goal(minimise: Minimise, design: Design, board: Board) -> Goal:
    if minimise == "time":
        return BY_TIME
    return goal_of(minimise, design_idle_watts(design, board) / design.clock_hz)


def _product_schedule(product: Product, rows: np.ndarray, cycles: list[float], chosen: int) -> ProductSchedule:
    found = {
        name: _mapping(row, predicted)
        for name, row, predicted in zip(DATAFLOWS, rows, cycles, strict=True)
        if predicted < math.inf
    }
    return ProductSchedule(product, found[DATAFLOWS[chosen]], rows[chosen], found)


def with_dataflow(design: Design, dataflow: DataflowChoice) -> Design:
    """Return the design restricted to one dataflow; raises HeddleError if it does not support that one."""
    if dataflow == "auto":
        return design
    if dataflow not in design.array.dataflows:
        supported = ", ".join(design.array.dataflows)
        raise HeddleError(f"design {design.name!r} does not support dataflow {dataflow!r} (it supports: {supported})")
    return design.model_copy(update={"array": design.array.model_copy(update={"dataflows": (dataflow,)})})


def schedule_step(
    step: TrainingStep,
    design: Design,
    board: Board,
    dataflow: DataflowChoice = "auto",
    minimise: Minimise = "time",
    progress: Progress | None = None,
) -> Schedule:
    """Schedule every product of ``step``; what cannot be mapped is listed in ``failures``, the rest goes on.

    ``minimise`` is what mappings are chosen by: time (within a tolerance, then by bytes), bytes, energy or edp.
    ``progress`` hears of the distinct products as they are scheduled, and Ctrl-C is heard as often.
    Raises HeddleError where the design lacks the dataflow, or has operands of another width than the step's.

    >>> heddle.schedule(step, design, board).frame()["dataflow"].iloc[0]
    'os'
    """
    _check_operands(step, design)
    restricted = with_dataflow(design, dataflow)
    rows = step.rows
    wanted = distinct_products(step)
    found_all = schedule_products(wanted, restricted, board, minimise=minimise, progress=progress)
    schedules = dict(zip(wanted, found_all, strict=True))
    by_product: dict[Product, ProductSchedule] = {}
    reasons: dict[int, str] = {}
    for kind, item in enumerate(rows.distinct):
        if isinstance(item, ProductPass):
            found = {product: entry for product in item.products if (entry := schedules[product]) is not None}
            misfits = [product for product in item.products if product not in found]
            if misfits:
                reasons[kind] = misfit_reason(misfits[0], restricted)
            else:
                by_product.update(found)
    failed = np.isin(np.arange(len(rows.distinct)), list(reasons))[rows.which]
    failures = [
        Failure(item.layer, item.pass_name, reasons[kind])
        for item, kind in zip(rows.where(failed), rows.which[failed].tolist(), strict=True)
    ]
    return Schedule(replace(step, items=rows.where(~failed)), by_product, tuple(failures))


def distinct_products(step: TrainingStep) -> tuple[Product, ...]:
    """Return what of ``step`` is scheduled: each product once, however many passes run it."""
    passes = (item for item in step.rows.distinct if isinstance(item, ProductPass))
    return tuple({product: None for item in passes for product in item.products})


def _check_operands(step: TrainingStep, design: Design) -> None:
    own = design.numbers.operand_format
    if step.operand.width != own.width:
        raise HeddleError(
            f"the step is of {step.operand} elements ({step.operand.width} bits), but design {design.name!r} has {own} "
            f"operands ({own.width} bits); make the step with StepOptions(operand={own.name!r})"
        )


def _mapping(row: np.void, cycles: float) -> TileMapping:
    values = dict(zip(TILE_MAPPING.names or (), row.item(), strict=True))
    return TileMapping(
        dataflow="ws" if values["ws"] else "os",
        interleave_rows=values["interleave_rows"],
        interleave_cols=values["interleave_cols"],
        loop_order="nmk" if values["order"] else "mnk",
        tile_m=values["tile_m"],
        tile_n=values["tile_n"],
        tile_k=values["tile_k"],
        tiles_m=values["tiles_m"],
        tiles_n=values["tiles_n"],
        tiles_k=values["tiles_k"],
        cycles=cycles,
        compute_cycles=values["compute_cycles"],
        feed_cycles=values["feed_cycles"],
        load_bytes=int(values["load_bytes"]),
        store_bytes=int(values["store_bytes"]),
    )
