"""Finished blocks as Parquet files, so that an interrupted exploration goes on where it stopped.

``request.json`` names what the parts belong to; a folder with another request's parts is refused. A part appears
under its name only when it is whole, and every page carries a checksum.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from arch.errors import HeddleError
from arch.run_dir import atomic_file, prepare_run_dir, write_atomically
from dse.points import COLUMNS, Points
from dse.request import identity_digest

REQUEST_NAME = "request.json"
PARTS_NAME = "parts"
_FLOATS = ("time_s", "energy_j")
_SCHEMA = pa.schema([(name, pa.float64() if name in _FLOATS else pa.int64()) for name in COLUMNS])
_SHOWN_CHARACTERS = 12
_DIGEST_KEY, _SKIPPED_KEY = b"request", b"skipped"


@dataclass(frozen=True)
class Parts:
    """The parts of one exploration in a run folder."""

    folder: Path
    digest: str

    def path(self, block: int) -> Path:
        """Return the file of a block."""
        return self.folder / PARTS_NAME / f"block-{block:05d}.parquet"

    def write(self, block: int, points: Points) -> None:
        """Store a finished block; raises HeddleError when the file cannot be written."""
        skipped = json.dumps(points.skipped)
        schema = _SCHEMA.with_metadata({_DIGEST_KEY: self.digest.encode(), _SKIPPED_KEY: skipped.encode()})
        table = pa.table(list(points.columns().values()), schema=schema)
        with atomic_file(self.path(block)) as temporary:
            pq.write_table(table, temporary, write_page_checksum=True)

    def read(self, block: int) -> Points | None:
        """Return a stored block, or None where there is none.

        Raises HeddleError when the file is damaged: it is for the user to decide that it may go.
        """
        path = self.path(block)
        if not path.exists():
            return None
        try:
            table = pq.read_table(path, page_checksum_verification=True, partitioning=None)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path, str(error).partition("\n")[0]) from None
        metadata = table.schema.metadata or {}
        if not table.schema.equals(_SCHEMA) or _SKIPPED_KEY not in metadata:
            raise _damaged(path, "it holds other columns")
        if metadata.get(_DIGEST_KEY) != self.digest.encode():
            raise _damaged(path, "it belongs to another exploration")
        skipped = json.loads(metadata[_SKIPPED_KEY])
        return Points(tuple(skipped), *(table[name].to_numpy() for name in COLUMNS))

    def read_all(self, blocks: int) -> Iterator[Points]:
        """Yield the blocks from first to last; raises HeddleError when one has gone."""
        for block in range(blocks):
            points = self.read(block)
            if points is None:
                raise HeddleError(f"{self.path(block)}: has gone since it was written; run again")
            yield points


def open_parts(out: Path, identity: Mapping[str, str]) -> Parts:
    """Return the parts of ``out`` for the request of ``identity``; the folder is made if need be.

    Raises HeddleError when it holds the parts of another request, naming what differs, and when it cannot be
    used at all.
    """
    folder = prepare_run_dir(out)
    record = folder / REQUEST_NAME
    if record.exists():
        _check_same(folder, _read_identity(record), identity)
    elif (folder / PARTS_NAME).is_dir() and any((folder / PARTS_NAME).iterdir()):
        raise HeddleError(
            f"{folder}: holds {PARTS_NAME}/ but no {REQUEST_NAME} to say what of; "
            f"delete {PARTS_NAME}/ or give another folder"
        )
    else:
        write_atomically(record, (json.dumps(dict(identity), indent=2, sort_keys=True) + "\n").encode())
    prepare_run_dir(folder / PARTS_NAME)
    return Parts(folder, identity_digest(identity))


def _read_identity(record: Path) -> dict[str, str]:
    try:
        identity = json.loads(record.read_bytes())
    except OSError as error:
        raise HeddleError(f"{record}: cannot be read: {error.strerror or error}") from None
    except ValueError:
        identity = None
    if not isinstance(identity, dict) or not all(isinstance(value, str) for value in identity.values()):
        raise HeddleError(f"{record}: is damaged; delete {record.parent} or give another folder")
    return identity


def _check_same(folder: Path, there: Mapping[str, str], here: Mapping[str, str]) -> None:
    differing = [name for name in here if there.get(name) != here[name]]
    if differing:
        named = ", ".join(_difference(name, there.get(name, "none"), here[name]) for name in differing)
        raise HeddleError(
            f"{folder}: holds another exploration, which differs in {named}; give another folder, or delete it"
        )


def _difference(name: str, there: str, here: str) -> str:
    """Short values are shown; of a digest only that it differs says something."""
    if name == "model":
        return "the version of the tool"
    if max(len(there), len(here)) > _SHOWN_CHARACTERS:
        return name
    return f"{name} ({there} there, {here} here)"


def _damaged(path: Path, reason: str) -> HeddleError:
    return HeddleError(f"{path}: is not a whole part ({reason}); delete it and run again to compute it anew")
