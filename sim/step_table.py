"""A training step as arrays: its distinct products, and its items in program order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataflow.products import Product, ProductPass, TrainingStep, UpdatePass, VectorPass
from dataflow.tables import product_rows

ARRAY, VECTOR, UPDATE = 0, 1, 2

#: One row an item. Array items name their products as ``refs[first_ref:end_ref]``, indices of distinct products.
ITEM = np.dtype(
    [(name, np.int64) for name in ("kind", "first_ref", "end_ref", "group_m")]
    + [
        (name, np.float64)
        for name in ("read_bytes", "write_bytes", "lane_elements", "sore_elements", "weights")
    ]
)


@dataclass(frozen=True)
class StepTable:
    """``products`` (PRODUCT rows, distinct), ``items`` (ITEM rows, program order), ``refs`` (product indices)."""

    step: TrainingStep
    distinct: tuple[Product, ...]
    products: np.ndarray
    items: np.ndarray
    refs: np.ndarray


def step_table(step: TrainingStep) -> StepTable:
    """Return ``step`` as arrays; equal products, wherever they stand, become one row."""
    index: dict[Product, int] = {}
    refs: list[int] = []
    items = np.zeros(len(step.items), ITEM)
    for row, item in zip(items, step.items, strict=True):
        row["first_ref"] = len(refs)
        if isinstance(item, ProductPass):
            row["kind"] = ARRAY
            refs.extend(index.setdefault(product, len(index)) for product in item.products)
        elif isinstance(item, VectorPass):
            row["kind"] = VECTOR
            _fill(row, item, ("read_bytes", "write_bytes", "lane_elements", "sore_elements", "group_m"))
        else:
            row["kind"] = UPDATE
            _fill(row, item, ("read_bytes", "write_bytes", "sore_elements", "group_m", "weights"))
        row["end_ref"] = len(refs)
    distinct = tuple(index)
    return StepTable(step, distinct, product_rows(distinct), items, np.array(refs, np.int64))


def _fill(row: np.void, item: VectorPass | UpdatePass, names: tuple[str, ...]) -> None:
    for name in names:
        row[name] = getattr(item, name)
