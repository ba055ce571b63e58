"""A training step as arrays: its distinct products and items, and the items in program order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.named_rows import Places
from heddle.arch.records import Rows, record_dtype, rows_of
from heddle.dataflow.kernel_rows import product_rows
from heddle.dataflow.step_items import Product, ProductPass, TrainingStep, UpdatePass, VectorPass

#: What an item keeps busy.
ARRAY, VECTOR, UPDATE = range(3)


class ItemRow(TypedDict):
    """An item. Those of the array name their products as ``refs[first_ref:end_ref]``, indices of distinct products."""

    kind: int
    first_ref: int
    end_ref: int
    group_m: int
    read_bytes: float
    write_bytes: float
    lane_elements: float
    sore_elements: float
    weights: float


ITEM = record_dtype(ItemRow)


@dataclass(frozen=True)
class StepTable:
    """A step's distinct products (PRODUCT rows) and distinct items (ITEM rows), and its items in program order.

    Item i is ``kinds[order[i]]``; ``refs`` are product indices.
    """

    step: TrainingStep
    distinct: tuple[Product, ...]
    products: Rows
    kinds: Rows
    order: Places
    refs: npt.NDArray[np.int64]

    @cached_property
    def items(self) -> Rows:
        """The ITEM row of every item, in program order."""
        return self.kinds[self.order]

    @cached_property
    def uses(self) -> npt.NDArray[np.int64]:
        """How often each distinct product stands in the step."""
        times = np.bincount(self.order, minlength=len(self.kinds))
        uses = np.zeros(len(self.distinct), np.int64)
        np.add.at(uses, self.refs, np.repeat(times, self.kinds["end_ref"] - self.kinds["first_ref"]))
        return uses


def step_table(step: TrainingStep) -> StepTable:
    """Return ``step`` as arrays; equal products, wherever they stand, become one row."""
    index: dict[Product, int] = {}
    refs: list[int] = []
    rows: list[ItemRow] = []
    for item in step.rows.distinct:
        first_ref = len(refs)
        if isinstance(item, ProductPass):
            refs.extend(index.setdefault(product, len(index)) for product in item.products)
            rows.append({**_NO_STREAM, "kind": ARRAY, "first_ref": first_ref, "end_ref": len(refs)})
        else:
            rows.append({**_stream_row(item), "first_ref": first_ref, "end_ref": first_ref})
    distinct = tuple(index)
    references = np.array(refs, np.int64)
    return StepTable(step, distinct, product_rows(distinct), rows_of(ITEM, rows), step.rows.which, references)


_NO_STREAM: ItemRow = {
    "kind": ARRAY,
    "first_ref": 0,
    "end_ref": 0,
    "group_m": 1,
    "read_bytes": 0,
    "write_bytes": 0,
    "lane_elements": 0,
    "sore_elements": 0,
    "weights": 0,
}


def _stream_row(item: VectorPass | UpdatePass) -> ItemRow:
    stream: ItemRow = {
        **_NO_STREAM,
        "group_m": item.group_m,
        "read_bytes": item.read_bytes,
        "write_bytes": item.write_bytes,
        "sore_elements": item.sore_elements,
    }
    if isinstance(item, UpdatePass):
        return {**stream, "kind": UPDATE, "weights": item.weights}
    return {**stream, "kind": VECTOR, "lane_elements": item.lane_elements}
