"""The whole machine in Verilator: a program on a memory image, as the RTL carries it out.

``verify/cpp/accelerator.cpp`` is its bench: a memory of fixed latency and bandwidth that stalls at random, and that
checks what AXI asks of a master.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.instructions import PAGE_BYTES
from heddle.dataflow.program.memory_image import Image
from heddle.hls.control.instruction import Stop
from heddle.hls.emit import Rtl, emit_rtl
from heddle.hls.generate import accelerator_blocks, check_accelerator
from heddle.verify.verilator import build_program

_MAIN = Path(__file__).resolve().parent / "cpp" / "accelerator.cpp"


@dataclass(frozen=True)
class MemoryTiming:
    """Memory as the bench has it (docs/accelerator.md, *Memory, as bench and simulator have it*).

    ``latency_clocks`` from a request to its first beat, or from the last beat to its response; all masters together
    move a beat each ``beat_clocks``. ``stall``: chance in 256 that a channel does nothing in a clock, by ``seed``. In
    ``reset_clock`` (0: never) machine and memory are reset, and the program is started anew.
    """

    latency_clocks: int = 40
    beat_clocks: int = 1
    stall: int = 0
    seed: int = 0
    reset_clock: int = 0


@dataclass(frozen=True)
class MachineRun:
    """What a program did: the image after it, the clocks that it took, and why it was stopped, if it was.

    ``array_cycles`` are the clocks in which the array took a command or a step of one; ``stalls`` are all others, by
    what the array waited for.
    """

    image: Image
    cycles: int
    stop: Stop
    stop_number: int
    array_cycles: int
    stalls: Mapping[str, int]


def machine_rtl(design: Design, board: Board) -> Rtl:
    """Return the accelerator as Verilog, the PE once; raises HeddleError for a design that has none."""
    check_accelerator(design)
    accelerator, element = accelerator_blocks(design, board)
    return emit_rtl(accelerator, [element])


class Machine:
    """The compiled model of a design's accelerator."""

    def __init__(self, design: Design, board: Board) -> None:
        """Raises HeddleError as ``heddle.verify.verilator.build_program`` does."""
        self._beat_bytes = design.memory.axi_bits // 8
        self._program = build_program(machine_rtl(design, board), _MAIN)

    def run(self, program: bytes, image: Image, timing: MemoryTiming, most_clocks: int = 5_000_000) -> MachineRun:
        """Carry out ``program`` on a copy of ``image``; its bytes stand behind the image, at the next page.

        Raises HeddleError where it is still busy after ``most_clocks``, breaks a rule of AXI or changes the program.
        """
        address = -(-len(image) // PAGE_BYTES) * PAGE_BYTES
        padding = np.zeros(address - len(image), np.uint8)
        whole = np.concatenate([image, padding, np.frombuffer(program, np.uint8)])
        with tempfile.TemporaryDirectory(prefix="heddle-machine-") as folder:
            path = Path(folder) / "image.bin"
            whole.tofile(path)
            numbers = (address, self._beat_bytes, timing.latency_clocks, timing.beat_clocks, timing.stall, timing.seed)
            command = [str(self._program), str(path), *map(str, (*numbers, most_clocks, timing.reset_clock))]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise HeddleError(f"the machine's model ended with {done.returncode}: {done.stderr.strip()}")
            after = np.fromfile(path, np.uint8)
        if not np.array_equal(after[len(image) :], whole[len(image) :]):
            raise HeddleError("the machine wrote beyond the program's tensors")
        facts = json.loads(done.stdout)
        return MachineRun(
            after[: len(image)],
            facts["cycles"],
            Stop(facts["stop"]),
            facts["stop_number"],
            facts["array"],
            facts["stalls"],
        )
