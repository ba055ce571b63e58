"""The blocks of a whole machine around its array and its left feeder, each by itself, as calibration maps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from amaranth.lib import wiring

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.hls.array.stce import sums_layout
from heddle.hls.control.dispatch import Dispatch
from heddle.hls.feed.prepare import Prepare
from heddle.hls.feed.right_feeder import RightFeeder
from heddle.hls.feed.sums import PartialFeeder, ResultWriter
from heddle.hls.memory.group_buffer import GroupBuffer
from heddle.hls.memory.half_buffer import HalfBuffer
from heddle.hls.memory.sharing import SharedBuffer
from heddle.hls.system.fetch import Fetch
from heddle.hls.system.load_unit import LoadUnit
from heddle.hls.system.registers import Registers
from heddle.hls.system.shape import MachineShape
from heddle.hls.system.store_unit import StoreUnit

#: What a design's digest may be. It is only compared, and read as a register's value; with one digest for all designs,
#: blocks that are alike otherwise are mapped once.
_DIGEST = 0x0123_4567_89AB_CDEF_FEDC_BA98_7654_3210


def blocks(design: Design, board: Board) -> Mapping[str, Callable[[], wiring.Component]]:
    """Return what makes each block of ``design``'s machine, by its kind in the calibration's data."""
    shape = MachineShape(design)
    addresses, rams = shape.addresses, shape.rams(board)
    array, group_m = design.array, design.sparsity.m
    return {
        "group_buffer": lambda: GroupBuffer(
            shape.group, shape.left_groups, shape.lanes, design.buffers.group_ports, rams.activation
        ),
        "values_buffer": lambda: HalfBuffer(shape.values, shape.right_words, rams.weight),
        "indices_buffer": lambda: HalfBuffer(shape.indices, shape.right_words, rams.weight),
        "sums_buffer": lambda: SharedBuffer(sums_layout(design), shape.out_words, rams.output),
        "prepare": lambda: Prepare(array, group_m),
        "right_feeder": lambda: RightFeeder(design, addresses.right),
        "partial_feeder": lambda: PartialFeeder(design, addresses.out),
        "result_writer": lambda: ResultWriter(design, addresses.out),
        "dispatch": lambda: Dispatch(group_m),
        "registers": lambda: Registers(_DIGEST),
        "store_unit": lambda: StoreUnit(design, shape),
        "load_unit": lambda: LoadUnit(design, shape),
        "fetch": lambda: Fetch(shape.port, _DIGEST),
    }
