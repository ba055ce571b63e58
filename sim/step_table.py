"""A training step as arrays: its distinct products, and its items in program order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heddle.dataflow.kernel_rows import product_rows
from heddle.dataflow.step_items import Product, ProductPass, TrainingStep, VectorPass

ARRAY, VECTOR, UPDATE = 0, 1, 2

#: One row an item. Array items name their products as ``refs[first_ref:end_ref]``, indices of distinct products.
ITEM = np.dtype(
    [(name, np.int64) for name in ("kind", "first_ref", "end_ref", "group_m")]
    + [(name, np.float64) for name in ("read_bytes", "write_bytes", "lane_elements", "sore_elements", "weights")]
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
    rows: list[tuple[float, ...]] = []
    for item in step.items:
        first_ref = len(refs)
        if isinstance(item, ProductPass):
            refs.extend(index.setdefault(product, len(index)) for product in item.products)
            rows.append((ARRAY, first_ref, len(refs), 1, 0, 0, 0, 0, 0))
        elif isinstance(item, VectorPass):
            moved, work = (item.read_bytes, item.write_bytes), (item.lane_elements, item.sore_elements, 0)
            rows.append((VECTOR, first_ref, first_ref, item.group_m, *moved, *work))
        else:
            moved, work = (item.read_bytes, item.write_bytes), (0, item.sore_elements, item.weights)
            rows.append((UPDATE, first_ref, first_ref, item.group_m, *moved, *work))
    distinct = tuple(index)
    return StepTable(step, distinct, product_rows(distinct), np.array(rows, ITEM), np.array(refs, np.int64))
