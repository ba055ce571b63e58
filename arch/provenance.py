"""``provenance.json``: which command of which version made a run folder, from which inputs, when and where."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from heddle.arch.document import Document
from heddle.arch.run_dir import command_line, tool_version

PROVENANCE_NAME = "provenance.json"


class Provenance(Document):
    """How a run was made: the one file of a run folder that differs from run to run.

    ``command`` is the process's command line as a list of arguments, ``inputs`` the SHA-256 of each input by name,
    ``started_utc`` in whole seconds, ``seconds`` what the run took.
    """

    tool: str
    version: str
    command: tuple[str, ...]
    inputs: dict[str, str]
    started_utc: str
    seconds: float
    python: str
    platform: str

    def text(self) -> str:
        """Return the document as JSON text, letters beyond ASCII as they stand in the command."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def write_provenance(
    folder: Path,
    *,
    inputs: Mapping[str, str],
    started: datetime,
    seconds: float,
) -> Path:
    """Write ``provenance.json`` of this process's run into ``folder`` and return its path.

    Raises HeddleError where the file cannot be written.
    """
    record = Provenance(
        tool="heddle",
        version=tool_version(),
        command=tuple(command_line()),
        inputs=dict(sorted(inputs.items())),
        started_utc=started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=round(seconds, 3),
        python=platform.python_version(),
        platform=platform.platform(),
    )
    return record.write(folder / PROVENANCE_NAME)
