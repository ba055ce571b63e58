"""The offline scheduler: for every product of a step the fastest mapping, and what it was chosen over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from arch.boards import Board
from arch.design import Dataflow, Design
from arch.errors import HeddleError
from dataflow.mapping import MAX_MAPPINGS, fastest, mapping_cycles, mapping_frontier
from dataflow.products import Product, ProductPass, TrainingStep
from dataflow.tables import MAPPING, OS_BIT, WS_BIT, machine_row, product_rows, rates_row

DataflowChoice = Literal["auto", "os", "ws"]


@dataclass(frozen=True)
class Mapping:
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
    """A product and the mapping it runs with. ``best_by_dataflow`` holds the fastest of each dataflow."""

    product: Product
    mapping: Mapping
    row: np.void
    best_by_dataflow: dict[Dataflow, Mapping]


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


class Scheduler:
    """Schedules products on one design and board; equal products are scheduled once."""

    def __init__(self, design: Design, board: Board, dataflow: DataflowChoice = "auto") -> None:
        self._machine = machine_row(with_dataflow(design, dataflow))
        self._rates = rates_row(design, board)
        self._frontier = np.zeros(MAX_MAPPINGS, MAPPING)
        self._done: dict[Product, ProductSchedule | None] = {}

    def product(self, product: Product) -> ProductSchedule | None:
        """Return the fastest mapping of ``product``, or None when not even the smallest tile fits."""
        if product not in self._done:
            self._done[product] = self._search(product)
        return self._done[product]

    def _search(self, product: Product) -> ProductSchedule | None:
        row = product_rows([product])
        best: dict[Dataflow, tuple[Mapping, np.void]] = {}
        dataflows: tuple[tuple[Dataflow, int], ...] = (("os", OS_BIT), ("ws", WS_BIT))
        for dataflow, bit in dataflows:
            found = self._best_of(row, bit)
            if found is not None:
                best[dataflow] = found
        if not best:
            return None
        chosen, mapping_row = min(best.values(), key=lambda pair: (pair[0].cycles, pair[0].dram_bytes))
        return ProductSchedule(product, chosen, mapping_row, {name: pair[0] for name, pair in best.items()})

    def _best_of(self, product_row: np.ndarray, dataflow_bit: int) -> tuple[Mapping, np.void] | None:
        machine = self._machine.copy()
        machine["dataflows"] &= dataflow_bit
        count = mapping_frontier(product_row[0], machine[0], self._frontier)
        product, rates = product_row[0], self._rates[0]
        out_elements = float(product["count"] * product["m"] * product["n"])
        index = fastest(self._frontier, count, out_elements, product["group_m"], rates)
        if index < 0:
            return None
        row = self._frontier[index : index + 1].copy()[0]
        return _mapping(row, mapping_cycles(row, out_elements, product["group_m"], rates)), row


def with_dataflow(design: Design, dataflow: DataflowChoice) -> Design:
    """Return the design restricted to one dataflow; raises HeddleError if it does not support that one."""
    if dataflow == "auto":
        return design
    if dataflow not in design.array.dataflows:
        supported = ", ".join(design.array.dataflows)
        raise HeddleError(f"design {design.name!r} does not support dataflow {dataflow!r} (it supports: {supported})")
    return design.model_copy(update={"array": design.array.model_copy(update={"dataflows": (dataflow,)})})


def schedule_step(
    step: TrainingStep, design: Design, board: Board, dataflow: DataflowChoice = "auto"
) -> Schedule:
    """Schedule every product of ``step``; what cannot be mapped is listed in ``failures``, the rest goes on."""
    scheduler = Scheduler(design, board, dataflow)
    by_product: dict[Product, ProductSchedule] = {}
    failures, items = [], []
    for item in step.items:
        if isinstance(item, ProductPass):
            schedules = {product: scheduler.product(product) for product in item.products}
            misfits = [product for product, found in schedules.items() if found is None]
            if misfits:
                failures.append(Failure(item.layer, item.pass_name, _misfit_reason(misfits, design)))
                continue
            by_product.update({product: found for product, found in schedules.items() if found is not None})
        items.append(item)
    return Schedule(replace(step, items=tuple(items)), by_product, tuple(failures))


def _misfit_reason(misfits: Sequence[Product], design: Design) -> str:
    product, buffers = misfits[0], design.buffers
    return (
        f"the smallest tile of {product.m} x {product.k} x {product.n} exceeds half a buffer "
        f"(activation {buffers.activation_bytes}, weight {buffers.weight_bytes}, output {buffers.output_bytes} bytes)"
    )


def _mapping(row: np.void, cycles: float) -> Mapping:
    return Mapping(
        dataflow="ws" if row["ws"] else "os",
        interleave_rows=int(row["interleave_rows"]),
        interleave_cols=int(row["interleave_cols"]),
        loop_order="nmk" if row["order"] else "mnk",
        tile_m=int(row["tile_m"]),
        tile_n=int(row["tile_n"]),
        tile_k=int(row["tile_k"]),
        tiles_m=int(row["tiles_m"]),
        tiles_n=int(row["tiles_n"]),
        tiles_k=int(row["tiles_k"]),
        cycles=float(cycles),
        compute_cycles=float(row["compute_cycles"]),
        load_bytes=int(row["load_bytes"]),
        store_bytes=int(row["store_bytes"]),
    )
