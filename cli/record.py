"""Provenance of a run that writes files: when it started, how long it took, from which inputs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from arch.run_dir import write_provenance
from cli.output import command_line, tool_version


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
            command=command_line(),
            inputs=inputs,
            version=tool_version(),
            started=self.started,
            seconds=time.monotonic() - self.begun_s,
        )
