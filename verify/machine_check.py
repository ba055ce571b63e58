"""A case of the whole machine, held against the instruction-set simulator: memory byte by byte, and its clocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.instructions import Compute
from heddle.dataflow.program.memory_image import Image
from heddle.hls.control.instruction import Stop
from heddle.sim.program.execute import execute
from heddle.sim.program.timing import ProgramTiming, time_program
from heddle.verify.machine import Machine, MachineRun, MemoryTiming
from heddle.verify.machine_cases import MachineCase, Prepared, drawn_cases
from heddle.verify.results import MachineVerdict

#: More clocks than a program takes: for each, for each instruction (a half of a buffer, a drawn latency), and for each
#: step of the array, whose left word takes up to twice M x R reads where memory stalls half of the time.
_MOST_CLOCKS, _MOST_INSTRUCTION_CLOCKS, _MOST_STEP_CLOCKS = 1_000_000, 100_000, 256


def simulated_time(prepared: Prepared, design: Design, timing: MemoryTiming) -> ProgramTiming | None:
    """Return what the simulator says that a program takes; None where memory stalls at random or a reset comes."""
    return None if timing.stall or timing.reset_clock else time_program(prepared.words, design, timing)


def judged(case: MachineCase, design: Design, board: Board, machine: Machine, rerun: str) -> MachineVerdict:
    """Run ``case`` on ``machine`` and by the instruction-set simulator. Raises HeddleError where it has no program."""
    prepared = case.prepared(design, board)
    time = simulated_time(prepared, design, case.timing)
    run: MachineRun | None = None
    try:
        run = machine.run(prepared.data, prepared.image, case.timing, _most_clocks(prepared, case.timing))
        problems = [f"stopped by {run.stop.name} at instruction {run.stop_number}"] if run.stop != Stop.NONE else []
    except HeddleError as error:  # the RTL broke a rule of AXI, wrote where it must not, or did not end
        problems = [str(error)]
    right = prepared.image.copy()
    execute(prepared.instructions, right, design)
    if run is not None:
        problems += _wrong_bytes(run.image, right)
    return MachineVerdict(
        name=case.name,
        bit_exact=run is not None and np.array_equal(run.image, right),
        rtl_cycles=run.cycles if run else None,
        sim_cycles=time.cycles if time else None,
        array_rtl_cycles=run.array_cycles if run else None,
        array_sim_cycles=time.array_cycles if time else None,
        stalls_rtl=run.stalls if run else None,
        stalls_sim=time.stalls if time else None,
        problems=tuple(problems),
        rerun=rerun,
    )


def drawn_verdicts(design: Design, programs: int, seed: int) -> Iterator[MachineVerdict]:
    """Compile ``design``'s machine, and yield the verdict on each of ``programs`` drawn ones, as it is had."""
    board = load_board(design.board)
    machine = Machine(design, board)
    for case in drawn_cases(design, board, programs, seed):
        yield judged(case, design, board, machine, "")


def _wrong_bytes(found: Image, right: Image) -> list[str]:
    wrong = np.flatnonzero(found != right)
    if not len(wrong):
        return []
    first = int(wrong[0])
    return [
        f"{len(wrong):,} of {len(right):,} bytes of memory differ; at 0x{first:x}: got 0x{found[first]:02x}, "
        f"expected 0x{right[first]:02x}"
    ]


def _most_clocks(prepared: Prepared, timing: MemoryTiming) -> int:
    """Clocks after which a program is taken to hang."""
    commands = [each.command for each in prepared.instructions if isinstance(each, Compute)]
    steps = sum(command.tiles * command.interval for command in commands)
    moves = len(prepared.instructions) * (_MOST_INSTRUCTION_CLOCKS * timing.beat_clocks + timing.latency_clocks)
    return _MOST_CLOCKS + moves + _MOST_STEP_CLOCKS * steps
