"""Sizes and layouts of what passes through the left feeder, from a design."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from amaranth.lib import data

from heddle.arch.command_rules import interleave_choices
from heddle.arch.design import Design
from heddle.arch.isa import GROUP_SLOTS_BITS
from heddle.arch.left_feed import os_chunk_groups
from heddle.hls.array.links import group_layout, raw_group_layout
from heddle.hls.layout import below


@dataclass(frozen=True)
class LeftShape:
    """How ``design`` feeds its array from the west (``heddle.arch.left_feed`` says what a chunk is)."""

    design: Design

    @property
    def rows(self) -> int:
        """Rows of the array."""
        return self.design.array.rows

    @property
    def group_m(self) -> int:
        """Elements of a group."""
        return self.design.sparsity.m

    @property
    def ports(self) -> int:
        """Groups of a read."""
        return self.design.buffers.group_ports

    @property
    def held_groups(self) -> int:
        """OS: groups of a chunk, turned of a read (``heddle.arch.left_feed``): R at most."""
        return os_chunk_groups(self.rows, self.ports) if "os" in self.design.array.dataflows else 1

    @property
    def outputs(self) -> int:
        """OS: the most outputs along rows of a PE, each of which has words of its own."""
        array = self.design.array
        return array.interleave // min(interleave_choices(array)) if "os" in array.dataflows else 1

    @property
    def stored_groups(self) -> data.ArrayLayout:
        """What a read gives."""
        return data.ArrayLayout(raw_group_layout(self.design), self.ports)

    @property
    def groups(self) -> data.ArrayLayout:
        """The same with its operands recoded, as they pass through the feeder."""
        return data.ArrayLayout(group_layout(self.design), self.ports)

    @cached_property
    def chunk(self) -> data.StructLayout:
        """The words of a chunk: each output's for each slot of each group, those of the last group counted apart."""
        return data.StructLayout(
            {
                "groups": range(self.held_groups + 1),
                "slots": GROUP_SLOTS_BITS,
                "last_slots": GROUP_SLOTS_BITS,
                "last_output": below(self.outputs),
            }
        )

    @cached_property
    def part(self) -> data.StructLayout:
        """What a read is for: the rows of the array whose groups it has.

        Row r of the word has, of the read's groups, number (``first`` + r) / ``group_slots`` - ``offset``, if that is
        one of the first ``groups``, and r is below ``rows``.
        """
        return data.StructLayout(
            {
                "by_row": 1,  # OS: a read is for one row, and its groups are of words that follow each other
                "turned": 1,  # M reads, of a pixel each, make the groups
                "at_once": 1,  # turned, WS: all rows have the same element of their pixels, ``element``
                "is_empty": 1,  # turned, OS: no row of the word is in the tile
                "element": range(self.group_m),
                "group_slots": GROUP_SLOTS_BITS,
                "first": range(self.group_m),
                "offset": range(self.rows + 1),
                "groups": range(self.ports + 1),
                "rows": range(self.rows + 1),
                "ends_group": 1,  # turned: the last of the M reads; else every read
                "ends_word": 1,  # the rows of the word are complete
                "ends_chunk": 1,
                "chunk": self.chunk,
            }
        )

    @cached_property
    def placed(self) -> data.StructLayout:
        """The same, and which groups of the read lie in the map: the others are zeros of the padding."""
        return data.StructLayout({**{name: self.part[name].shape for name, _ in self.part}, "in_map": self.ports})

    @cached_property
    def laying(self) -> data.StructLayout:
        """The same with the rows spelt out: which ones, and which of the read's groups each has."""
        return data.StructLayout(
            {
                **{
                    name: self.placed[name].shape
                    for name in ("in_map", "by_row", "turned", "at_once", "is_empty", "element", "group_slots", "first")
                },
                "rows": self.rows,
                "lanes": data.ArrayLayout(below(self.ports), self.rows),
                **{name: self.part[name].shape for name in ("ends_group", "ends_word", "ends_chunk", "chunk")},
            }
        )

    @cached_property
    def lay(self) -> data.StructLayout:
        """What is laid into rows in a clock: groups, the rows, and which of the groups each takes."""
        return data.StructLayout(
            {
                "groups": self.groups,
                "rows": self.rows,
                "lanes": data.ArrayLayout(below(self.ports), self.rows),
                "by_row": 1,
                "ends_word": 1,
                "ends_chunk": 1,
                "chunk": self.chunk,
            }
        )
