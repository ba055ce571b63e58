"""A run that writes files: its folder, and its provenance (when it started, how long it took, from which inputs)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.arch.folder_lock import lock_folder
from heddle.arch.provenance import write_provenance
from heddle.arch.run_dir import prepare_run_dir


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class RunRecord:
    """A run, from the moment that this is made."""

    started: datetime = field(default_factory=_now)
    begun_s: float = field(default_factory=time.monotonic)

    def write(self, folder: Path, inputs: Mapping[str, str]) -> Path:
        """Write ``provenance.json`` into ``folder`` and return its path; ``inputs`` are SHA-256 by name."""
        return write_provenance(
            folder,
            inputs=inputs,
            started=self.started,
            seconds=time.monotonic() - self.begun_s,
        )


#: The file by which a folder tells that it holds a verb's results.
RESULT_MARKS = {
    "explore": "request.json",
    "simulate": "totals.json",
    "schedule": "schedule.json",
    "compile": "memory.json",
    "generate": "manifest.json",
    "verify": "verify.json",
    "synth": "synth.json",
    "train": "train.json",
}


def run_folder(out: Path | None, verb: str) -> Path | None:
    """Return the folder that ``--out`` names for ``verb``, as ``result_folder`` does; None without one."""
    return None if out is None else result_folder(out, verb)


def result_folder(out: Path, verb: str) -> Path:
    """Return ``out`` as the folder of ``verb``'s results, made if need be.

    Raises HeddleError for a folder that cannot be used, that another run writes to, or that holds another verb's
    results: the files that both write (provenance, page, plots) would then tell of one and lie beside the other.
    The folder is this process's until ``heddle.arch.folder_lock.release_folders``.
    """
    try:
        str(out).encode()
    except UnicodeEncodeError:  # Parquet files can only be opened by paths that are text
        raise HeddleError(f"--out: {str(out)!r} is not UTF-8; give another path") from None
    for other, mark in RESULT_MARKS.items():
        if other != verb and (out / mark).is_file():
            raise HeddleError(f"{out}: holds the results of 'heddle {other}' ({mark}); give another folder")
    folder = prepare_run_dir(out)
    lock_folder(folder)
    return folder
