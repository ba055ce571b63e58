"""A run of Vivado in a folder: its steps as progress, its first error as one line, its log kept."""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.synth.vivado.project import ADVICE_NAMES, NOT_MET, REPORT_NAMES, SCRIPT_NAME

_log = logging.getLogger(__name__)

LOG_NAME = "vivado.log"

#: How long Vivado has to end by itself once it is asked to.
_GRACE_S = 10.0
_STEP = re.compile(r"HEDDLE STEP (\d+)/(\d+) (\S+)")
_FAILED = re.compile(r"HEDDLE FAILED \S+: (?:ERROR: )?(.+)")
_ERROR = re.compile(r"ERROR: (.+)")
# A shell that starts Vivado for us reports a signal as an exit code.
_SHELL_SIGNAL_BASE = 128


def find_vivado(project: Path) -> Path:
    """Return the ``vivado`` on PATH. Raises HeddleError that says how to run ``project`` without it."""
    found = shutil.which("vivado")
    if found is None:
        raise HeddleError(
            f"vivado is not on PATH (source its settings64.sh; or copy {project} to where Vivado is, run "
            f"`vivado -mode batch -source {SCRIPT_NAME}` there, bring the folder back, and read its reports with "
            f"`heddle report {project}`)"
        )
    return Path(found).absolute()


def run_vivado(folder: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Run the script in ``folder`` with Vivado; reports, checkpoints and ``vivado.log`` are left there.

    A run that has all its reports and misses its clock is none that failed: the timing report says so.
    ``progress`` is called with how many of how many steps are done. Raises HeddleError, with Vivado's own first
    error, the step and the log's path, when Vivado fails, is ended by a signal, or ends well without its reports;
    also where there is no Vivado or no script. Vivado and what it started are ended when anything else is raised
    meanwhile, KeyboardInterrupt included.
    """
    vivado = find_vivado(folder)
    if not (folder / SCRIPT_NAME).is_file():
        raise HeddleError(f"{folder}: there is no {SCRIPT_NAME} to run")
    _remove_old_results(folder)
    heard = _Heard(progress)
    command = [str(vivado), "-mode", "batch", "-source", SCRIPT_NAME, "-nojournal", "-log", LOG_NAME]
    with _started(command, folder) as child:
        # _started pipes it.
        for line in child.stdout or ():
            heard.take(line)
        code = child.wait()
    missing = [name for name in REPORT_NAMES if not (folder / name).is_file()]
    if code not in (0, NOT_MET) or missing or (code == NOT_MET and not heard.missed_clock):
        raise _failure(folder, heard, code, missing)
    heard.finish()


class _Heard:
    """What a run has said so far: the step that it is in, its first error, its last line."""

    def __init__(self, progress: Callable[[int, int], None] | None) -> None:
        self.step = ""
        self.last = ""
        self.missed_clock = False
        self._error = ""
        self._failed = ""
        self._steps = 0
        self._progress = progress

    @property
    def problem(self) -> str:
        """The first error of Vivado's own; without one the message of the script, or nothing."""
        return self._error or self._failed

    def take(self, line: str) -> None:
        """Take the next line of the output."""
        text = line.strip()
        self.last = text or self.last
        if step := _STEP.fullmatch(text):
            self.step, self._steps = step[3], int(step[2])
            self._report(int(step[1]) - 1)
        elif error := _ERROR.match(text):
            self._error = self._error or error[1]
        elif failed := _FAILED.match(text):
            self._failed = self._failed or failed[1]
        elif text.startswith("HEDDLE NOT MET "):
            self.missed_clock = True

    def finish(self) -> None:
        """Report that every step is done."""
        self._report(self._steps)

    def _report(self, done: int) -> None:
        if self._progress is not None:
            self._progress(done, self._steps)


def _remove_old_results(folder: Path) -> None:
    """Remove what would pass for this run's: reports and the log of a run before it."""
    for name in (*REPORT_NAMES, *ADVICE_NAMES, LOG_NAME):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise HeddleError(f"{folder / name}: cannot remove the file of an earlier run: {reason}") from error


def _failure(folder: Path, heard: _Heard, code: int, missing: list[str]) -> HeddleError:
    where = f"in step {heard.step}" if heard.step else "before its first step"
    name = _signal_name(code)
    if name:
        what = f"Vivado was ended by {name} {where}" + (f": {heard.problem}" if heard.problem else "")
    elif code:
        said = heard.problem or heard.last or "it said nothing"
        what = f"Vivado failed {where}: {said} (exit code {code})"
    else:
        why = f": {heard.problem}" if heard.problem else ""
        what = f"Vivado ended {where} without writing {', '.join(missing)}{why}"
    log = folder / LOG_NAME
    return HeddleError(f"{folder}: {what}" + (f" (log: {log})" if log.is_file() else " (it left no log)"))


def _signal_name(code: int) -> str:
    """The signal that an exit code stands for, or nothing."""
    number = -code if code < 0 else code - _SHELL_SIGNAL_BASE
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


@contextmanager
def _started(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start ``command`` in ``folder`` in a process group of its own, which is gone when the block ends."""
    _log.debug("runs %s", shlex.join(command))
    try:
        child = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            process_group=0,
        )
    except OSError as error:
        raise HeddleError(f"{command[0]}: cannot be started: {(error.strerror or str(error)).lower()}") from error
    # What Vivado leaves behind when it dies would hold the pipe open, and whoever reads it would wait for ever.
    reaper = threading.Thread(target=_end_leftovers, args=(child,), daemon=True)
    reaper.start()
    with child:
        try:
            yield child
        except BaseException:
            _stop(child)
            raise
        finally:
            reaper.join()


def _end_leftovers(child: subprocess.Popen[str]) -> None:
    child.wait()
    _signal_group(child, signal.SIGKILL)


def _stop(child: subprocess.Popen[str]) -> None:
    """End the group of ``child``: asked first, then made to."""
    _signal_group(child, signal.SIGTERM)
    try:
        with suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_S)
    finally:
        _signal_group(child, signal.SIGKILL)


def _signal_group(child: subprocess.Popen[str], number: signal.Signals) -> None:
    # A group that is already empty is what we want.
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)
