"""Reading a file that the user named, with one clear line when that fails."""

from __future__ import annotations

from pathlib import Path

from heddle.arch.errors import HeddleError, nearest


def read_bytes(path: str | Path) -> bytes:
    """Return the file's bytes.

    Raises HeddleError for a path that is missing (with the nearest name beside it), a folder, or unreadable.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise HeddleError(f"{path}: there is no such file{_guess(Path(path))}") from None
    except IsADirectoryError:
        raise HeddleError(f"{path}: it is a folder, not a file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        raise HeddleError(f"{path}: it cannot be read: {error}") from None


def _guess(path: Path) -> str:
    try:
        close = nearest(path.name, sorted(entry.name for entry in path.parent.iterdir() if entry.suffix == path.suffix))
    except OSError:
        return f" (the folder {path.parent} is missing or closed too)"
    return f"; did you mean {str(path.parent / close)!r}?" if close else ""
