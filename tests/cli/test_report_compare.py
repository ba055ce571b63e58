"""``heddle report A B``: folders and designs against each other, and one line for what is neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from run_folders import SIMULATE, heddle, train_document, write_json

from heddle.arch.design_io import load_design, override, to_toml
from heddle.cli.main import main
from heddle.reports.runs.gather import read_holdings, subject_of

Capture = pytest.CaptureFixture[str]
TINY = load_design("tiny")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def compared(capsys: Capture, *words: str) -> Any:
    capsys.readouterr()
    assert main(["report", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def figure(document: Any, name: str) -> Any:
    return next(row for row in document["figures"] if row["name"] == name)


def refused(capsys: Capture, *words: str) -> str:
    capsys.readouterr()
    assert main(["report", *words]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("heddle: error: ").rstrip("\n")


def test_two_presets_are_compared_without_running_anything(tmp_path: Path, capsys: Capture) -> None:
    document = compared(capsys, "tiny", "small")
    assert document["html"] == "comparison.html"
    assert (tmp_path / "comparison.html").is_file()
    assert {"key": "array.rows", "a": "4", "b": "8"} in document["changed"]
    assert figure(document, "processing elements") == {"name": "processing elements", "a": 16, "b": 64, "ratio": 4.0}
    assert document["passes"] == []
    assert document["fits"] == {
        "a": "fits vcu1525 (estimate)",
        "b": "fits vcu1525 (estimate)",
    }


def test_a_workload_is_run_on_both_designs(capsys: Capture) -> None:
    document = compared(capsys, "tiny", "small", "--workload", "mlp", "--batch", "8", "--recipe", "sr-ste")
    capsys.readouterr()
    for letter, design in (("a", "tiny"), ("b", "small")):
        heddle("simulate", "--workload", "mlp", "--batch", "8", "--recipe", "sr-ste", "--design", design,
               "--level", "engines", "--json")  # fmt: skip
        total = json.loads(capsys.readouterr().out)["total"]
        assert figure(document, "time of a step")[letter] == total["time_s"]
        assert figure(document, "energy of a step")[letter] == total["energy_j"]
        assert figure(document, "speed-up over dense")[letter] == pytest.approx(total["speedup_over_dense"])
    assert document["conditions"] == []


def test_a_sparsity_is_that_of_both_designs(capsys: Capture) -> None:
    document = compared(capsys, "tiny", "small", "--sparsity", "1:8")
    assert not any(change["key"].startswith("sparsity") for change in document["changed"])


def test_a_folder_and_a_design_file_run_the_folders_work(tmp_path: Path, capsys: Capture) -> None:
    simulated = tmp_path / "run"
    heddle(*SIMULATE, "--level", "engines", "--out", str(simulated))
    path = tmp_path / "fast.toml"
    path.write_text(to_toml(override(TINY, {"clock_hz": 250e6})))
    document = compared(capsys, str(simulated), str(path))
    assert document["html"] == str(simulated / "comparison.html")
    assert [change["key"] for change in document["changed"]] == ["clock_hz"]
    assert document["conditions"] == []
    totals = json.loads((simulated / "totals.json").read_text())
    assert figure(document, "time of a step")["a"] == totals["time_s"]
    assert figure(document, "time of a step")["ratio"] < 1


def test_two_folders_are_compared_as_they_ran(simulated: Path, tmp_path: Path, capsys: Capture) -> None:
    heddle(*SIMULATE, "--batch", "16", "--recipe", "dense", "--out", "dense")
    document = compared(capsys, "dense", str(simulated), "--out", "page.html")
    assert document["html"] == "page.html"
    assert document["changed"] == []
    assert document["conditions"] == [
        {"key": "batch", "a": "16", "b": "8"},
        {"key": "recipe", "a": "dense", "b": "bdwp"},
    ]
    assert figure(document, "speed-up over dense")["a"] is None
    assert sum(row["a_s"] for row in document["passes"]) == pytest.approx(figure(document, "time of a step")["a"])


def test_the_pick_of_an_exploration_is_compared(explored: Path, capsys: Capture) -> None:
    document = compared(capsys, str(explored), "small", "--pick", "5", "--out", "page.html")
    picked = subject_of(read_holdings(explored), 5).design
    assert figure(document, "processing elements")["a"] == picked.array.processing_elements
    assert figure(document, "clock")["a"] == picked.clock_hz


def test_a_person_reads_figures_and_changes(capsys: Capture) -> None:
    heddle("report", "tiny", "small")
    shown = capsys.readouterr().out
    assert "A tiny against B small" in shown
    assert "What changed" in shown
    assert shown.endswith("wrote comparison.html\n")


def test_a_preset_is_meant_where_a_folder_has_its_name(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "small").mkdir()
    assert figure(compared(capsys, "tiny", "small"), "processing elements")["b"] == 64
    assert refused(capsys, "tiny", "./small").startswith("small: holds no results of heddle")


WRONG = {
    "a mistyped preset": (
        ["smal", "tiny"],
        "unknown preset 'smal'; did you mean 'small'? (valid: ideal-32x32, sat-vcu1525, small, tiny)",
    ),
    "no such folder": (["tiny", "./runs"], "./runs: no such folder"),
    "no such file": (["tiny", "mine.toml"], "mine.toml: no such file"),
    "three": (["a", "b", "c"], "report: takes one folder, or two to compare; got 3: a, b, c"),
    "an empty word": (["tiny", ""], "A B: is empty; give a folder of results, a preset or a design's .toml"),
    "a batch of nothing": (["tiny", "small", "--batch", "2"], "--batch: needs --workload, the network that it is of"),
    "a recipe of nothing": (["tiny", "tiny", "--recipe", "x"], "--recipe: needs --workload, the network that it is of"),
    "a pick of nothing": (
        ["tiny", "small", "--pick", "1"],
        "--pick: no folder given holds the front of an exploration",
    ),
    "an empty page": (["tiny", "small", "--out", ""], "--out: is empty; give the path of a file"),
    "a page in no folder": (["tiny", "small", "--out", "no/p"], "no/p: cannot write the file: there is no folder no"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_compared_is_told_in_one_line(case: str, capsys: Capture) -> None:
    words, message = WRONG[case]
    assert refused(capsys, *words) == message


def test_folders_say_themselves_what_they_ran(simulated: Path, capsys: Capture) -> None:
    for option, value in (("--workload", "mlp"), ("--sparsity", "1:8")):
        assert refused(capsys, str(simulated), str(simulated), option, value) == (
            f"{option}: is for designs; both folders say themselves what they ran"
        )


def test_a_folder_that_names_no_design_is_not_compared(tmp_path: Path, capsys: Capture) -> None:
    write_json(tmp_path / "t" / "train.json", train_document(None))
    assert refused(capsys, "t/", "tiny") == "t: names no design to compare; train with --design, or simulate"
