"""Finished blocks as Parquet files, so that an interrupted exploration goes on where it stopped.

``request.json`` names what the parts belong to; a folder with another request's parts is refused. A part appears
under its name only when it is whole, every page carries a checksum, and the file says which block it holds.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import atomic_file, prepare_run_dir, write_atomically
from heddle.dse.points import COLUMNS, SKIP_REASONS, Points
from heddle.dse.request import identity_digest

REQUEST_NAME = "request.json"
PARTS_NAME = "parts"
_log = logging.getLogger(__name__)

_FLOATS = ("time_s", "energy_j")
_SCHEMA = pa.schema([(name, pa.float64() if name in _FLOATS else pa.int64()) for name in COLUMNS])
_SHOWN_CHARACTERS = 12
_DIGEST_KEY, _BLOCK_KEY, _SKIPPED_KEY = b"request", b"block", b"skipped"
_LEFTOVERS = ".block-*.tmp"


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
        metadata = {
            _DIGEST_KEY: self.digest.encode(),
            _BLOCK_KEY: str(block).encode(),
            _SKIPPED_KEY: json.dumps(points.skipped).encode(),
        }
        schema = _SCHEMA.with_metadata(metadata)
        table = pa.table(list(points.columns().values()), schema=schema)
        with atomic_file(self.path(block)) as temporary:
            pq.write_table(table, temporary, write_page_checksum=True)

    def read(self, block: int, span: range) -> Points | None:
        """Return a stored block, whose points are numbered within ``span``, or None where there is none.

        Raises HeddleError when the file is damaged or holds another block: it is for the user to decide that it
        may go.
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
        if metadata.get(_BLOCK_KEY) != str(block).encode():
            raise _damaged(path, "it holds another block")
        points = Points(_skipped_of(path, metadata), *(table[name].to_numpy() for name in COLUMNS))
        if len(points) and (points.point.min() < span.start or points.point.max() >= span.stop):
            raise _damaged(path, f"it holds points outside {span.start} to {span.stop - 1}")
        if len(points) + sum(points.skipped) != len(span):
            raise _damaged(path, f"it accounts for {len(points) + sum(points.skipped)} of {len(span)} points")
        _log.debug("read %s", path)
        return points

    def read_all(self, spans: Iterable[range]) -> Iterator[Points]:
        """Yield the blocks from first to last, given the points of each; raises HeddleError when one has gone."""
        for block, span in enumerate(spans):
            points = self.read(block, span)
            if points is None:
                raise HeddleError(f"{self.path(block)}: has gone since it was written; run again")
            yield points


def open_parts(out: Path, identity: Mapping[str, str]) -> Parts:
    """Return the parts of ``out`` for the request of ``identity``; the folder is made if need be.

    Temporary files that a killed run left among the parts are removed. Raises HeddleError when the folder holds
    the parts of another request, naming what differs, and when it cannot be used at all.
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
    _remove_leftovers(prepare_run_dir(folder / PARTS_NAME))
    return Parts(folder, identity_digest(identity))


def _remove_leftovers(folder: Path) -> None:
    for path in folder.glob(_LEFTOVERS):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise HeddleError(f"{path}: cannot be removed: {error.strerror or error}; delete it") from None


def _skipped_of(path: Path, metadata: Mapping[bytes, bytes]) -> tuple[int, ...]:
    try:
        counts = json.loads(metadata[_SKIPPED_KEY])
    except ValueError:
        counts = None
    if not isinstance(counts, list) or [type(count) for count in counts] != [int] * len(SKIP_REASONS):
        raise _damaged(path, "its counts of skipped points are unreadable")
    return tuple(counts)


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
