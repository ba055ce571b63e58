"""``heddle explore --layer-sparsity``: layers at their own N:M, kept for the report, and its error lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heddle.arch.design_io import load_design
from heddle.cli.main import main
from heddle.reports.runs.work_file import WORK_NAME, WorkFile, saved_work

TOPOLOGY = "Layer, M, N, K, Sparsity,\na,64,64,64,1:2,\nb,64,64,64,{},\n"


def options(folder: Path, ratio: str) -> list[str]:
    path = folder / "net.csv"
    path.write_text(TOPOLOGY.format(ratio))
    return ["--workload", str(path), "--batch", "1", "--space", "small", "--layer-sparsity"]


def test_layers_run_at_their_own_ratio_and_the_folder_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert main(["explore", "--json", *options(tmp_path, "1:4"), "--out", str(folder)]) == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert "N:M by layer, as the file says: 2:8 in 1 layer, 4:8 in 1 layer" in notes
    saved = WorkFile.read(folder / WORK_NAME)
    assert saved.layer_sparsity
    forward = [item for item in saved_work(saved, load_design("small")).step.items if item.pass_name == "ff"]
    assert sum(item.products[0].macs for item in forward) == 64**3 // 2 + 64**3 // 4


def test_a_ratio_that_no_group_of_the_space_holds_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explore", *options(tmp_path, "1:16")]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "heddle: error: --layer-sparsity: layer 'b' keeps 1:16, whose groups do not lie whole in the design's, of 8; "
        "give --sparsity N:M with an M that 16 divides"
    )
