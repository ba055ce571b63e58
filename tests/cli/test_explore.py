"""``heddle explore``: its JSON document, its run directory, and what happens on Ctrl-C."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from child import start_heddle
from waiting import HANG_S, wait_until

from heddle.arch.design import Design
from heddle.arch.toml_file import check_model
from heddle.cli.main import main
from heddle.dse.objectives import OBJECTIVE_COLUMNS, OBJECTIVES
from heddle.reports.front_table import objective_heading

Capture = pytest.CaptureFixture[str]

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--workload", "mlp", "--batch", "16", "--space", "small"]


def explore(capsys: Capture, *options: str, code: int = 0) -> Any:
    assert main(["explore", "--json", *SMALL, *options]) == code
    return json.loads(capsys.readouterr().out)


def test_the_document_has_the_promised_keys(capsys: Capture) -> None:
    document = explore(capsys)
    assert document.keys() >= {"points", "seconds", "points_per_second", "pareto"}
    assert "accuracy_source" not in document
    assert document["points"] > 0
    assert document["pareto"]
    for entry in document["pareto"]:
        assert entry.keys() == {"design", "time_s", "energy_j", "lut", "ff", "dsp", "bram36", "uram"}


def test_every_design_of_the_front_is_a_whole_design(capsys: Capture) -> None:
    for entry in explore(capsys)["pareto"]:
        design = check_model(Design, entry["design"], "pareto")
        assert design.board == "vcu1525"


def test_no_design_of_the_front_beats_another_in_every_objective(capsys: Capture) -> None:
    front = explore(capsys, "--objectives", "time,energy")["pareto"]
    costs = [(entry["time_s"], entry["energy_j"]) for entry in front]
    assert costs == sorted(costs)
    assert not any(a != b and a[0] <= b[0] and a[1] <= b[1] for a in costs for b in costs)


def test_a_design_of_the_front_simulates_to_the_time_that_was_explored(tmp_path: Path, capsys: Capture) -> None:
    from heddle.arch.design_io import to_toml

    entry = explore(capsys)["pareto"][0]
    path = tmp_path / "best.toml"
    path.write_text(to_toml(check_model(Design, entry["design"], "pareto")))
    assert main(["simulate", "--json", "--workload", "mlp", "--batch", "16", "--design", str(path)]) == 0
    total = json.loads(capsys.readouterr().out)["total"]
    assert total["time_s"] == pytest.approx(entry["time_s"], rel=1e-9)
    assert total["energy_j"] == pytest.approx(entry["energy_j"], rel=1e-9)


def test_the_sparsities_asked_for_are_the_only_ones(capsys: Capture) -> None:
    front = explore(capsys, "--sparsity", "1:4")["pareto"]
    assert {(e["design"]["sparsity"]["n"], e["design"]["sparsity"]["m"]) for e in front} == {(1, 4)}


def test_the_number_of_workers_changes_no_result(capsys: Capture) -> None:
    one, two = explore(capsys, "--workers", "1"), explore(capsys, "--workers", "2")
    assert one["pareto"] == two["pareto"]
    assert one["points"] == two["points"]


def test_without_json_a_person_reads_the_front_and_the_rate(capsys: Capture) -> None:
    assert main(["explore", *SMALL, "--limit", "3"]) == 0
    shown = capsys.readouterr().out
    assert "Pareto front over time, energy" in shown
    assert "designs in" in shown
    assert "a second" in shown


def test_out_writes_results_plots_page_and_provenance(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "run"
    assert main(["explore", *SMALL, "--out", str(folder)]) == 0
    shown = capsys.readouterr().out
    names = {path.name for path in folder.iterdir()}
    assert names >= {"results.parquet", "pareto.csv", "pareto.parquet", "provenance.json", "index.html"}
    assert any(name.endswith(".svg") for name in names)
    assert f"wrote {folder / 'index.html'}" in shown


def test_the_same_out_again_takes_what_is_there(tmp_path: Path, capsys: Capture) -> None:
    folder = str(tmp_path / "run")
    first = explore(capsys, "--out", folder)
    again = explore(capsys, "--out", folder)
    assert again["resumed_points"] == first["points"]
    assert again["pareto"] == first["pareto"]


def test_what_was_there_is_not_said_to_have_taken_this_run_s_time(tmp_path: Path, capsys: Capture) -> None:
    command = ["explore", *SMALL, "--out", str(tmp_path / "run"), "--quiet"]
    assert main(command) == 0
    assert re.search(r"\n\d+ designs in [\d.]+ \w+, [\d,]+ a second\. Not feasible", capsys.readouterr().out)
    assert main(command) == 0
    assert re.search(r"\n\d+ designs, all of them by earlier runs\. Not feasible", capsys.readouterr().out)


def test_another_request_is_refused_by_the_folder_of_the_first(tmp_path: Path, capsys: Capture) -> None:
    folder = str(tmp_path / "run")
    explore(capsys, "--out", folder)
    assert main(["explore", *SMALL, "--recipe", "dense", "--out", folder]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("heddle: error: ")
    assert "recipe" in printed.err
    assert printed.err.count("\n") == 1


def test_a_space_without_a_feasible_design_is_a_failed_check(tmp_path: Path, capsys: Capture) -> None:
    text = (ROOT / "dse" / "spaces" / "small.toml").read_text()
    lines = [line if not line.startswith("rows") else "rows = [512]" for line in text.splitlines()]
    lines = [line if not line.startswith("cols") else "cols = [512]" for line in lines]
    space = tmp_path / "huge.toml"
    space.write_text("\n".join(lines))
    folder = tmp_path / "run"
    assert main(["explore", "--quiet", "--workload", "mlp", "--space", str(space), "--json", "--out", str(folder)]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["pareto"] == []
    assert printed.err.startswith("heddle: no design is feasible: ")
    assert "does not fit the board" in printed.err


def test_ctrl_c_keeps_what_is_done_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = start_heddle("explore", "--quiet", "--workload", "resnet18", "--out", str(folder))
    wait_until(lambda: any(folder.glob("parts/*.parquet")), process)
    process.send_signal(signal.SIGINT)
    printed, complaint = process.communicate(timeout=HANG_S)
    assert process.returncode == 130
    assert printed == ""
    assert complaint.startswith("heddle: error: interrupted after ")
    assert "run again with the same folder to go on" in complaint
    assert complaint.count("\n") == 1
    assert list(folder.glob("parts/*.parquet"))
    assert not (folder / "pareto.csv").exists()


def test_whatever_can_be_minimised_has_a_column_and_a_heading_in_the_reports() -> None:
    assert set(OBJECTIVES) <= OBJECTIVE_COLUMNS.keys()
    assert all(objective_heading(name) for name in OBJECTIVES)


ACCURACIES = "model,data,recipe,sparsity,accuracy_mean\nmlp,digits,bdwp,2:8,95.6\nmlp,digits,bdwp,2:4,95.76\n"


@pytest.fixture
def accuracy_file(tmp_path: Path) -> str:
    path = tmp_path / "accuracy.csv"
    path.write_text(ACCURACIES)
    return str(path)


def test_measured_accuracies_are_one_more_objective(accuracy_file: str, capsys: Capture) -> None:
    document = explore(capsys, "--sparsity", "2:8,2:4", "--accuracy", accuracy_file)
    assert document["objectives"] == ["time", "energy", "lut", "accuracy"]
    assert document["accuracy_source"] == f"mlp on digits ({accuracy_file})"
    shown = {
        (entry["design"]["sparsity"]["n"], entry["design"]["sparsity"]["m"], entry["accuracy"])
        for entry in document["pareto"]
    }
    assert shown == {(2, 8, 95.6), (2, 4, 95.76)}


def test_the_most_accurate_design_is_the_best_in_accuracy(accuracy_file: str, capsys: Capture) -> None:
    (best,) = explore(capsys, "--sparsity", "2:8,2:4", "--accuracy", accuracy_file, "--objectives", "accuracy")[
        "pareto"
    ]
    assert best["accuracy"] == 95.76


def test_a_person_sees_the_accuracies_and_whose_they_are(accuracy_file: str, tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "run"
    assert main(["explore", *SMALL, "--accuracy", accuracy_file, "--out", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "Pareto front over time, energy, LUT, accuracy" in shown
    assert "95.60 %" in shown
    assert f"Accuracy as measured, not simulated: mlp on digits ({accuracy_file}).\n" in shown
    assert (folder / "pareto-time-accuracy.svg").is_file()
    assert "Accuracy is measured, not simulated: mlp on digits" in (folder / "index.html").read_text()
    explore(capsys, "--out", str(folder))
    assert not (folder / "pareto-time-accuracy.svg").exists()


def test_accuracy_without_a_file_of_accuracies_is_refused_in_one_line(capsys: Capture) -> None:
    assert main(["explore", *SMALL, "--objectives", "time,Accuracy"]) == 2
    assert capsys.readouterr().err == (
        "heddle: error: --objectives: 'accuracy' is measured, not simulated; give the measured ones with --accuracy\n"
    )


def test_an_unknown_objective_is_told_that_accuracy_is_one(accuracy_file: str, capsys: Capture) -> None:
    assert main(["explore", *SMALL, "--accuracy", accuracy_file, "--objectives", "time,accurcy"]) == 2
    assert "unknown objective 'accurcy'; did you mean 'accuracy'? (valid: time, " in capsys.readouterr().err


def test_a_sparsity_without_an_accuracy_is_refused_before_anything_is_written(
    accuracy_file: str, tmp_path: Path, capsys: Capture
) -> None:
    folder = tmp_path / "run"
    options = ["--sparsity", "2:8,1:8", "--accuracy", accuracy_file, "--out", str(folder)]
    assert main(["explore", *SMALL, *options]) == 2
    assert capsys.readouterr().err == (
        f"heddle: error: {accuracy_file}: no accuracy of bdwp 1:8; it holds bdwp 2:8, bdwp 2:4; "
        "--sparsity 2:8 restricts the space to what is there\n"
    )
    assert not folder.exists()


def test_other_objectives_leave_no_plot_of_the_earlier_ones(tmp_path: Path, capsys: Capture) -> None:
    explore(capsys, "--objectives", "time,energy", "--out", str(tmp_path))
    (tmp_path / "pareto-mine.svg").write_text("")
    explore(capsys, "--objectives", "time,lut", "--out", str(tmp_path))
    assert {path.name for path in tmp_path.glob("pareto-*.svg")} == {"pareto-time-lut.svg", "pareto-mine.svg"}
