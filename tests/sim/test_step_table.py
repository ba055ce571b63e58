"""A step as arrays: every item a row, equal products one row."""

from __future__ import annotations

from hypothesis import given, settings
from samples import conv, network_of, step_of, steps

from heddle.dataflow.step_items import ProductPass, TrainingStep, UpdatePass
from heddle.sim.step_table import ARRAY, UPDATE, VECTOR, step_table


@settings(max_examples=40, deadline=None)
@given(step=steps())
def test_references_lead_back_to_the_products(step: TrainingStep) -> None:
    table = step_table(step)
    assert len(set(table.distinct)) == len(table.distinct) == len(table.products)
    for item, row in zip(step.items, table.items, strict=True):
        products = tuple(table.distinct[ref] for ref in table.refs[row["first_ref"] : row["end_ref"]])
        assert products == (item.products if isinstance(item, ProductPass) else ())


@settings(max_examples=40, deadline=None)
@given(step=steps())
def test_streams_keep_their_bytes_and_elements(step: TrainingStep) -> None:
    for item, row in zip(step.items, step_table(step).items, strict=True):
        if isinstance(item, ProductPass):
            assert row["kind"] == ARRAY
            continue
        assert row["kind"] == (UPDATE if isinstance(item, UpdatePass) else VECTOR)
        assert (row["read_bytes"], row["write_bytes"]) == (item.read_bytes, item.write_bytes)
        assert (row["sore_elements"], row["group_m"]) == (item.sore_elements, item.group_m)
        lanes = "weights" if isinstance(item, UpdatePass) else "lane_elements"
        assert row[lanes] == getattr(item, lanes)


def test_equal_layers_share_their_products() -> None:
    step = step_of(network_of(conv(name="a", channels=(8, 16)), conv(name="b", channels=(8, 16))))
    assert len(step_table(step).distinct) == 3
    assert len(step_table(step).refs) == 3
    assert step_table(step).uses.tolist() == [2, 2, 2]
