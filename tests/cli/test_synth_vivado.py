"""``heddle synth --tool vivado``, by a program of that name: its document, its table, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_vivado import put_on_path
from synth_command import COUNTED, SMALL, Capture, board_with, error, once_emitted, synth

from heddle.cli.main import main
from heddle.synth.vivado import core_project
from heddle.synth.vivado.project import REPORT_NAMES

#: Writes all reports of a run, as Vivado's; the design is routed where the report is of that stage.
WRITE_REPORTS = f"""
import vivado_samples as samples
for name in {REPORT_NAMES!r}:
    state = "Routed" if "route" in name else "Synthesized"
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(
        samples.power() if "power" in name
        else samples.timing() if "timing" in name
        else samples.hierarchy() if "hierarchical" in name
        else samples.utilisation(state=state, amounts={{"DSPs": ("9", "6840")}} if state == "Synthesized" else None)
    )
"""


@pytest.fixture(autouse=True)
def emitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_project, "emit_block", once_emitted)


def vivado(capsys: Capture, out: Path, *options: str, code: int = 0) -> Any:
    return synth(capsys, "--tool", "vivado", "--out", str(out), *options, code=code)


def test_vivado_s_reports_become_the_document(monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", WRITE_REPORTS)
    out = tmp_path / "run"
    document = vivado(capsys, out, code=1)
    assert {name: document[name] for name in COUNTED} == {
        "lut": 101234,
        "lut_as_memory": 4122,
        "ff": 88018,
        "dsp": 512,
        "bram36": 98.5,
        "uram": 12,
    }
    assert document["fits"] is True
    assert document["tool"].startswith("Vivado v.2021.2")
    assert document["covers"] == ["array", "sore", "wuve", "buffers"]
    assert document["missing"][:3] == ["vector", "left_feeder", "dma"]
    assert document["estimated"].keys() == {*document["missing"]}
    assert document["timing"]["met"] is False
    assert document["timing"]["setup"]["worst_ns"] == -0.321
    assert document["power"][0]["total_w"] == 12.718
    assert document["modules"] == [
        {"name": "heddle_core", "part": "core", "count": 1, **{name: document[name] for name in COUNTED}}
    ]
    assert [entry["module"] for entry in document["hierarchy"]][1:3] == ["(top)", "heddle_uspe"]
    assert document["unread"] == []
    assert json.loads((out / "synth.json").read_text()) == document


def test_vivado_s_figures_are_a_table_for_a_person(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", WRITE_REPORTS)
    assert main(["synth", *SMALL, "--tool", "vivado", "--out", str(tmp_path / "run")]) == 1
    printed = capsys.readouterr()
    assert "101,234" in printed.out
    assert "timing NOT met, worst setup slack -0.321 ns" in printed.out
    assert "array, sore, wuve, buffers were run, a register at each of their ports" in printed.out + printed.err
    assert (
        "vector, left_feeder, dma, controller, dram_controllers, host_link are estimated" in printed.out + printed.err
    )


def test_a_core_that_does_not_fit_by_vivado_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", WRITE_REPORTS)
    assert vivado(capsys, tmp_path / "run", "--board", board_with(tmp_path, "lut", 101_000), code=1)["fits"] is False


def test_reports_that_cannot_be_read_are_told_and_their_figures_are_unknown(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    nothing = f"""
    for name in {REPORT_NAMES!r}:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("nothing\\n")
    """
    put_on_path(monkeypatch, tmp_path / "bin", nothing)
    document = vivado(capsys, tmp_path / "run")
    assert document["fits"] is None
    assert document["lut"] is None
    assert document["timing"] is None
    assert document["modules"] == []
    assert len(document["unread"]) == len(REPORT_NAMES)
    assert main(["synth", *SMALL, "--tool", "vivado", "--out", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr()
    assert "timing not known" in printed.out
    assert "not read" in printed.out
    assert "is no Vivado report" in printed.out + printed.err


def test_without_vivado_the_remedy_is_told_and_the_project_is_there_to_be_taken_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    out = tmp_path / "run"
    message = error(capsys, *SMALL, "--tool", "vivado", "--out", str(out))
    assert message.startswith(
        f"heddle: error: vivado is not on PATH (source its settings64.sh; or copy {out}/vivado to"
    )
    assert message.count("\n") == 1
    assert {path.name for path in (out / "vivado").iterdir()} > {
        "heddle.tcl",
        "heddle.xdc",
        "heddle_array.v",
        "heddle_core.v",
        "heddle_uspe.v",
        "manifest.json",
    }
    assert not (out / "synth.json").exists()


def test_a_vivado_that_fails_is_one_line_with_its_step(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    put_on_path(
        monkeypatch,
        tmp_path / "bin",
        'say("HEDDLE STEP 2/9 synth_design"); say("ERROR: [Synth 8-439] no such module"); sys.exit(1)',
    )
    out = tmp_path / "run"
    assert error(capsys, *SMALL, "--tool", "vivado", "--out", str(out)) == (
        f"heddle: error: {out}/vivado: Vivado failed in step synth_design: [Synth 8-439] no such module (exit code 1) "
        f"(log: {out}/vivado/vivado.log)\n"
    )
    assert not (out / "synth.json").exists()
