"""The whole machine in Verilog: drawn programs against the instruction-set simulator, and programs that are none."""

from __future__ import annotations

import json

import numpy as np
import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.instruction_words import words_of
from heddle.arch.instructions import Compute
from heddle.arch.program_file import program_bytes
from heddle.arch.timing import DISPATCH_CYCLES, os_lead_cycles
from heddle.cli import verify_accelerator
from heddle.cli.main import main
from heddle.dataflow.lowering import NOT_PRUNED
from heddle.dataflow.network import ConvLayer, MatmulLayer
from heddle.dataflow.program.memory_image import Image
from heddle.hls.control.instruction import Stop
from heddle.sim.program.timing import time_program
from heddle.sim.stalls import STALL_CAUSES
from heddle.verify.machine import Machine, MemoryTiming
from heddle.verify.machine_cases import drawn_cases
from heddle.verify.machine_check import judged
from tests.arch.test_instruction_rules import COMPUTE, LOAD, STORE, instruction

TINY = load_design("tiny")
BOARD = load_board(TINY.board)
IMAGE: Image = np.random.default_rng(1).integers(0, 256, 8192, np.uint8)
PROMPT = MemoryTiming(latency_clocks=3)
CASES = list(drawn_cases(TINY, BOARD, 20, seed=8))


def program(*texts: str) -> bytes:
    return program_bytes(words_of([instruction(text) for text in texts]), TINY)


def changed(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_every_byte_of_memory_is_that_of_the_instruction_set_simulator(machine: Machine) -> None:
    verdicts = [judged(case, TINY, BOARD, machine, "") for case in CASES]
    assert [each for each in verdicts if not each.passed] == []
    assert all(each.bit_exact for each in verdicts)
    kinds = {(case.pass_name, case.pruning != NOT_PRUNED) for case in CASES}
    assert kinds == {("ff", False), ("ff", True), ("bp", False), ("bp", True), ("wu", False)}
    assert {case.pass_name for case in CASES if isinstance(case.layer, MatmulLayer)} == {"ff", "bp", "wu"}


#: Prompt and fast memory, and slow ones.
MEMORIES = (MemoryTiming(1), MemoryTiming(100, 2), MemoryTiming(400, 4))


def test_the_simulator_of_time_takes_the_clocks_of_the_rtl(machine: Machine) -> None:
    equal = 0
    for number, case in enumerate(CASES):
        timing, prepared = MEMORIES[number % len(MEMORIES)], case.prepared(TINY, BOARD)
        run = machine.run(prepared.data, prepared.image, timing)
        simulated = time_program(prepared.words, TINY, timing)
        assert simulated.cycles == pytest.approx(run.cycles, rel=0.03), (case.name, timing)
        assert simulated.array_cycles == run.array_cycles, case.name
        for cause, cycles in simulated.stalls.items():
            assert cycles == pytest.approx(run.stalls[cause], abs=0.03 * run.cycles), (case.name, timing, cause)
        equal += simulated.cycles == run.cycles
    assert equal >= len(CASES) // 2


def test_each_clock_is_the_arrays_or_stands_under_one_cause(machine: Machine) -> None:
    case = next(case for case in CASES if case.pass_name == "ff" and isinstance(case.layer, ConvLayer))
    prepared = case.prepared(TINY, BOARD)
    commands = [each.command for each in prepared.instructions if isinstance(each, Compute)]
    lead = int(os_lead_cycles(TINY.array.rows, TINY.array.interleave))
    prologues = sum(0 if each.ws else each.settle + lead * each.reload for each in commands)
    steps = sum(each.tiles * each.interval for each in commands)
    prompt, late = (
        machine.run(prepared.data, prepared.image, timing)
        for timing in (PROMPT, MemoryTiming(latency_clocks=300, beat_clocks=8))
    )
    for run in (prompt, late):
        assert run.array_cycles == len(commands) * DISPATCH_CYCLES + prologues + steps
        assert run.array_cycles + sum(run.stalls.values()) == run.cycles
        assert set(run.stalls) == {*STALL_CAUSES, "feed"}
    waits = {cause for cause, cycles in late.stalls.items() if cycles > prompt.stalls[cause] + 100}
    assert {"fill", "drain"} <= waits


#: It stores what no computation made: the buffers' contents at power-up, which are zeros.
ENDS = "store places.row_positions=1 places.col_positions=1 places.pixels=1 places.elements=4"
WRONG = [
    pytest.param(changed(program("sync last"), 0), Stop.NO_PROGRAM, 0, id="no-program"),
    pytest.param(changed(program("sync last"), 4), Stop.OTHER_VERSION, 0, id="other-version"),
    pytest.param(changed(program("sync last"), 20), Stop.OTHER_DESIGN, 0, id="other-design"),
    pytest.param(changed(program(ENDS, "sync last"), 10), Stop.CHECKSUM, 0, id="changed"),
    pytest.param(program("sync"), Stop.NO_END, 0, id="no-end"),
    pytest.param(program("sync last", "sync last"), Stop.GOES_ON, 0, id="goes-on"),
    pytest.param(program(f"{LOAD} group_elements=9", "sync last"), Stop.GROUPS, 0, id="groups"),
    pytest.param(program(f"{STORE} places.address=1", "sync last"), Stop.ALIGNMENT, 0, id="odd-address"),
    pytest.param(program(ENDS, f"{COMPUTE} wait_previous", "sync last"), Stop.DEADLOCK, 1, id="deadlock"),
    pytest.param(program(f"{LOAD} places.address=99998", "sync last"), Stop.READ_ERROR, 0, id="reads-beyond"),
    pytest.param(program(ENDS, "sync", f"{ENDS} places.address=99998", "sync last"), Stop.WRITE_ERROR, 2, id="writes"),
    pytest.param(program(COMPUTE, "sync last"), Stop.ARRAY, 0, id="refused-command"),
]


@pytest.mark.parametrize(("given", "stop", "number"), WRONG)
def test_what_is_no_program_is_stopped_with_its_cause(machine: Machine, given: bytes, stop: Stop, number: int) -> None:
    for timing in (PROMPT, MemoryTiming(latency_clocks=400, stall=128, seed=2)):
        run = machine.run(given, IMAGE, timing, most_clocks=20_000)
        assert (run.stop, run.stop_number) == (stop, number)
        assert np.array_equal(run.image[8:], IMAGE[8:])
        if stop in (Stop.DEADLOCK, Stop.WRITE_ERROR):
            assert not run.image[:8].any()  # what was done before it
        elif stop != Stop.CHECKSUM:  # which may come before what is right, or after it
            assert np.array_equal(run.image[:8], IMAGE[:8])


def test_memory_that_answers_late_stops_nothing(machine: Machine) -> None:
    run = machine.run(program(ENDS, "sync last"), IMAGE, MemoryTiming(latency_clocks=10_000), most_clocks=100_000)
    assert run.stop == Stop.NONE
    assert run.cycles > 30_000  # the header, the instructions, and the store's answer
    assert not run.image[:8].any()
    assert np.array_equal(run.image[8:], IMAGE[8:])


def test_a_machine_that_is_still_busy_is_an_error(machine: Machine) -> None:
    with pytest.raises(HeddleError, match=r"^the machine's model ended with 3: clock 100: the machine is still busy$"):
        machine.run(program("sync last"), IMAGE, MemoryTiming(latency_clocks=200), most_clocks=100)


def test_the_verb_tells_of_each_case_its_clocks_and_what_the_array_waited_for(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verify_accelerator, "Machine", lambda *_: machine)
    options = ["--design", "tiny", "--gemm", "6x8x5", "--passes", "ff,wu", "--latency", "20", "--bandwidth", "5"]
    assert main(["verify", "--top", "accelerator", *options, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [case["name"] for case in document["cases"]] == ["6x8x5-ff-dense-l20-b4-s0", "6x8x5-wu-dense-l20-b4-s0"]
    for case in document["cases"]:
        assert case["bit_exact"]
        assert case["array_rtl_cycles"] + sum(case["stalls_rtl"].values()) == case["rtl_cycles"]
