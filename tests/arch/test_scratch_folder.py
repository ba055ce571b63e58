"""The folder of an outside tool's files: it goes with the run, and stays where an error names a log in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from heddle.arch.errors import HeddleError
from heddle.arch.scratch_folder import scratch_folder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_it_is_named_after_its_purpose_and_goes_with_the_run(temporary: Path) -> None:
    with scratch_folder("mapping") as folder:
        (folder / "log").write_text("all is well")
        assert folder.name.startswith("heddle-mapping-")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("end", [KeyboardInterrupt, ValueError])
def test_it_goes_with_an_interruption_and_with_a_fault(end: type[BaseException], temporary: Path) -> None:
    with pytest.raises(end), scratch_folder("mapping"):
        raise end
    assert list(temporary.iterdir()) == []


def test_it_stays_after_an_error_that_names_a_log() -> None:
    with pytest.raises(HeddleError), scratch_folder("mapping") as folder:
        raise HeddleError(f"its log is {folder / 'log'}")
    assert folder.is_dir()
