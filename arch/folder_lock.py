"""One writer a run folder: a lock that the system gives back when the process ends, however it ends.

The folder itself is locked, so that nothing of it stays behind. Whoever has the lock may tidy up: temporary files of
runs that were killed belong to nobody.
"""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path

from heddle.arch.errors import HeddleError

_TEMPORARY = re.compile(r"\..+\.(\d+)\.tmp")

# Descriptors of the folders that this process has locked, by device and inode: a folder stays locked until
# ``release_folders``.
_held: dict[tuple[int, int], int] = {}


def lock_folder(folder: Path) -> None:
    """Lock ``folder`` for this process, and remove what killed runs left half written in it.

    Raises HeddleError where another process writes there. Where the file system knows no locks, nothing happens.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    status = os.fstat(descriptor)
    place = status.st_dev, status.st_ino
    if place in _held:
        os.close(descriptor)
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise HeddleError(
            f"{folder}: another run writes there; wait until it has ended, or give another folder"
        ) from None
    except OSError:
        os.close(descriptor)
        return
    _held[place] = descriptor
    _remove_leftovers(folder)


def release_folders() -> None:
    """Give back all folders that this process has locked."""
    while _held:
        _, descriptor = _held.popitem()
        os.close(descriptor)


def _remove_leftovers(folder: Path) -> None:
    for path in (*folder.glob(".*.tmp"), *folder.glob("*/.*.tmp")):
        match = _TEMPORARY.fullmatch(path.name)
        if match and path.is_file() and not _runs(int(match[1])):
            try:
                path.unlink(missing_ok=True)
            except OSError:
                continue  # hidden and harmless: no reason to refuse the run


def _runs(process: int) -> bool:
    """Whether there is a process of this number: ``heddle report`` writes beside a run, without its lock."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
