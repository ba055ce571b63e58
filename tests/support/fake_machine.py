"""A machine that carries programs out by the instruction-set simulator: for tests of what is around the RTL."""

from __future__ import annotations

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.program_file import read_program
from heddle.dataflow.program.memory_image import Image
from heddle.hls.array.command import Cause
from heddle.hls.control.instruction import Stop
from heddle.sim.program.execute import execute
from heddle.verify.machine import MachineRun, MemoryTiming


class FakeMachine:
    """As ``heddle.verify.machine.Machine``; ``wrong_bytes``, ``stop`` and ``hangs`` are its faults."""

    wrong_bytes = 0
    stop = Stop.NONE
    hangs = False
    timings: list[MemoryTiming]

    def __init__(self, design: Design, board: Board) -> None:
        self.design = design
        type(self).timings = []

    def run(self, program: bytes, image: Image, timing: MemoryTiming, most_clocks: int) -> MachineRun:
        self.timings.append(timing)
        if self.hangs:
            raise HeddleError("the machine's model ended with 3: clock 9: the machine is still busy")
        after = image.copy()
        execute(read_program(program, self.design), after, self.design)
        after[: self.wrong_bytes] ^= 1
        return MachineRun(
            image=after,
            cycles=30,
            stop=self.stop,
            stop_number=5,
            array_cause=Cause.NONE,
            array_cycles=10,
            stalls={"fill": 20},
            stop_clock=None,
            stop_at_once=self.stop,
            busy_at_stop=False,
            error_master="",
            error_address=0,
        )
