"""The commands that a report of a relative folder prints do what they say where they are run."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from fake_vivado import put_on_path
from run_folders import SIMULATE, heddle
from synth_command import NOTHING_FOUND
from vivado_samples import power, timing, utilisation

from heddle.cli import synth as synth_module
from heddle.cli.main import main
from heddle.reports.runs.record import RESULT_MARKS
from heddle.synth.vivado.project import REPORT_NAMES

pytestmark = pytest.mark.compiled

Capture = pytest.CaptureFixture[str]

#: What makes each command short without a change to where it reads and writes.
QUICK = {
    "front": "--space small",
    "stages": "",
    "agreement": "--gemm 4x8x4 --dataflow os",
    "accuracy": "--seeds 1 --epochs 1 --train-samples 100 --workers 1",
    "vivado": "",
}
WRITE_REPORTS = f"""
import vivado_samples as samples
for name in {REPORT_NAMES!r}:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(
        samples.power() if "power" in name
        else samples.timing(slacks=samples.SLACKS_MET, verdict=samples.MET) if "timing" in name
        else samples.hierarchy() if "hierarchical" in name
        else samples.utilisation()
    )
"""


@pytest.fixture
def slow_tools_are_stood_in_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(synth_module, "synthesise", lambda *given: NOTHING_FOUND)
    put_on_path(monkeypatch, tmp_path / "bin", WRITE_REPORTS)


@pytest.mark.usefixtures("slow_tools_are_stood_in_for")
def test_every_command_works_from_a_relative_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    heddle(*SIMULATE, "--out", "run")
    capsys.readouterr()
    heddle("report", "run", "--json")
    missing = {each["section"]: each["command"] for each in json.loads(capsys.readouterr().out)["missing"]}
    assert missing.keys() == QUICK.keys()
    for section, command in missing.items():
        assert "--out run/" in command
        words = [*shlex.split(command)[1:], *shlex.split(QUICK[section])]
        assert main(words) == 0, f"{command}: {capsys.readouterr().err}"
        assert (tmp_path / words[words.index("--out") + 1] / RESULT_MARKS[words[0]]).is_file()


def test_a_relative_folder_of_vivado_s_reports_is_completed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("reports").mkdir()
    for name, text in (("power", power()), ("timing", timing()), ("utilisation", utilisation())):
        Path("reports", f"{name}.rpt").write_text(text)
    heddle("report", "reports", "--json")
    missing = {each["section"]: each["command"] for each in json.loads(capsys.readouterr().out)["missing"]}
    heddle(*shlex.split(missing["step"])[1:], "--design", "tiny", "--workload", "mlp", "--batch", "1")
