"""The folder of a run: one verb's results, and no other's among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from heddle.cli.main import main
from heddle.reports.runs.record import RESULT_MARKS

COMMANDS = {
    "explore": ["explore", "--workload", "mlp", "--batch", "16", "--space", "small"],
    "simulate": ["simulate", "--workload", "mlp", "--batch", "8"],
    "schedule": ["schedule", "--workload", "mlp", "--batch", "8"],
}


@pytest.mark.parametrize("verb", COMMANDS)
def test_a_folder_takes_the_same_verb_again_and_no_other(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path)]
    assert main([*COMMANDS[verb], *out]) == 0
    assert main([*COMMANDS[verb], *out]) == 0
    held = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    capsys.readouterr()
    for other in COMMANDS.keys() - {verb}:
        assert main([*COMMANDS[other], *out]) == 2
        assert capsys.readouterr().err == (
            f"heddle: error: {tmp_path}: holds the results of 'heddle {verb}' ({RESULT_MARKS[verb]}); "
            "give another folder\n"
        )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == held
