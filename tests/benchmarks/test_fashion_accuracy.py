"""The Fashion-MNIST table: what is missing is said before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fashion_accuracy import main


def test_missing_images_are_one_line_and_name_the_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data-dir", str(tmp_path / "none")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(
        f"heddle: fashion-mnist: there is no folder {tmp_path / 'none'}; install Debian's package"
    )
    assert printed.err.count("\n") == 1
