"""Every component can be elaborated again: nothing of the first time is left in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from amaranth.lib import wiring
from samples import TINY

from heddle.arch.design_io import override
from heddle.arch.formats import FP16
from heddle.hls.array.core import ArrayCore
from heddle.hls.array.uspe import Uspe
from heddle.hls.fp.units import Units
from heddle.hls.lanes.block_update import BlockUpdate
from heddle.hls.lanes.sore import SoreLane
from heddle.hls.lanes.wuve import SGD, Wuve
from heddle.hls.memory.buffer import BufferSlice, DoubleBuffer, SliceSize
from heddle.hls.modules import rtlil_of
from heddle.hls.stream.delay import DelayLine, StepDelay
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.queue import Queue
from heddle.hls.stream.transpose import Transposer

SMALL = override(TINY, {"array.rows": 2, "array.cols": 2})
OVER_TWO_DIES = override(SMALL, {"array.slr_cuts": [1]})

MADE: dict[str, Callable[[], wiring.Component]] = {
    "array": lambda: ArrayCore(SMALL),
    "block update": lambda: BlockUpdate(SGD, 1, 2, Units(operand=FP16)),
    "buffer": lambda: DoubleBuffer(80, 300, "block", read_latency=4),
    "array over two dies": lambda: ArrayCore(OVER_TWO_DIES),
    "delay line": lambda: DelayLine(5, 3),
    "fork": lambda: Fork(8, 2),
    "PE": lambda: Uspe(SMALL),
    "queue": lambda: Queue(8, 3),
    "slice": lambda: BufferSlice(SliceSize(8, 4, "ultra")),
    "SORE lane": lambda: SoreLane(1, 2),
    "step delay": lambda: StepDelay(8, 3),
    "transposer": lambda: Transposer(2),
    "WUVE": lambda: Wuve(SGD, lanes=2),
}


@pytest.mark.parametrize("name", MADE)
def test_a_second_elaboration_gives_the_same(name: str) -> None:
    component = MADE[name]()
    first = rtlil_of(component, "top")
    assert rtlil_of(component, "top") == first == rtlil_of(MADE[name](), "top")
