"""Sizes of the machine that a design asks for: its memory port, and the words and halves of its buffers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from amaranth.lib import data

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.formats import FP32
from heddle.arch.nm import index_bits
from heddle.arch.port_parts import PortParts
from heddle.hls.array.links import raw_group_layout
from heddle.hls.axi.channels import AxiShape
from heddle.hls.feed.compute_unit import HalfAddresses
from heddle.hls.memory.buffer_shape import BLOCK_WORDS, RamKind, ram_kind
from heddle.hls.memory.half_buffer import address_bits, half_address


@dataclass(frozen=True)
class BufferRams:
    """The kind of RAM block that each buffer of the machine stands in."""

    activation: RamKind
    weight: RamKind
    output: RamKind


@dataclass(frozen=True)
class MachineShape:
    """Layouts and sizes of ``design``'s buffers.

    A half holds whole groups, or whole words of the array's columns, as the instruction-set simulator counts them.
    """

    design: Design

    @cached_property
    def port(self) -> AxiShape:
        """The memory port; a burst has at most 256 beats, less than a channel's 4 KiB where they are narrow.

        Raises ValueError where memory is not striped over a power of two of channels.
        """
        parts = PortParts.of(self.design)
        return AxiShape(parts.word_bytes, page_bytes=parts.page_bytes, channels=parts.channels)

    @property
    def lanes(self) -> int:
        """Activation groups in a bus word."""
        return self.port.data_bytes // (self.design.sparsity.m * self.design.numbers.operand_format.width_bytes)

    @property
    def left_groups(self) -> int:
        """Groups in half of the activation buffer."""
        group_bytes = self.design.sparsity.m * self.design.numbers.operand_format.width_bytes
        return self.design.buffers.activation_bytes // 2 // group_bytes

    @property
    def left_bank_words(self) -> int:
        """Groups of a half in each of the banks that groups are put into, and read from, at once."""
        return -(-self.left_groups // max(self.lanes, self.design.buffers.group_ports))

    @property
    def right_words(self) -> int:
        """Words of the array's columns in half of the weight buffer, each element with its index."""
        lane_bits = self.design.numbers.operand_format.width + index_bits(self.design.sparsity.m)
        return self.design.buffers.weight_bytes // 2 // -(-self.design.array.cols * lane_bits // 8)

    @property
    def out_words(self) -> int:
        """Words of the array's columns in half of the output buffer."""
        return self.design.buffers.output_bytes // 2 // (self.design.array.cols * FP32.width_bytes)

    @property
    def addresses(self) -> HalfAddresses:
        """Bits of an address in each buffer."""
        halves = (self.left_groups, self.right_words, self.out_words)
        return HalfAddresses(*(address_bits(words) for words in halves))

    def rams(self, board: Board) -> BufferRams:
        """Return the RAMs of the buffers on ``board``: UltraRAM for a large one, where its banks are deep enough."""
        return BufferRams(
            activation=_deep_enough("activation", self.design.buffers.activation_bytes, self.left_bank_words, board),
            weight=_deep_enough("weight", self.design.buffers.weight_bytes, self.right_words, board),
            output=_deep_enough("output", self.design.buffers.output_bytes, self.out_words, board),
        )

    @property
    def group(self) -> data.ArrayLayout:
        """An activation group."""
        return raw_group_layout(self.design)

    @property
    def values(self) -> data.ArrayLayout:
        """The values of a weight word."""
        return data.ArrayLayout(self.design.numbers.operand_format.width, self.design.array.cols)

    @property
    def indices(self) -> data.ArrayLayout:
        """The indices of a weight word."""
        return data.ArrayLayout(index_bits(self.design.sparsity.m), self.design.array.cols)

    @property
    def put_groups(self) -> data.StructLayout:
        """What is put into the activation buffer."""
        several = data.ArrayLayout(self.group, self.lanes)
        at = half_address(self.left_groups)
        return data.StructLayout({"at": at, "groups": several, "count": range(self.lanes + 1)})

    @property
    def put_values(self) -> data.StructLayout:
        """What is put into the weight buffer's plane of values."""
        return data.StructLayout({"at": half_address(self.right_words), "word": self.values})

    @property
    def put_indices(self) -> data.StructLayout:
        """What is put into the weight buffer's plane of indices."""
        return data.StructLayout({"at": half_address(self.right_words), "word": self.indices})


def _deep_enough(part: str, capacity_bytes: int, half_words: int, board: Board) -> RamKind:
    """Block RAM where a half is less than half of what it has in an UltraRAM: most of that would stand empty."""
    return ram_kind(part, capacity_bytes, board) if 4 * half_words >= BLOCK_WORDS["ultra"] else "block"
