"""``heddle simulate --power``: Vivado's watts on chip in every figure, and one line for a file that has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import vivado_samples

from heddle.cli.main import main

Capture = pytest.CaptureFixture[str]
OPTIONS = ("simulate", "--workload", "mlp", "--batch", "8")


@pytest.fixture
def power(tmp_path: Path) -> Path:
    path = tmp_path / "power.rpt"
    path.write_text(vivado_samples.power().replace("heddle_array", "whole_design"))
    return path


def test_the_watts_of_the_report_are_the_energy_on_chip(power: Path, capsys: Capture) -> None:
    watts = dict(vivado_samples.SUMMARY_OF_POWER)
    assert main([*OPTIONS, "--json"]) == 0
    modelled = json.loads(capsys.readouterr().out)["total"]
    assert main([*OPTIONS, "--json", "--power", str(power)]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    total = document["total"]
    assert modelled["energy_source"] == "uncalibrated model"
    assert total["energy_by_part_j"] == {
        "vivado_dynamic": pytest.approx(float(watts["Dynamic (W)"]) * total["time_s"]),
        "vivado_static": pytest.approx(float(watts["Device Static (W)"]) * total["time_s"]),
        "dram": modelled["energy_by_part_j"]["dram"],
    }
    assert total["energy_j"] == pytest.approx(sum(total["energy_by_part_j"].values()))
    assert sum(item["energy_j"] for item in document["passes"]) == pytest.approx(total["energy_j"])
    assert total["activity"] == modelled["activity"]
    assert total["energy_source"].startswith("Vivado power report power.rpt, device xcvu9p-fsgd2104-2L-e")
    assert f"heddle: note: energy on chip: {total['energy_source']}\n" in captured.err


def test_the_printed_summary_and_the_files_have_the_report_s_energy(
    power: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "out"
    assert main([*OPTIONS, "--recipe", "dense", "--power", str(power), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    totals = json.loads((out / "totals.json").read_text())
    assert set(totals["energy_by_part_j"]) == {"vivado_dynamic", "vivado_static", "dram"}
    assert "on chip, dynamic (Vivado)" in (out / "index.html").read_text()
    assert len(json.loads((out / "provenance.json").read_text())["inputs"]["power"]) == 64
    assert main([*OPTIONS, "--recipe", "dense"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] != printed.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty (valid: by report_power)"),
        ("some words\n", "is no Vivado report (no 'Tool Version' line, no known title) (valid: by report_power)"),
        (vivado_samples.utilisation(), "is another report of Vivado (valid: by report_power)"),
        (
            vivado_samples.power() + vivado_samples.power(),
            "holds 2 power reports, and which is meant is open",
        ),
        (
            vivado_samples.power(summary=[("Dynamic (W)", "NA"), ("Device Static (W)", "2.5")]),
            "states neither dynamic and static watts nor their total",
        ),
    ],
)
def test_a_file_without_one_power_report_is_refused_in_one_line(
    text: str, problem: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "file.rpt"
    path.write_text(text)
    out = tmp_path / "out"
    assert main([*OPTIONS, "--power", str(path), "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"heddle: error: --power {path}: {problem}\n"
    assert not out.exists()


def test_a_file_that_is_not_there_is_refused_in_one_line(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "none.rpt"
    assert main([*OPTIONS, "--power", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"heddle: error: --power {path}: cannot be read: no such file")


def test_an_empty_path_is_refused_in_one_line(capsys: Capture) -> None:
    assert main([*OPTIONS, "--power", ""]) == 2
    assert "--power: is empty; give the path of a file" in capsys.readouterr().err
