"""The whole machine in Verilator: a program on a memory image, as the RTL carries it out.

``verify/cpp/accelerator.cpp`` is its bench: a host at the registers, and a memory of fixed latency and bandwidth that
stalls at random, and that checks what AXI asks of a master.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.instructions import PAGE_BYTES
from heddle.arch.memory_clocks import MemoryClocks
from heddle.arch.port_parts import PortParts
from heddle.dataflow.program.memory_image import Image
from heddle.hls.array.command import Cause
from heddle.hls.control.compute_waits import WAITS
from heddle.hls.control.instruction import Stop
from heddle.hls.emit import Rtl, emit_rtl
from heddle.hls.generate import accelerator_blocks, check_accelerator
from heddle.hls.register_header import REGISTER_HEADER_NAME, register_header
from heddle.hls.system.top import MASTERS
from heddle.verify.verilator import build_program

_MAIN = Path(__file__).resolve().parent / "cpp" / "accelerator.cpp"
_PORTS_HEADER_NAME = "machine_ports.h"


@dataclass(frozen=True)
class MemoryTiming(MemoryClocks):
    """Memory as the bench has it (docs/accelerator.md, *Memory, as bench and simulator have it*), and its mishaps.

    ``stall``: chance in 256 that a channel does nothing in a clock, by ``seed``. In ``reset_clock`` (0: never) machine
    and memory are reset, and the program is started anew.
    """

    stall: int = 0
    seed: int = 0
    reset_clock: int = 0


@dataclass(frozen=True)
class Mishaps:
    """What goes wrong in a run, or is done to it; clocks are counted from the bench's first.

    The host writes ``time_limit_cycles`` (0: none) before each start, and aborts in ``abort_clock`` (0: never). Memory
    says nothing in ``silent_clocks`` clocks from ``silent_clock`` on. Of its answers, which are beats that are read and
    bursts that are written, counted over all masters from 1, the ``error_answer``-th (0: none) is ``error``.
    """

    time_limit_cycles: int = 0
    abort_clock: int = 0
    silent_clock: int = 0
    silent_clocks: int = 0
    error_answer: int = 0
    error: Literal["SLVERR", "DECERR"] = "SLVERR"


NO_MISHAPS = Mishaps()
#: Their numbers in AXI.
_ERRORS = {"SLVERR": 2, "DECERR": 3}


@dataclass(frozen=True)
class Outcome:
    """What the registers say of a run, the clocks that it took, and why it was stopped, if it was.

    ``array_cycles`` are the clocks in which the array took a command or a step of one; ``stalls`` are all others, by
    what the array waited for. ``stop_clock``: clocks from the start to the interrupt that told of the cause, None where
    there was none; ``stop_at_once`` and ``busy_at_stop`` are what the status said then. ``error_master`` and
    ``error_address``: whose answer was an error so far, "" for nobody's, and where it stands.
    """

    cycles: int
    stop: Stop
    stop_number: int
    array_cause: Cause
    array_cycles: int
    stalls: Mapping[str, int]
    stop_clock: int | None
    stop_at_once: Stop
    busy_at_stop: bool
    error_master: str
    error_address: int


@dataclass(frozen=True)
class MachineRun(Outcome):
    """A run and the image after it."""

    image: Image


def machine_rtl(design: Design, board: Board) -> Rtl:
    """Return the accelerator as Verilog, the PE once; raises HeddleError for a design that has none."""
    check_accelerator(design)
    accelerator, element = accelerator_blocks(design, board)
    return emit_rtl(accelerator, [element])


class Machine:
    """The compiled model of a design's accelerator."""

    def __init__(self, design: Design, board: Board) -> None:
        """Raises HeddleError as ``heddle.verify.verilator.build_program`` does."""
        self._parts = PortParts.of(design)
        headers = {path.name: path.read_text() for path in _MAIN.parent.glob("axi_*.h")}
        headers[REGISTER_HEADER_NAME] = register_header(design)
        headers[_PORTS_HEADER_NAME] = _ports_header(self._parts.channels)
        self._program = build_program(machine_rtl(design, board), _MAIN, headers)

    def run(self, program: bytes, image: Image, timing: MemoryTiming, most_clocks: int = 5_000_000) -> MachineRun:
        """Carry out ``program`` on a copy of ``image``; its bytes stand behind the image, at the next page.

        Raises HeddleError where it is still busy after ``most_clocks``, breaks a rule of AXI or changes the program.
        """
        after, (outcome,) = self._runs([program], image, timing, NO_MISHAPS, most_clocks)
        return MachineRun(**vars(outcome), image=after)

    def run_on(
        self,
        programs: tuple[bytes, bytes],
        image: Image,
        timing: MemoryTiming,
        mishaps: Mishaps,
        most_clocks: int = 200_000,
    ) -> tuple[Outcome, MachineRun]:
        """Carry out the first of ``programs``, with ``mishaps``, and then the second, without a reset between.

        Raises HeddleError as ``run`` does.
        """
        after, (first, second) = self._runs(programs, image, timing, mishaps, most_clocks)
        return first, MachineRun(**vars(second), image=after)

    def _runs(
        self, programs: Sequence[bytes], image: Image, timing: MemoryTiming, mishaps: Mishaps, most_clocks: int
    ) -> tuple[Image, list[Outcome]]:
        whole, addresses = _laid_out(image, programs, self._parts)
        numbers = {
            "program": addresses[0],
            "next_program": addresses[1] if len(addresses) > 1 else 0,
            "beat_bytes": self._parts.word_bytes // self._parts.channels,
            "latency": timing.latency_clocks,
            "beat_clocks": timing.beat_clocks,
            "stall": timing.stall,
            "seed": timing.seed,
            "most_clocks": most_clocks,
            "reset_clock": timing.reset_clock,
            "time_limit": mishaps.time_limit_cycles,
            "abort_clock": mishaps.abort_clock,
            "silent_clock": mishaps.silent_clock,
            "silent_clocks": mishaps.silent_clocks,
            "error_answer": mishaps.error_answer,
            "error_response": _ERRORS[mishaps.error],
        }
        with tempfile.TemporaryDirectory(prefix="heddle-machine-") as folder:
            path = Path(folder) / "image.bin"
            whole.tofile(path)
            command = [str(self._program), str(path), *(f"{name}={number}" for name, number in numbers.items())]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise HeddleError(f"the machine's model ended with {done.returncode}: {done.stderr.strip()}")
            after = np.fromfile(path, np.uint8)
        if not np.array_equal(after[len(image) :], whole[len(image) :]):
            raise HeddleError("the machine wrote beyond the program's tensors")
        return after[: len(image)], [_outcome(json.loads(line)) for line in done.stdout.splitlines()]


def _ports_header(channels: int) -> str:
    """The machine's ports for the bench: of each channel its number, and the names of its three masters."""
    numbers = range(channels) if channels > 1 else ("",)
    each = (f"DO({at}, {', '.join(f'{name}{number}' for name in MASTERS)})" for at, number in enumerate(numbers))
    return f"constexpr unsigned kChannels = {channels};\n#define HEDDLE_EACH_CHANNEL(DO) {' '.join(each)}\n"


def _laid_out(image: Image, programs: Sequence[bytes], port: PortParts) -> tuple[Image, list[int]]:
    """The image with each program behind it at a page of all channels, and where they stand.

    Memory ends with a word of the port: all channels have equally much of it.
    """
    page_bytes = port.channels * PAGE_BYTES
    parts, addresses, end = [image], [], len(image)
    for program in programs:
        address = -(-end // page_bytes) * page_bytes
        parts += [np.zeros(address - end, np.uint8), np.frombuffer(program, np.uint8)]
        addresses.append(address)
        end = address + len(program)
    parts.append(np.zeros(-end % port.word_bytes, np.uint8))
    return np.concatenate(parts), addresses


def _outcome(facts: Mapping[str, Any]) -> Outcome:
    return Outcome(
        cycles=facts["cycles"],
        stop=Stop(facts["stop"]),
        stop_number=facts["stop_number"],
        array_cause=Cause(facts["array_cause"]),
        array_cycles=facts["array"],
        stalls={name: facts[name] for name in WAITS},
        stop_clock=None if facts["stop_clock"] < 0 else facts["stop_clock"],
        stop_at_once=Stop(facts["stop_at_once"]),
        busy_at_stop=bool(facts["busy_at_stop"]),
        error_master=facts["error_master"],
        error_address=facts["error_address"],
    )
