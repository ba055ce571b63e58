"""``heddle report`` on damaged folders: a page of what can be read, and a line for what cannot."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_folders import SIMULATE, heddle, synth_document, train_document, verify_document, write_json

from heddle.arch.design_io import load_design, override
from heddle.arch.errors import HeddleError
from heddle.arch.provenance import write_provenance
from heddle.cli import report as report_module
from heddle.cli.main import main
from heddle.reports.review.build import build_review
from heddle.reports.runs.gather import read_holdings, subject_of

TINY = load_design("tiny")
DOCUMENTS = {
    "verify.json": verify_document(TINY),
    "train.json": train_document(TINY),
    "synth.json": synth_document(TINY),
}


@pytest.fixture(autouse=True)
def _without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands on the page is in the document too, and drawing takes seconds."""
    monkeypatch.setattr(report_module, "write_review", lambda review, path: path)


def problems_of(folder: Path) -> tuple[str, ...]:
    held = read_holdings(folder)
    return build_review(held, subject_of(held, None), folder).problems


def test_a_damaged_part_among_good_ones_is_named_on_the_page_and_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heddle(*SIMULATE, "--out", str(tmp_path))
    path = write_json(tmp_path / "verify" / "verify.json", verify_document(TINY))
    path.write_text(path.read_text()[:100])
    capsys.readouterr()
    assert main(["report", "--json", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    (problem,) = document["unread"]
    assert problem.startswith(f"{path}: is not valid JSON: ")
    assert problem.endswith("it may have been cut off")
    assert f"Not read: {problem}" in document["notes"]
    assert f"heddle: note: {problem}\n" in printed.err
    assert "agreement" in [each["section"] for each in document["missing"]]


def test_a_report_of_vivado_that_cannot_be_read_is_named_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heddle(*SIMULATE, "--out", str(tmp_path))
    (tmp_path / "empty.rpt").write_text("")
    capsys.readouterr()
    assert main(["report", "--json", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["unread"] == [f"{tmp_path}/empty.rpt: is empty"]
    assert f"heddle: note: {tmp_path}/empty.rpt: is empty\n" in printed.err


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_damaged_part_alone_ends_the_command_with_its_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_json(tmp_path / name, DOCUMENTS[name])
    path.write_text(path.read_text()[:-20])
    assert main(["report", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"heddle: error: {path}: is not valid JSON: ")
    assert error.count("\n") == 1


WRONG = {
    "a case without its bits": ("verify.json", {"cases": [{"name": "a"}]}, "missing keys 'cases.0.bit_exact'"),
    "a design that is none": ("verify.json", {"design": {}}, "missing keys 'design.name'"),
    "a design out of range": ("synth.json", {"design": {"name": "x"}}, "missing keys"),
    "modules that are none": ("synth.json", {"modules": 3}, "modules: must be a valid tuple, got 3"),
    "no finished seed": (
        "train.json",
        {"runs": [], "accuracy_mean": None},
        "no seed has finished both with the recipe and dense",
    ),
    "an accuracy that is a word": ("train.json", {"accuracy_mean": "high"}, "accuracy_mean: must be a valid number"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_document_with_something_else_in_it_is_told_in_one_line(case: str, tmp_path: Path) -> None:
    name, change, message = WRONG[case]
    path = write_json(tmp_path / name, DOCUMENTS[name] | change)
    with pytest.raises(HeddleError) as refused:
        read_holdings(tmp_path)
    assert str(refused.value).startswith(f"{path}: ")
    assert message in str(refused.value)


def test_a_key_that_is_not_known_is_told_with_its_file(tmp_path: Path) -> None:
    path = write_json(tmp_path / "verify.json", DOCUMENTS["verify.json"] | {"sede": 1})
    with pytest.raises(HeddleError) as refused:
        read_holdings(tmp_path)
    assert str(refused.value).startswith(f"{path}: unknown key 'sede'; did you mean 'seed'? (valid: design, ")


def test_a_run_of_an_older_version_is_told_with_the_command_that_makes_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(tmp_path / "totals.json", {})
    monkeypatch.setattr("sys.argv", ["/bin/heddle", "simulate", "--workload", "my net.csv"])
    write_provenance(tmp_path, inputs={}, started=datetime.now(UTC), seconds=1.0)
    with pytest.raises(HeddleError) as refused:
        read_holdings(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path}/work.json: no such file (an older heddle wrote none); "
        "make it with: heddle simulate --workload 'my net.csv'"
    )
    (tmp_path / "provenance.json").write_text("{")
    with pytest.raises(HeddleError, match=f"make it with: heddle simulate --out {tmp_path}$"):
        read_holdings(tmp_path)


def test_a_folder_with_the_work_of_another_verb_is_told_in_one_line(explored: Path, tmp_path: Path) -> None:
    heddle(*SIMULATE, "--out", str(tmp_path / "s"))
    shutil.copytree(explored, tmp_path / "e")
    shutil.copy(explored / "work.json", tmp_path / "s")
    assert problems_of(tmp_path) == (f"{tmp_path}/s: its work.json is not of 'heddle simulate'",)
    heddle(*SIMULATE, "--out", str(tmp_path / "t"))
    shutil.copy(tmp_path / "t" / "work.json", tmp_path / "e")
    assert problems_of(tmp_path)[0] == f"{tmp_path}/e: its work.json is not of 'heddle explore'"


def test_a_board_that_does_not_ship_is_told_in_one_line(tmp_path: Path) -> None:
    write_json(tmp_path / "verify.json", verify_document(override(TINY, {"board": "mine"})))
    held = read_holdings(tmp_path)
    with pytest.raises(HeddleError, match=r"^unknown board 'mine' \(valid: alveo-u250, vcu1525\)$"):
        subject_of(held, None)


def changed_front(explored: Path, folder: Path, change: dict[str, object]) -> str:
    """The error that a front with other columns gives."""
    shutil.copytree(explored, folder)
    front = pd.read_parquet(folder / "pareto.parquet").assign(**change)
    front.to_parquet(folder / "pareto.parquet")
    with pytest.raises(HeddleError) as refused:
        read_holdings(folder)
    assert str(refused.value).startswith(f"{folder}/pareto.parquet: ")
    return str(refused.value)


def test_a_front_whose_designs_are_not_those_of_its_points_is_refused(explored: Path, tmp_path: Path) -> None:
    assert "its column 'rows' is not that of its points; it is damaged" in changed_front(
        explored, tmp_path / "a", {"rows": 3}
    )
    assert "names points that are not of the space 'small'" in changed_front(
        explored, tmp_path / "b", {"point": 1 << 40}
    )
    assert "its column 'time_s' holds what is no number" in changed_front(
        explored, tmp_path / "c", {"time_s": float("nan")}
    )


def test_a_front_without_a_column_or_without_a_row_is_refused(explored: Path, tmp_path: Path) -> None:
    shutil.copytree(explored, tmp_path / "run")
    path = tmp_path / "run" / "pareto.parquet"
    whole = pd.read_parquet(path)
    for front, message in (
        (whole.drop(columns=["energy_j"]), "lacks the column 'energy_j'; it is no front of this exploration"),
        (whole.iloc[:0], "is empty, as no design of the space was feasible"),
    ):
        front.to_parquet(path)
        with pytest.raises(HeddleError, match=message):
            read_holdings(tmp_path / "run")


@settings(max_examples=40)
@given(st.data())
def test_a_front_cut_off_or_with_a_wrong_byte_is_read_or_told(explored: Path, data: st.DataObject) -> None:
    folder = explored.with_name("damaged")
    shutil.copytree(explored, folder, dirs_exist_ok=True)
    content = bytearray((explored / "pareto.parquet").read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:at]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    (folder / "pareto.parquet").write_bytes(bytes(content))
    with suppress(HeddleError):
        read_holdings(folder)


@settings(max_examples=60)
@given(st.data())
def test_a_document_cut_off_or_with_a_wrong_byte_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "documents"
    name = data.draw(st.sampled_from(sorted(DOCUMENTS)))
    shutil.rmtree(folder, ignore_errors=True)
    path = write_json(folder / name, DOCUMENTS[name])
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:at]
    else:
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    with suppress(HeddleError):
        held = read_holdings(folder)
        build_review(held, subject_of(held, None), folder)
