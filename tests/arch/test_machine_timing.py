"""The clocks of the machine around the array are those of the RTL's components."""

from __future__ import annotations

import inspect

import pytest

from heddle.arch import machine_timing as timing
from heddle.arch.design_io import load_design, override
from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.cutter import Cutter
from heddle.hls.axi.packer import packing_clocks
from heddle.hls.axi.place_walk import PlaceWalk
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.requester import Requester
from heddle.hls.axi.rotator import rotation_clocks
from heddle.hls.axi.write_engine import WriteEngine
from heddle.hls.control.dispatch import Dispatch
from heddle.hls.feed.left_address import LeftAddress
from heddle.hls.feed.left_hold import LeftHold
from heddle.hls.feed.left_rows import LeftRows
from heddle.hls.feed.prepare import Prepare
from heddle.hls.gear.left import GroupSpread
from heddle.hls.gear.right import RightGearbox, WordCollector
from heddle.hls.gear.rows import RowCuts
from heddle.hls.gear.store import StoreShape
from heddle.hls.memory.answers import Answers
from heddle.hls.memory.group_buffer import GroupBuffer
from heddle.hls.modules import rtlil_of
from heddle.hls.stream.queue import Queue
from heddle.hls.stream.ram_queue import RamQueue
from heddle.hls.stream.transpose import Transposer
from heddle.hls.system.shape import MachineShape
from heddle.sim.machine.shape import machine_shape
from heddle.verify.machine import MemoryTiming

PLACE_BITS = 24


def test_each_latency_is_that_of_its_component() -> None:
    assert Queue.latency == timing.QUEUE_CYCLES
    assert RamQueue.latency == timing.RAM_QUEUE_CYCLES
    assert PlaceWalk.latency - PLACE_BITS == timing.WALK_CYCLES
    assert (Requester.latency, Requester.beat_latency) == (timing.REQUEST_CYCLES, timing.BEAT_CYCLES)
    assert WriteEngine.done_latency == timing.STORE_DONE_CYCLES
    assert RowCuts.latency == timing.CUT_CYCLES
    assert Cutter.latency == timing.CUTTER_CYCLES
    assert (GroupSpread.latency, WordCollector.latency) == (timing.SPREAD_CYCLES, timing.COLLECT_CYCLES)
    assert (LeftRows.latency, LeftHold.latency) == (timing.LEFT_ROWS_CYCLES, timing.LEFT_HOLD_CYCLES)
    assert Transposer.latency == timing.LEFT_TURN_CYCLES
    assert (Prepare.latency, LeftAddress.latency) == (timing.PREPARE_CYCLES, timing.LEFT_ADDRESS_CYCLES)


def test_each_depth_is_that_of_its_component() -> None:
    assert inspect.signature(Dispatch).parameters["in_flight"].default == timing.ENGINE_INSTRUCTIONS
    for engine in (ReadEngine, WriteEngine):
        assert inspect.signature(engine).parameters["most_outstanding"].default == timing.OUTSTANDING_BURSTS
    answers = Answers(8, timing.BUFFER_CYCLES - 1)
    rtlil_of(answers, "answers")  # elaborated, as whatever is made must be
    assert answers.queue.depth == timing.BUFFER_ANSWERS


@pytest.mark.parametrize("data_bytes", [4, 8, 16, 32, 64, 128])
def test_bytes_are_rotated_and_packed_in_the_clocks_of_the_rtl(data_bytes: int) -> None:
    assert timing.rotation_cycles(data_bytes) == rotation_clocks(data_bytes // 2)
    assert timing.packing_cycles(data_bytes) == packing_clocks(AxiShape(data_bytes, page_bytes=512))


@pytest.mark.parametrize("changes", [{}, {"array.rows": 3, "array.cols": 5}, {"memory.axi_bits": 512}])
def test_sizes_of_a_machine_are_those_of_the_rtl(changes: dict[str, int]) -> None:
    design = override(load_design("tiny"), changes)
    shape, sizes = MachineShape(design), machine_shape(design, MemoryTiming())
    stored = StoreShape(design.array.cols, design.numbers.operand_format, shape.port)
    assert (sizes.word_bytes, sizes.page_bytes) == (shape.port.data_bytes, shape.port.page_bytes)
    assert sizes.queue_beats == timing.OUTSTANDING_BURSTS * shape.port.page_beats
    assert sizes.lanes == shape.lanes
    assert (sizes.narrow_part, sizes.wide_part) == (stored.narrow_part, stored.wide_part)
    for bits, part in ((sizes.element_bits, sizes.value_part), (sizes.index_bits, sizes.index_part)):
        gearbox = RightGearbox(design.array.cols, bits, shape.port)
        rtlil_of(gearbox, "gearbox")
        assert part == gearbox.part


@pytest.mark.parametrize("ports", [1, 2, 4, 8, 16, 32])
def test_the_groups_of_a_read_are_turned_in_the_clocks_of_the_rtl(ports: int) -> None:
    buffer = GroupBuffer(8, 64, 2, ports)
    rtlil_of(buffer, "buffer")
    assert timing.BUFFER_CYCLES + timing.group_turn_cycles(ports) == buffer.latency
