"""The folder of one run: made or refused at the start, files that appear whole or not at all, and provenance.

Every file goes to a temporary name first and is then renamed, so whoever stops the run (a full disk, Ctrl-C, a
power cut) never leaves half a file under a final name.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from heddle.arch.errors import HeddleError

_HASH_BLOCK_BYTES = 1 << 20


def prepare_run_dir(path: str | Path) -> Path:
    """Return ``path`` as a folder that exists and can be written to; missing parents are made.

    Raises HeddleError, in one line, where the path or a parent of it is a file, or where nothing can be written.
    """
    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        raise HeddleError(f"{folder}: is a file; a run needs a folder (give another path, or move the file)")
    if folder.is_symlink() and not folder.exists():
        raise HeddleError(f"{folder}: is a link that leads nowhere; a run needs a folder (give another path)")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HeddleError(f"{folder}: cannot make the run folder: {_reason(error)}") from error
    _probe(folder, f"{folder}: cannot write to the run folder")
    return folder


def check_file_target(path: Path) -> None:
    """Raise HeddleError, in one line, where ``path`` cannot become a file: told before a run and not after it."""
    if path.is_dir():
        raise HeddleError(f"{path}: is a folder; give the path of a file")
    if path.exists() and not path.is_file():
        raise HeddleError(f"{path}: is not a regular file; give the path of a file")
    if not path.parent.is_dir():
        raise HeddleError(f"{path}: cannot write the file: there is no folder {path.parent}")
    _probe(path.parent, f"{path}: cannot write the file")


def _probe(folder: Path, problem: str) -> None:
    """Fail now, and not after a long run, when the folder takes no files; ``problem`` starts the message."""
    probe = folder / f".probe.{os.getpid()}.tmp"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise HeddleError(f"{problem}: {_reason(error)}") from error


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; what the block writes there becomes ``path`` when it ends well.

    When the block raises, ``path`` stays as it was and the temporary file is removed. An OSError of the block
    or of the renaming comes out as a HeddleError that names ``path``.
    """
    if path.name in ("", ".."):
        raise HeddleError(f"{path}: is a folder; give the path of a file")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise HeddleError(f"{path}: cannot write the file: {_reason(error)}") from error
    finally:
        _discard(temporary)


def _discard(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except OSError:
        # The write's own failure is the one to report; this leftover is hidden and harmless.
        return


def write_atomically(path: Path, content: bytes) -> Path:
    """Write ``content`` to ``path`` whole or not at all, and return ``path``; raises HeddleError on OSError."""
    return _write(path, (content,))


def write_pieces(path: Path, pieces: Iterable[str]) -> Path:
    """Write text that comes in pieces as UTF-8, as ``write_atomically`` does."""
    return _write(path, (piece.encode() for piece in pieces))


def _write(path: Path, blocks: Iterable[bytes]) -> Path:
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        file.writelines(blocks)
        file.flush()
        os.fsync(file.fileno())
    return path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits; raises HeddleError when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_HASH_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise HeddleError(f"{path}: cannot read the file: {_reason(error)}") from error
    return digest.hexdigest()


def sha256_of_text(text: str) -> str:
    """Return the SHA-256 of UTF-8 text as 64 hexadecimal digits: for inputs that are no file (a zoo network)."""
    return hashlib.sha256(text.encode()).hexdigest()


def cache_home() -> Path:
    """Return the user's cache folder.

    A relative XDG_CACHE_HOME is ignored, as the XDG Base Directory Specification says.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return home if home.is_absolute() else Path.home() / ".cache"


def tool_version() -> str:
    """Return the version of the installed tool."""
    return version("heddle-npu")


def command_line() -> list[str]:
    """Return this process's arguments as printable text (bytes that are not UTF-8 escaped)."""
    return [argument.encode("utf-8", "backslashreplace").decode() for argument in sys.argv]


def _reason(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()
