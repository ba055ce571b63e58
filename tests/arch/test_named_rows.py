"""Rows that differ in nothing but names: a plain sequence to whoever walks over them."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.arch.named_rows import NamedRows, first_rows, first_seen, sum_in_order


@dataclass(frozen=True)
class Shape:
    name: str
    size: int


@dataclass(frozen=True)
class Part:
    number: int
    owner: str


SHAPES = st.lists(st.builds(Shape, st.sampled_from("abc"), st.integers(0, 3))).map(tuple)


@given(shapes=SHAPES)
def test_they_are_the_sequence_that_they_were_made_of(shapes: tuple[Shape, ...]) -> None:
    rows = NamedRows.of(shapes, "name")
    assert rows == shapes
    assert shapes == rows
    assert tuple(rows) == shapes
    assert tuple(reversed(rows)) == shapes[::-1]
    assert [rows[at] for at in range(-len(shapes), len(shapes))] == [*shapes, *shapes]
    assert rows[1:] == shapes[1:]
    assert (hash(rows), repr(rows)) == (hash(shapes), repr(shapes))
    assert list(rows.row_names()) == [shape.name for shape in shapes]
    assert pickle.loads(pickle.dumps(rows)) == rows


@given(shapes=SHAPES)
def test_equal_rows_stand_once_in_the_order_in_which_they_come(shapes: tuple[Shape, ...]) -> None:
    rows = NamedRows.of(shapes, "name")
    sizes = [shape.size for shape in shapes]
    assert [row.size for row in rows.distinct] == list(dict.fromkeys(sizes))
    assert rows.counts == [sizes.count(row.size) for row in rows.distinct]
    assert rows.sum_of(lambda row: row.size) == sum(sizes)
    assert rows.spread(lambda row: row.size).tolist() == sizes


@given(shapes=SHAPES, data=st.data())
def test_some_of_them_and_changed_ones(shapes: tuple[Shape, ...], data: st.DataObject) -> None:
    rows = NamedRows.of(shapes, "name")
    kept = data.draw(st.lists(st.booleans(), min_size=len(shapes), max_size=len(shapes)))
    some = rows.where(np.array(kept, np.bool_))
    assert some == tuple(shape for shape, keep in zip(shapes, kept, strict=True) if keep)
    assert {row.size for row in some.distinct} == {shape.size for shape in some}
    assert rows.map(lambda row: replace(row, size=-row.size)) == tuple(replace(row, size=-row.size) for row in shapes)


def test_rows_of_this_form_are_not_made_again_and_others_differ() -> None:
    rows = NamedRows.of((Shape("a", 1), Shape("b", 1)), "name")
    assert NamedRows.of(rows, "name") is rows
    assert rows != (Shape("a", 1),)
    assert rows != (Shape("a", 1), Shape("c", 1))
    assert rows != "ab"
    with pytest.raises(IndexError):
        rows[2]


@given(shapes=SHAPES)
def test_text_is_that_of_the_name_and_of_the_row(shapes: tuple[Shape, ...]) -> None:
    rows = NamedRows.of(shapes, "name")
    pieces = rows.text(rows.names, [f"={row.size};" for row in rows.distinct])
    assert "".join(pieces) == "".join(f"{shape.name}={shape.size};" for shape in shapes)


def test_first_places() -> None:
    order, places = first_seen(np.array([5, 2, 5, 0, 2], np.int32))
    assert (order, places.tolist()) == ([5, 2, 0], [0, 1, 0, 2, 1])
    assert first_rows(places).tolist() == [0, 1, 3]
    assert first_seen(np.zeros(0, np.int32))[0] == []


@given(st.lists(st.floats(-1e9, 1e9)))
def test_a_sum_in_order_is_that_of_one_after_another(values: list[float]) -> None:
    total = 0.0
    for value in values:
        total += value
    assert sum_in_order(np.array(values)) == total


@given(shapes=SHAPES)
def test_parts_of_rows_there_and_back(shapes: tuple[Shape, ...]) -> None:
    def parts(row: Shape) -> list[Part]:
        return [Part(number, "") for number in range(row.size)]

    rows = NamedRows.of(shapes, "name")
    there = [Part(number, shape.name) for shape in shapes for number in range(shape.size)]
    back = [Part(number, shape.name) for shape in reversed(shapes) for number in range(shape.size)]
    backwards = rows.backwards()
    assert backwards == shapes[::-1]
    assert rows.each(parts, "owner").followed_by(backwards.each(parts, "owner")) == (*there, *back)


def test_a_frame_has_a_row_for_each() -> None:
    rows = NamedRows.of((Shape("a", 2), Shape("b", 1), Shape("c", 2)), "name")
    frame = rows.frame([{"name": "", "size": row.size} for row in rows.distinct])
    assert frame.to_dict("list") == {"name": ["a", "b", "c"], "size": [2, 1, 2]}
