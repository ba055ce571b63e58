"""``heddle verify --top accelerator``: which programs run, what is said of them, and what does not go together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_machine import FakeMachine

from heddle.arch.run_dir import sha256_of
from heddle.cli import verify_accelerator
from heddle.cli.main import main
from heddle.hls.control.instruction import Stop
from heddle.reports.runs.parts import read_agreement
from heddle.sim.program.timing import ProgramTiming
from heddle.verify import machine_check
from heddle.verify.machine import MemoryTiming

Capture = pytest.CaptureFixture[str]
TINY = ["verify", "--top", "accelerator", "--design", "tiny"]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> type[FakeMachine]:
    class Fake(FakeMachine):
        """With faults of its own."""

    timing = ProgramTiming(31, 10, {"fill": 21}, np.zeros(0, np.int64), np.zeros(0, np.int64))
    monkeypatch.setattr(verify_accelerator, "Machine", Fake)
    monkeypatch.setattr(machine_check, "time_program", lambda *_: timing)
    return Fake


def verified(capsys: Capture, *options: str, status: int = 0) -> dict[str, Any]:
    assert main([*TINY, *options, "--json"]) == status
    return json.loads(capsys.readouterr().out)


def test_drawn_layers_run_on_drawn_memories(machine: type[FakeMachine], capsys: Capture, tmp_path: Path) -> None:
    document = verified(capsys, "--cases", "3", "--seed", "7", "--out", str(tmp_path))
    assert document["top"] == "accelerator"
    assert document["passed"]
    assert len(document["cases"]) == len(set(machine.timings)) == 3
    assert document["cases"][0] == {
        "name": "linear0-wu-dense-l1-b2-s0",
        "bit_exact": True,
        "rtl_cycles": 30,
        "sim_cycles": 31,
        "array_rtl_cycles": 10,
        "array_sim_cycles": 10,
        "stalls_rtl": {"fill": 20},
        "stalls_sim": {"fill": 21},
        "passed": True,
        "problems": [],
        "rerun": document["cases"][0]["rerun"],
    }
    assert document["cases"][2]["name"].endswith("-r2036")
    assert document["cases"][2]["sim_cycles"] is None
    assert json.loads((tmp_path / "verify.json").read_text()) == document
    assert (tmp_path / "provenance.json").is_file()
    agreement, _ = read_agreement(tmp_path / "verify.json")
    assert [(row.rtl_cycles, row.sim_cycles) for row in agreement.rows] == [(30, 31), (30, 31), (30, None)]


def test_a_given_memory_is_that_of_every_case(machine: type[FakeMachine], capsys: Capture) -> None:
    verified(capsys, "--cases", "2", "--latency", "9", "--bandwidth", "5")
    assert machine.timings == [MemoryTiming(9, beat_clocks=4, seed=seed) for seed in (0, 1)]
    verified(capsys, "--gemm", "4x4x4", "--passes", "ff")
    assert machine.timings == [MemoryTiming()]


def test_the_passes_of_a_product_run_at_the_designs_sparsity(machine: type[FakeMachine], capsys: Capture) -> None:
    document = verified(capsys, "--gemm", "6x8x4", "--dataflow", "os")
    assert [case["name"] for case in document["cases"]] == [
        "6x8x4-ff-2:4-os-l40-b1-s0",
        "6x8x4-bp-2:4-os-l40-b1-s0",
        "6x8x4-wu-dense-os-l40-b1-s0",
    ]
    assert main([*TINY, "--gemm", "6x8x4", "--passes", "wu"]) == 0
    printed = capsys.readouterr().out
    assert "6x8x4-wu-dense-l40-b1-s0   equal" in printed
    assert printed.endswith("passed: 1 of 1\n")


def test_the_layers_of_a_network_run_cut_to_a_few_tiles(machine: type[FakeMachine], capsys: Capture) -> None:
    document = verified(capsys, "--workload", "mlp", "--passes", "ff,wu")
    assert [case["name"] for case in document["cases"]] == [
        "fc1-ff-2:4-l40-b1-s0",
        "fc3-ff-dense-l40-b1-s0",
        "fc3-wu-dense-l40-b1-s0",
        "fc2-wu-dense-l40-b1-s0",
    ]


def test_a_failed_case_says_what_is_wrong_and_how_to_rerun_it(
    machine: type[FakeMachine], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    options = [*TINY, "--gemm", "4x4x4", "--passes", "ff"]
    monkeypatch.setattr("sys.argv", ["heddle", *options])
    name = "4x4x4-ff-2:4-l40-b1-s0"
    rerun = f"heddle: case {name}: to rerun: heddle verify --top accelerator --design tiny --gemm 4x4x4 --passes ff"

    def problem() -> str:
        assert main(options) == 1
        streams = capsys.readouterr()
        assert "passed: 0 of 1" in streams.out
        first, last = [line for line in streams.err.splitlines() if line.startswith("heddle: case")]
        assert last == f"{rerun} --case {name}"
        return first.removeprefix(f"heddle: case {name}: ")

    machine.wrong_bytes = 2
    assert problem().startswith("2 of 16,384 bytes of memory differ; at 0x0: got 0x")
    machine.wrong_bytes, machine.stop = 0, Stop.DEADLOCK
    assert problem() == "stopped by DEADLOCK at instruction 5"
    machine.hangs = True
    assert problem() == "the machine's model ended with 3: clock 9: the machine is still busy"


def test_one_case_can_be_named(machine: type[FakeMachine], capsys: Capture) -> None:
    name = "4x4x4-bp-2:4-l40-b1-s0"
    (case,) = verified(capsys, "--gemm", "4x4x4", "--case", name)["cases"]
    assert case["name"] == name
    assert main([*TINY, "--gemm", "4x4x4", "--passes", "bp", "--case", "4x4x4-pb"]) == 2
    assert capsys.readouterr().err == (f"heddle: error: --case: unknown case '4x4x4-pb' (valid: {name})\n")


def test_a_compiled_program_runs_on_the_design_that_it_was_compiled_for(
    machine: type[FakeMachine], capsys: Capture, tmp_path: Path
) -> None:
    folder, out = tmp_path / "mlp", tmp_path / "out"
    step = ["--workload", "mlp", "--batch", "1", "--design", "tiny", "--passes", "ff", "--image"]
    assert main(["compile", *step, "--out", str(folder)]) == 0
    capsys.readouterr()
    command = ["verify", "--top", "accelerator", "--program", str(folder)]
    assert main([*command, "--json", "--out", str(out)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["design"]["name"] == "tiny"
    assert [case["name"] for case in document["cases"]] == ["mlp-l40-b1"]
    inputs = json.loads((out / "provenance.json").read_text())["inputs"]
    assert inputs["program"] == sha256_of(folder / "program.bin")
    assert main([*command, "--rows", "2"]) == 2
    assert capsys.readouterr().err == (
        "heddle: error: --program names its design in memory.json; leave out --design and the options that change it\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--top", "machine"], "--top: unknown top 'machine' (valid: array, accelerator)"),
        (["--top", "array", "--cases", "3"], "--cases needs --top accelerator"),
        (["--top", "array", "--passes", "ff"], "--passes needs --top accelerator"),
        (["--top", "array", "--latency", "3"], "--latency needs --top accelerator"),
        (["--top", "array", "--bandwidth", "3"], "--bandwidth needs --top accelerator"),
        (["--top", "array", "--program", "x"], "--program needs --top accelerator"),
        (["--weights", "a.safetensors"], "--weights needs --top array"),
        (["--layer", "fc1"], "--layer needs --top array"),
        (["--waves"], "--waves needs --top array"),
        (["--simulator", "icarus"], "--simulator icarus needs --top array: the machine's model is Verilator's"),
        (["--simulator", "questa"], "--simulator: unknown simulator 'questa' (valid: verilator, icarus)"),
        (["--gemm", "4x4"], "--gemm: '4x4' is not of the form MxKxN, as in 16x64x16, each from 1 to 999999"),
        (
            ["--gemm", "9999x999x9"],
            "--gemm: operands and result have 10,087,983 elements, and a case holds at most 4,194,304; "
            "verify a smaller product, which needs the same hardware",
        ),
        (["--gemm", "4x4x4", "--cases", "2"], "--gemm and --cases exclude each other; give one of them"),
        (["--gemm", "4x4x4", "--workload", "mlp"], "--gemm and --workload exclude each other; give one of them"),
        (["--passes", "ff"], "--passes needs --gemm or --workload, of which it names passes"),
        (["--gemm", "4x4x4", "--passes", "fw"], "--passes: unknown pass 'fw' (valid: ff, bp, wu)"),
        (["--dataflow", "both"], "--dataflow: unknown dataflow 'both' (valid: os, ws)"),
        (["--cases", "0"], "--cases: 0 is out of range (valid: 1 to 100,000)"),
        (["--latency", "0"], "--latency: 0 is out of range (valid: 1 to 1,000,000)"),
        (["--bandwidth", "17"], "--bandwidth: 17 is out of range (valid: 0.01 to 16)"),
        (["--no-batch"], "--input, --batch-axis and --no-batch need --workload FILE, the .onnx file"),
        (
            ["--channels", "3"],
            "design 'tiny' has no accelerator: memory.channels = 3 is no power of two",
        ),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(options: list[str], message: str, capsys: Capture) -> None:
    command = ["verify", "--design", "tiny", *(options if "--top" in options else ["--top", "accelerator", *options])]
    assert main(command) == 2
    assert capsys.readouterr().err == f"heddle: error: {message}\n"
