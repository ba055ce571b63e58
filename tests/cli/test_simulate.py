"""``heddle simulate``: its JSON document, its tables, and what the options change."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heddle.cli.main import main

Capture = pytest.CaptureFixture[str]

TOTAL_KEYS = {"cycles", "time_s", "energy_j", "utilisation", "dram_bytes", "speedup_over_dense"}
PASS_KEYS = {
    "layer",
    "pass",
    "m",
    "k",
    "n",
    "count",
    "dataflow",
    "interleave",
    "cycles",
    "compute_cycles",
    "dram_bytes",
    "utilisation",
}


def simulate(capsys: Capture, *options: str, code: int = 0) -> Any:
    assert main(["simulate", "--json", *options]) == code
    return json.loads(capsys.readouterr().out)


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from numbers(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


@pytest.mark.parametrize("level", ["estimate", "engines"])
def test_the_document_has_the_promised_keys_and_finite_numbers(level: str, capsys: Capture) -> None:
    document = simulate(capsys, "--workload", "mlp", "--batch", "8", "--level", level)
    assert document.keys() >= {"total", "passes", "design", "workload", "batch", "recipe", "sparsity", "level"}
    assert document["total"].keys() >= TOTAL_KEYS
    assert all(entry.keys() >= PASS_KEYS for entry in document["passes"])
    assert all(math.isfinite(number) for number in numbers(document))
    assert document["level"] == level


def test_the_total_is_the_sum_of_the_passes(capsys: Capture) -> None:
    document = simulate(capsys, "--workload", "resnet9", "--batch", "16")
    total, passes = document["total"], document["passes"]
    assert isinstance(total["cycles"], int)
    assert total["cycles"] == pytest.approx(sum(entry["cycles"] for entry in passes), abs=1)
    assert total["dram_bytes"] == sum(entry["dram_bytes"] for entry in passes)
    assert total["energy_j"] == pytest.approx(sum(entry["energy_j"] for entry in passes))
    assert total["energy_j"] == pytest.approx(sum(total["energy_by_part_j"].values()))
    assert total["time_s"] == pytest.approx(total["cycles"] / document["design"]["clock_hz"], rel=1e-5)


def test_no_pass_works_longer_than_it_takes(capsys: Capture) -> None:
    document = simulate(capsys, "--workload", "resnet9", "--batch", "16")
    assert all(entry["compute_cycles"] <= entry["cycles"] for entry in document["passes"])


def test_streams_and_updates_are_named_as_such(capsys: Capture) -> None:
    document = simulate(capsys, "--workload", "mlp", "--batch", "8")
    by_pass = {(entry["pass"], entry["dataflow"]) for entry in document["passes"]}
    assert ("update", "update") in by_pass
    assert ("ff", "vector") in by_pass
    assert {flow for _, flow in by_pass} <= {"os", "ws", "vector", "update"}


def test_the_speedup_is_the_ratio_to_a_run_of_the_dense_recipe(capsys: Capture) -> None:
    sparse = simulate(capsys, "--workload", "resnet9", "--batch", "64", "--recipe", "bdwp")
    dense = simulate(capsys, "--workload", "resnet9", "--batch", "64", "--recipe", "dense")
    assert dense["total"]["speedup_over_dense"] == 1.0
    ratio = dense["total"]["cycles"] / sparse["total"]["cycles"]
    assert sparse["total"]["speedup_over_dense"] == pytest.approx(ratio, rel=1e-6)


def test_dense_sparsity_runs_as_fast_as_the_dense_recipe(capsys: Capture) -> None:
    document = simulate(capsys, "--workload", "mlp", "--batch", "64", "--sparsity", "8:8", "--recipe", "sdgp")
    assert document["total"]["speedup_over_dense"] == 1.0


def test_options_of_the_command_line_reach_the_design(capsys: Capture) -> None:
    options = {
        "--rows": "16",
        "--cols": "24",
        "--interleave": "4",
        "--adder-stages": "4",
        "--multiplier-stages": "0",
        "--clock-mhz": "150",
        "--channels": "2",
        "--axi-bits": "256",
        "--sore-lanes": "8",
        "--wuve-lanes": "9",
        "--vector-lanes": "10",
        "--activation-kib": "300",
        "--weight-kib": "200",
        "--output-kib": "100",
        "--group-ports": "4",
        "--sparsity": "1:4",
        "--board": "alveo-u250",
    }
    flat = [word for pair in options.items() for word in pair]
    design = simulate(capsys, "--workload", "mlp", *flat)["design"]
    assert design["array"] == {
        "rows": 16,
        "cols": 24,
        "dataflows": ["os", "ws"],
        "interleave": 4,
        "interleave_axes": "both",
        "adder_stages": 4,
        "multiplier_stages": 0,
        "overlap_tiles": True,
        "drain": "chain",
        "slr_cuts": [],
    }
    assert design["clock_hz"] == 150e6
    assert design["memory"] == {"channels": 2, "axi_bits": 256, "unlimited": False}
    assert design["lanes"] == {"sore": 8, "wuve": 9, "vector": 10}
    assert design["buffers"] == {
        "activation_bytes": 300 * 1024,
        "weight_bytes": 200 * 1024,
        "output_bytes": 100 * 1024,
        "group_ports": 4,
    }
    assert design["sparsity"] == {"n": 1, "m": 4}
    assert design["board"] == "alveo-u250"


def test_only_the_passes_that_are_named_run(capsys: Capture) -> None:
    document = simulate(capsys, "--workload", "mlp", "--passes", "wu, ff")
    assert {entry["pass"] for entry in document["passes"]} == {"ff", "wu"}


@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_one_dataflow_can_be_asked_for(dataflow: str, capsys: Capture) -> None:
    document = simulate(capsys, "--workload", "mlp", "--dataflow", dataflow)
    assert {entry["dataflow"] for entry in document["passes"]} - {"vector", "update"} == {dataflow}


def test_the_zoo_takes_other_sizes(capsys: Capture) -> None:
    document = simulate(capsys, "--workload", "mlp", "--image-size", "8", "--classes", "100")
    products = {(e["layer"], e["pass"]): e for e in document["passes"] if e["dataflow"] in ("os", "ws")}
    assert products["fc1", "ff"]["k"] == 64
    assert products["fc3", "ff"]["n"] == 100


def test_passes_that_cannot_be_mapped_are_named_and_the_rest_runs(capsys: Capture) -> None:
    # Half a KiB does not hold a group of eight for each of 64 rows.
    options = [
        "--workload",
        "resnet9",
        "--design",
        "tiny",
        "--rows",
        "64",
        "--sparsity",
        "2:8",
        "--activation-kib",
        "1",
    ]
    assert main(["simulate", "--json", *options]) == 1
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["failures"]
    assert document["passes"]
    assert all(failure.keys() == {"layer", "pass", "reason"} for failure in document["failures"])
    first = document["failures"][0]
    assert printed.err.splitlines()[0] == (
        f"heddle: layer {first['layer']}, pass {first['pass']}: cannot be mapped: {first['reason']}"
    )


def test_the_same_command_prints_the_same_bytes(capsys: Capture) -> None:
    command = ["simulate", "--workload", "mlp", "--json"]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert main(command) == 0
    assert capsys.readouterr().out == first


def test_without_json_a_person_reads_tables(capsys: Capture) -> None:
    assert main(["simulate", "--workload", "mlp", "--limit", "2"]) == 0
    shown = capsys.readouterr().out
    assert "mlp, batch 32, bdwp 2:8 on sat-vcu1525 (estimate)" in shown
    assert "more passes take" in shown


def test_a_limit_of_0_shows_every_pass(capsys: Capture) -> None:
    assert main(["simulate", "--workload", "mlp", "--limit", "0"]) == 0
    assert "more passes take" not in capsys.readouterr().out


def test_what_an_importer_assumed_is_noted_on_stderr(tmp_path: Path, capsys: Capture) -> None:
    topology = tmp_path / "net.csv"
    topology.write_text("Layer, M, N, K,\nfirst, 64, 64, 64,\nsecond, 64, 64, 64,\n")
    assert main(["simulate", "--workload", str(topology), "--json"]) == 0
    printed = capsys.readouterr()
    notes = json.loads(printed.out)["notes"]
    assert printed.err == "".join(f"heddle: note: {note}\n" for note in notes)


def test_out_writes_results_provenance_and_a_page(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "run"
    assert main(["simulate", "--workload", "mlp", "--out", str(folder), "--plots"]) == 0
    shown = capsys.readouterr().out
    names = {path.name for path in folder.iterdir()}
    assert names >= {"passes.csv", "passes.parquet", "totals.json", "design.toml", "provenance.json", "index.html"}
    assert any(name.endswith(".svg") for name in names)
    assert any(name.endswith(".png") for name in names)
    assert {f"wrote {folder / name}" for name in names} <= set(shown.splitlines())
    provenance = json.loads((folder / "provenance.json").read_text())
    assert provenance["inputs"].keys() == {"board", "design", "workload"}


def test_json_stays_the_only_thing_on_stdout_when_files_are_written(tmp_path: Path, capsys: Capture) -> None:
    document = simulate(capsys, "--workload", "mlp", "--out", str(tmp_path / "run"))
    assert document["workload"] == "mlp"


def test_a_trace_is_a_file_for_the_timeline_viewer(tmp_path: Path, capsys: Capture) -> None:
    trace = tmp_path / "trace.json"
    assert main(["simulate", "--workload", "mlp", "--batch", "8", "--design", "tiny", "--trace", str(trace)]) == 0
    assert json.loads(trace.read_text())["traceEvents"]
    assert f"wrote {trace}" in capsys.readouterr().out


def test_a_trace_beside_the_estimate_is_said_to_be_the_engines(tmp_path: Path, capsys: Capture) -> None:
    trace = tmp_path / "trace.json"
    command = ["simulate", "--workload", "mlp", "--batch", "8", "--design", "tiny", "--trace", str(trace)]
    assert main(command) == 0
    assert capsys.readouterr().err == (
        f"heddle: note: {trace} is the timeline of the engines; the figures are those of the estimate\n"
    )
    assert main([*command, "--level", "engines"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("verb", ["simulate", "schedule"])
def test_a_terminal_sees_how_far_the_scheduler_is(verb: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert main([verb, "--json", "--workload", "mlp", "--batch", "1", "--design", "tiny"]) == 0
    assert "scheduling mlp" in capsys.readouterr().err


@pytest.mark.parametrize("quiet", [False, True])
def test_a_terminal_sees_how_far_the_engines_are(quiet: bool, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    options = ("--workload", "mlp", "--batch", "1", "--design", "tiny", "--level", "engines")
    assert main(["simulate", "--json", *options, *(["--quiet"] if quiet else [])]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["level"] == "engines"
    assert ("simulating mlp" in printed.err) is not quiet
