"""Layouts of the RTL from the fields of ``heddle.arch.isa``: one definition of an instruction for both."""

from __future__ import annotations

from amaranth.hdl import ShapeLike, signed, unsigned
from amaranth.lib import data

from heddle.arch.isa import Encoded, Field


def layout_of(kind: type[Encoded]) -> data.StructLayout:
    """Return the layout of ``kind``'s word: its fields in their order, nested ones as layouts."""
    return data.StructLayout({field.name: _shape(field) for field in kind.fields()})


def below(count: int) -> range:
    """Return the numbers of a counter of ``count``: one more where that is 1, as Verilog has no vector of no bits."""
    return range(max(2, count))


def _shape(field: Field) -> ShapeLike:
    if field.inner is not None:
        return layout_of(field.inner)
    return signed(field.width) if field.signed else unsigned(field.width)
