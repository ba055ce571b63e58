"""A run that writes files: its folder, and its provenance (when it started, how long it took, from which inputs)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from arch.errors import HeddleError
from arch.run_dir import prepare_run_dir, write_provenance


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


def run_folder(out: Path | None) -> Path | None:
    """Return the folder that ``--out`` names, made if need be; None without one. Raises HeddleError."""
    if out is None:
        return None
    try:
        str(out).encode()
    except UnicodeEncodeError:  # Parquet files can only be opened by paths that are text
        raise HeddleError(f"--out: {str(out)!r} is not UTF-8; give another path") from None
    return prepare_run_dir(out)
