"""``heddle verify``: the generated RTL of a design against the simulator."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from naive_weights import small_network

from heddle.arch.design_io import to_toml
from heddle.arch.packed_file import write_packed
from heddle.arch.run_dir import sha256_of
from heddle.cli.main import main
from heddle.verify import run_benches as run_benches_module
from heddle.verify.results import Mismatch, Verdict
from heddle.verify.sweep import BUILDS

Capture = pytest.CaptureFixture[str]


def test_the_default_suite_passes_bit_and_cycle_exact(tmp_path: Path, capsys: Capture) -> None:
    assert main(["verify", "--design", "tiny", "--json", "--out", str(tmp_path)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["passed"]
    assert len(document["cases"]) >= 20
    for case in document["cases"]:
        assert case["bit_exact"]
        assert case["rtl_cycles"] == case["sim_cycles"]
    assert json.loads((tmp_path / "verify.json").read_text()) == document
    assert (tmp_path / "provenance.json").is_file()


def test_one_gemm_runs_in_the_dataflow_asked_for(capsys: Capture) -> None:
    options = ["--design", "tiny", "--gemm", "9x17x6", "--dataflow", "ws", "--seed", "3"]
    assert main(["verify", *options, "--json"]) == 0
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    assert case["name"] == "9x17x6-2:4-ws-trained-s3"
    assert case["rtl_cycles"] == case["sim_cycles"]
    assert main(["verify", *options]) == 0
    assert "passed: 1 of 1" in capsys.readouterr().out


def test_the_rerun_of_a_case_runs_just_it(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.argv", ["heddle", "verify", "--design", "tiny", "--case", "1x1x1-dense-os-trained-s0"])
    assert main(["verify", "--design", "tiny", "--case", "1x1x1-dense-os-trained-s0", "--json"]) == 0
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    assert case["rerun"] == "heddle verify --design tiny --case 1x1x1-dense-os-trained-s0"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return write_packed(tmp_path / "net.safetensors", small_network())


def test_trained_weights_run_layer_by_layer_bit_and_cycle_exact(weights: Path, capsys: Capture) -> None:
    out = weights.parent / "out"
    options = ["--design", "tiny", "--weights", str(weights), "--seed", "2", "--out", str(out)]
    assert main(["verify", *options, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["passed"]
    assert not document["stalled_cases"]
    assert all(case["rtl_cycles"] == case["sim_cycles"] for case in document["cases"])
    assert [case["name"] for case in document["cases"] if "-os-" in case["name"]] == [
        "stem-ff-32x27x8-dense-os-s2",
        "stem-bp-32x72x3-dense-os-s2",
        "body.0-ff-32x48x12-2:4-os-s2",
        "body.0-bp-phase0.0-32x48x8-2:4-os-s2",
        "body.0-bp-phase1.0-32x24x8-2:4-os-s2",
        "body.1-ff-32x6x4-dense-os-s2",
        "body.1-bp-32x4x6-2:4-os-s2",
        "head-ff-32x8x10-2:4-os-s2",
        "head-bp-32x10x8-dense-os-s2",
    ]
    provenance = json.loads((out / "provenance.json").read_text())
    assert provenance["inputs"]["weights"] == sha256_of(weights)


def test_one_layer_of_the_weights_and_one_case_of_it_can_be_named(weights: Path, capsys: Capture) -> None:
    options = ["--design", "tiny", "--weights", str(weights), "--layer", "head", "--dataflow", "ws"]
    assert main(["verify", *options, "--case", "head-bp-32x10x8-dense-ws-s0", "--json"]) == 0
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    assert case["name"] == "head-bp-32x10x8-dense-ws-s0"


def test_weights_that_do_not_suit_the_design_are_one_line(weights: Path, capsys: Capture) -> None:
    options = ["verify", "--weights", str(weights)]
    assert main([*options, "--design", "small"]) == 2
    assert capsys.readouterr().err == (
        f"heddle: error: {weights}: layer 'body.0' is 2:4 in ff, and design 'small' has groups of M = 8; "
        "--sparsity 2:4 verifies it with groups that fit\n"
    )
    assert main([*options, "--design", "tiny", "--layer", "bodi.0"]) == 2
    assert capsys.readouterr().err == (
        f"heddle: error: --layer: {weights}: unknown layer 'bodi.0'; did you mean 'body.0'? "
        "(valid: stem, body.0, body.1, head)\n"
    )


def test_a_failing_case_is_told_on_stderr_with_element_values_cycle_and_rerun(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    real = run_benches_module.run_cases

    def with_a_fault(*arguments: Any) -> list[Verdict]:
        wrong = Mismatch("result", 1, 2, word=3, lane=2, cycle=40, expected=0x3F800000, actual=0x3F800001, bits=32)
        return [replace(verdict, bit_exact=False, problems=(str(wrong),)) for verdict in real(*arguments)]

    monkeypatch.setattr(run_benches_module, "run_cases", with_a_fault)
    assert main(["verify", "--design", "tiny", "--gemm", "2x4x2", "--dataflow", "os", "--json"]) == 1
    streams = capsys.readouterr()
    assert not json.loads(streams.out)["passed"]
    assert (
        "heddle: case 2x4x2-2:4-os-trained-s0: result row 1, col 2: got 0x3f800001, expected 0x3f800000 "
        "(word 3, lane 2, cycle 40)\n"
    ) in streams.err
    assert "heddle: case 2x4x2-2:4-os-trained-s0: to rerun: heddle " in streams.err
    assert streams.err.rstrip().endswith("--case 2x4x2-2:4-os-trained-s0")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gemm", "4x4"], "--gemm: '4x4' is not of the form MxKxN, as in 16x64x16, each from 1 to 999999"),
        (["--gemm", "4x0x4"], "--gemm: '4x0x4' is not of the form MxKxN, as in 16x64x16, each from 1 to 999999"),
        (["--dataflow", "both"], "--dataflow: unknown dataflow 'both' (valid: os, ws)"),
        (["--simulator", "questa"], "--simulator: unknown simulator 'questa' (valid: verilator, icarus)"),
        (["--gemm", "4x4x4", "--workload", "mlp"], "--gemm and --workload exclude each other; give one of them"),
        (["--weights", "a", "--workload", "mlp"], "--workload and --weights exclude each other; give one of them"),
        (["--weights", "a", "--gemm", "4x4x4"], "--gemm and --weights exclude each other; give one of them"),
        (["--weights", "none.safetensors"], "none.safetensors: no such file"),
        (["--weights", ""], "--weights: is empty; give the path of a file"),
        (["--layer", "fc1"], "--layer needs --weights FILE, the file that holds the layer"),
        (["--waves"], "--waves needs --out DIR, the folder for the FST files"),
        (["--seed", "-1"], "--seed: -1 is out of range (valid: 0 to 4,294,967,295)"),
        (["--sparsity", "3:5"], "sparsity 3:5: M = 5 is not supported; M is one of 2, 4, 8, 16, 32"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(options: list[str], message: str, capsys: Capture) -> None:
    assert main(["verify", "--design", "tiny", *options]) == 2
    assert capsys.readouterr().err == f"heddle: error: {message}\n"


def test_an_unknown_case_is_told_with_the_nearest(capsys: Capture) -> None:
    assert main(["verify", "--design", "tiny", "--gemm", "2x4x2", "--case", "2x4x2-2:4-os-trained-s1"]) == 2
    assert capsys.readouterr().err == (
        "heddle: error: --case: unknown case '2x4x2-2:4-os-trained-s1'; did you mean '2x4x2-2:4-os-trained-s0'? "
        "(valid: 2x4x2-2:4-os-trained-s0, 2x4x2-2:4-ws-trained-s0)\n"
    )


def test_an_idealised_design_is_refused(capsys: Capture) -> None:
    assert main(["verify", "--design", "ideal-32x32"]) == 2
    assert "an idealisation without RTL" in capsys.readouterr().err


def test_a_missing_simulator_is_one_line_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["verify", "--design", "tiny", "--gemm", "1x1x1", "--simulator", "icarus"]) == 2
    assert "heddle: error: iverilog is not on PATH (apt install iverilog" in capsys.readouterr().err
    assert main(["verify", "--design", "tiny", "--gemm", "1x1x1"]) == 2
    assert "heddle: error: g++ is not on PATH; it compiles the models (apt install g++)" in capsys.readouterr().err


def test_a_design_over_two_dies_is_bit_and_cycle_exact(tmp_path: Path, capsys: Capture) -> None:
    design = tmp_path / "dies.toml"
    design.write_text(to_toml(BUILDS["3x4-ws-cut1-m8-i1-l4-p1-fp16"].design()))
    assert main(["verify", "--design", str(design), "--gemm", "9x40x6", "--json"]) == 0
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    assert case["bit_exact"]
    assert case["rtl_cycles"] == case["sim_cycles"]
