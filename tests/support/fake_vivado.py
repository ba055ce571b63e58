"""A program called ``vivado`` that does what a test asks, and a Tcl interpreter with Vivado's commands as stubs."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

_PROGRAM = """\
#!{python}
import os, signal, subprocess, sys, time
from pathlib import Path

sys.path.insert(0, {support!r})
LOG = open(sys.argv[sys.argv.index("-log") + 1], "w")


def say(line):
    for stream in (sys.stdout, LOG):
        print(line, file=stream, flush=True)


"""

_STUBS = """\
set exit_code {}
proc unknown {args} {
    called {*}$args
    if {[lindex $args 0] eq $::failing} {
        error "ERROR: \\[Common 17-69\\] Command failed:\\nsee the log"
    }
    set at [lsearch $args -file]
    if {$at >= 0} {
        close [open [lindex $args [expr {$at + 1}]] w]
    }
    if {[info exists ::answers([lindex $args 0])]} {
        return $::answers([lindex $args 0])
    }
}
rename puts tcl_puts
proc puts {line} { heard $line }
proc exit {code} {
    set ::exit_code $code
    error "exit $code"
}
"""


class TclVivado:
    """Runs a script as Vivado would, but that each command of Vivado's is noted and, for a report, writes its file.

    ``calls`` are those commands in their order, each with its arguments, and ``said`` the lines printed.
    """

    def __init__(self, failing: str = "", answers: Mapping[str, str] = {}) -> None:
        """``failing`` is the command that ends with an error; ``answers`` has what others return, by their names."""
        import tkinter  # not every Python has it, and the programs below do without

        self.said: list[str] = []
        self.calls: list[tuple[str, ...]] = []
        self._tcl = tkinter.Tcl()
        self._tcl.createcommand("called", lambda *words: self.calls.append(words))
        self._tcl.createcommand("heard", self.said.append)
        self._tcl.setvar("failing", failing)
        for command, answer in answers.items():
            self._tcl.setvar(f"answers({command})", answer)
        self._tcl.eval(_STUBS)

    def run(self, script: Path, arguments: Sequence[str] = ()) -> int:
        """Source ``script`` and return the exit code that it asks for, 0 when it runs to its end."""
        self._tcl.setvar("argv", tuple(arguments))
        self._tcl.setvar("script", str(script))
        failed = self._tcl.eval("catch {source $script} message") != "0"
        asked = str(self._tcl.getvar("exit_code"))
        if failed and not asked:
            raise RuntimeError(f"{script}: {self._tcl.getvar('message')}")
        return int(asked or "0")


def put_on_path(monkeypatch: pytest.MonkeyPatch, folder: Path, behaviour: str) -> Path:
    """Write a ``vivado`` into ``folder`` that runs the Python lines ``behaviour``, and make it the one on PATH.

    The lines may call ``say`` (to stdout and the log) and use os, signal, subprocess, sys, time and Path.
    """
    folder.mkdir(exist_ok=True)
    program = folder / "vivado"
    head = _PROGRAM.format(python=sys.executable, support=str(Path(__file__).parent))
    program.write_text(head + textwrap.dedent(behaviour))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))
    return program
