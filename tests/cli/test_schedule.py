"""``heddle schedule``: how every product is mapped and what that was chosen over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heddle.cli.main import main
from heddle.dataflow.mapping_choice import TIME_TOLERANCE
from heddle.reports.runs.work_file import WORK_NAME, WorkFile, saved_work

Capture = pytest.CaptureFixture[str]


def schedule(capsys: Capture, *options: str, code: int = 0) -> Any:
    assert main(["schedule", "--json", *options]) == code
    return json.loads(capsys.readouterr().out)


def test_every_product_has_dataflow_interleave_tiles_and_loop_order(capsys: Capture) -> None:
    document = schedule(capsys, "--workload", "resnet9", "--batch", "16")
    for entry in document["passes"]:
        assert entry["dataflow"] in ("os", "ws")
        assert entry["interleave"].keys() == {"rows", "cols"}
        assert sorted(entry["loop_order"]) == ["k", "m", "n"]
        for axis in ("m", "k", "n"):
            assert 1 <= entry["tile"][axis] <= entry[axis]
            assert entry["tiles"][axis] == -(-entry[axis] // entry["tile"][axis])


def test_the_mapping_chosen_is_no_slower_than_the_other_dataflow_beyond_the_tolerance(capsys: Capture) -> None:
    document = schedule(capsys, "--workload", "resnet9", "--batch", "16")
    for entry in document["passes"]:
        other = entry["chosen_over"]
        assert other["dataflow"] != entry["dataflow"]
        assert other["cycles"] * (1 + TIME_TOLERANCE) >= entry["cycles"]
        assert other.keys() >= {"interleave", "loop_order", "tile", "tiles", "cycles"}


@pytest.mark.parametrize("minimise", ["bytes", "energy", "edp"])
def test_mappings_are_chosen_by_what_is_to_be_minimised(minimise: str, capsys: Capture) -> None:
    by_time = schedule(capsys, "--workload", "resnet9", "--batch", "16")["passes"]
    chosen = schedule(capsys, "--workload", "resnet9", "--batch", "16", "--minimise", minimise)["passes"]
    assert chosen != by_time
    moved, moved_by_time = (sum(entry["dram_bytes"] for entry in passes) for passes in (chosen, by_time))
    assert moved <= moved_by_time


def test_with_one_dataflow_there_is_nothing_to_choose_over(capsys: Capture) -> None:
    document = schedule(capsys, "--workload", "mlp", "--dataflow", "os")
    assert {entry["chosen_over"] for entry in document["passes"]} == {None}


def test_the_phases_of_a_strided_backward_pass_are_products_of_their_own(capsys: Capture) -> None:
    document = schedule(capsys, "--workload", "resnet9", "--batch", "4", "--passes", "bp")
    layers = [entry["layer"] for entry in document["passes"]]
    assert len(layers) > len(set(layers))


def test_pruned_products_name_their_sparsity(capsys: Capture) -> None:
    document = schedule(capsys, "--workload", "mlp", "--batch", "8", "--sparsity", "1:4")
    by_pass = {(entry["layer"], entry["pass"]): entry["sparsity"] for entry in document["passes"]}
    assert by_pass["fc2", "ff"] == "1:4"
    assert by_pass["fc2", "wu"] == "1:1"


def test_the_schedule_takes_the_cycles_that_simulate_prints(capsys: Capture) -> None:
    options = ["--workload", "mlp", "--batch", "64"]
    scheduled = schedule(capsys, *options)["passes"]
    assert main(["simulate", "--json", *options]) == 0
    simulated = [e for e in json.loads(capsys.readouterr().out)["passes"] if e["dataflow"] in ("os", "ws")]
    assert [e["cycles"] for e in scheduled] == [e["cycles"] for e in simulated]


def test_without_json_a_person_reads_a_table(capsys: Capture) -> None:
    assert main(["schedule", "--workload", "mlp", "--limit", "1"]) == 0
    shown = capsys.readouterr().out
    assert "Schedule of mlp, batch 32, bdwp" in shown
    assert "fc2" not in shown


def test_what_cannot_be_mapped_is_a_failed_check(capsys: Capture) -> None:
    # Half a KiB does not hold a group of eight for each of 64 rows.
    machine = ["--design", "tiny", "--rows", "64", "--sparsity", "2:8", "--activation-kib", "1"]
    document = schedule(capsys, "--workload", "resnet9", *machine, code=1)
    assert document["failures"]


def test_out_holds_the_document_and_its_provenance(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "run"
    document = schedule(capsys, "--workload", "mlp", "--out", str(folder))
    assert json.loads((folder / "schedule.json").read_text()) == document
    assert (folder / "provenance.json").is_file()


def test_layers_run_at_the_n_m_of_their_file_where_this_is_asked_for(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "net.csv"
    path.write_text("Layer, M, N, K, Sparsity\na, 64, 64, 64, 2:4\nb, 64, 64, 64, 1:4\n")
    options = ["--workload", str(path), "--batch", "1", "--passes", "ff"]
    by_layer = schedule(capsys, *options, "--layer-sparsity", "--out", str(tmp_path / "run"))
    assert [entry["sparsity"] for entry in by_layer["passes"]] == ["4:8", "2:8"]
    assert [entry["sparsity"] for entry in schedule(capsys, *options)["passes"]] == ["2:8", "2:8"]
    saved = WorkFile.read(tmp_path / "run" / WORK_NAME)
    assert saved_work(saved, saved.step_design).step.macs == 64**3 // 2 + 64**3 // 4
