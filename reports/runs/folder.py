"""Which results lie in a folder and in the folders directly below it, and how each was made."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.arch.provenance import PROVENANCE_NAME, Provenance
from heddle.reports.runs.record import RESULT_MARKS
from heddle.reports.runs.work_file import WORK_NAME, WorkFile


@dataclass(frozen=True)
class Place:
    """A folder that holds the results of a verb."""

    verb: str
    folder: Path

    @property
    def mark(self) -> Path:
        """The file by which the folder tells so."""
        return self.folder / RESULT_MARKS[self.verb]


def check_folder(folder: Path) -> None:
    """Raise HeddleError, in one line, where ``folder`` is none."""
    if folder.is_dir():
        return
    if folder.exists():
        raise HeddleError(f"{folder}: is a file; give the folder that holds it")
    raise HeddleError(f"{folder}: no such folder")


def result_places(folder: Path) -> tuple[Place, ...]:
    """Return where results lie: in ``folder`` itself first, then in the folders below it by name.

    Raises HeddleError for a folder that is none or cannot be read.
    """
    check_folder(folder)
    try:
        below = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    except OSError as error:
        raise HeddleError(f"{folder}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    places = [Place(verb, each) for each in (folder, *below) for verb in RESULT_MARKS]
    return tuple(place for place in places if place.mark.is_file())


def work_of(place: Place) -> WorkFile:
    """Return the work of a folder; raises HeddleError where its file is damaged, or missing with what makes it."""
    path = place.folder / WORK_NAME
    if path.exists():
        return WorkFile.read(path)
    raise HeddleError(f"{path}: no such file (an older heddle wrote none); make it with: {rerun_command(place)}")


def rerun_command(place: Place) -> str:
    """Return the command line that made a folder's results, as far as its provenance tells."""
    try:
        words = Provenance.read(place.folder / PROVENANCE_NAME).command[1:]
    except HeddleError:
        words = ()
    if words[:1] == (place.verb,):  # else the run was made from Python
        return shlex.join(["heddle", *words])
    return f"heddle {place.verb} --out {shlex.quote(str(place.folder))}"
