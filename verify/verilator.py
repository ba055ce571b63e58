"""Verilator models of emitted Verilog, kept between runs: the same RTL, tools and flags are compiled once.

A model is compiled in a folder of its own and renamed into the cache when it is whole, so that two processes that
want the same one do not disturb each other, and an interrupted build leaves nothing that looks like a model.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import cocotb_tools.config

from heddle.arch.errors import HeddleError
from heddle.arch.jit import kernel_cache_dir
from heddle.hls.emit import Rtl
from heddle.hls.verilog import CHECKS_DEFINE, without_sources
from heddle.verify.half_range import JUMPING_REGISTERS
from heddle.verify.model import Model
from heddle.verify.toolchain import Toolchain, find_toolchain

_log = logging.getLogger(__name__)

_KEPT_MODELS = 64
_LOG_NAME = "build.log"
_OBJECTS = "objects"

_FLAGS = ("--hierarchical", "--assert", f"-D{CHECKS_DEFINE}", "--timescale", "1ns/1ps")
# -O1 compiles as fast as anything and simulates as fast as -O3 (docs/verify.md has the figures). What Verilator calls
# slow runs once, when a model starts: half of a machine's C++.
_OPTIMISATION = ("OPT_FAST=-O1", "OPT_GLOBAL=-O1", "OPT_SLOW=-O0")
#: Verilator writes the C++ by itself, and only then make compiles it. ``--build -j`` would do both in one make, whose
#: rule for a block has two targets: it runs twice at once, and a compiler may read what the other run has just emptied.
_MAKE = ("make", "-j", "2", *_OPTIMISATION, "-f")
_BENCH_CONTROL = "bench.vlt"
_OBJECT_CACHE = Path(__file__).resolve().parent / "object_cache.py"
_OWN_LZ4 = Path(__file__).resolve().parent / "cpp"
_WAVES_FLAGS = ("--trace-fst", "-CFLAGS", f"-I{_OWN_LZ4}")
#: verilated.mk links waves with LZ4's library, which ``_OWN_LZ4`` does without: an archive that holds nothing.
_NO_LZ4 = ("liblz4.a", b"!<arch>\n")


def build_verilator_model(rtl: Rtl, *, waves: bool = False) -> Model:
    """Return the Verilator model of ``rtl``, compiled now or before.

    Raises HeddleError when a tool is missing, when nothing can be written, or, naming the log, when a tool fails.
    """
    if waves:
        _require_zlib()
    flags = (*_FLAGS, "--vpi", *(_WAVES_FLAGS if waves else ()))
    libs, main = cocotb_tools.config.libs_dir, cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
    bench = _Bench(main, flags, (f"-Wl,-rpath,{libs}", f"-L{libs}", "-lcocotbvpi_verilator"), _reachable(rtl))
    return Model("verilator", _built(rtl, bench), rtl.top, waves)


def build_program(rtl: Rtl, main: Path, headers: Mapping[str, str]) -> Path:
    """Return the program that ``main``, C++ around a model named Vtop, makes with ``rtl``, compiled now or before.

    ``headers``: the text, by file name, of all that ``main`` includes besides. Raises HeddleError as
    ``build_verilator_model`` does.
    """
    return _built(rtl, _Bench(main, _FLAGS, (), "`verilator_config\n", headers)) / rtl.top


@dataclass(frozen=True)
class _Bench:
    """What drives a model: its main program and its headers, Verilator's flags, what is linked, what is left open."""

    main: Path
    flags: tuple[str, ...]
    libraries: tuple[str, ...]
    control: str
    headers: Mapping[str, str] = field(default_factory=dict)


def _built(rtl: Rtl, bench: _Bench) -> Path:
    """The folder of a model's program."""
    toolchain = find_toolchain()
    folder = _model_cache() / _digest(rtl, toolchain, bench)
    with _alone(folder.with_suffix(".lock")):
        if folder.is_dir():
            _log.debug("%s: compiled already, in %s", rtl.top, folder)
            os.utime(folder)
        else:
            _drop_old_models(folder.parent)
            _compile(rtl, toolchain, bench, folder)
    return folder


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process compiles the same model: it is then there already."""
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError:  # a file system that knows no locks: two processes may do the same work
            _log.debug("%s cannot be locked", lock)
        yield


def _require_zlib() -> None:
    """Raise HeddleError where the header that Verilator's FST writer includes is missing."""
    probe = ["g++", "-E", "-x", "c++", "-include", "zlib.h", os.devnull]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        raise HeddleError("zlib.h is not there; writing waves needs it (apt install zlib1g-dev)")


def _model_cache() -> Path:
    """The folder of compiled models, beside that of the compiled kernels."""
    kernels = kernel_cache_dir()
    if kernels is None:
        raise HeddleError("no folder for compiled models; make ~/.cache writable, or set XDG_CACHE_HOME to one that is")
    folder = kernels.parent / "models"
    folder.mkdir(exist_ok=True)
    return folder


def _digest(rtl: Rtl, toolchain: Toolchain, bench: _Bench) -> str:
    """A name for the model that everything it is made from has a part in."""
    answer = subprocess.run(
        [toolchain.verilator, "--version"], env=toolchain.environment, capture_output=True, text=True, check=False
    )
    tools = [answer.stdout, version("cocotb"), str(cocotb_tools.config.libs_dir)]
    texts = [part for item in _sources(rtl).items() for part in item]
    headers = [part for header in sorted(bench.headers.items()) for part in header]
    driving = [bench.main.read_text(), *bench.flags, *_OPTIMISATION, bench.control, *headers]
    return hashlib.sha256("\0".join([*tools, *driving, *texts]).encode()).hexdigest()[:32]


def _sources(rtl: Rtl) -> dict[str, str]:
    """What is compiled: a line of Python that has moved is no other model."""
    return {name: without_sources(text) for name, text in rtl.files.items()}


def _drop_old_models(cache: Path) -> None:
    """Keep the models used last."""
    models = [path for path in cache.glob("[0-9a-f]*/") if path.name != _OBJECTS]
    models.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    for stale in models[_KEPT_MODELS - 1 :]:
        shutil.rmtree(stale, ignore_errors=True)


def _compile(rtl: Rtl, toolchain: Toolchain, bench: _Bench, folder: Path) -> None:
    """Compile ``rtl`` and put its program into ``folder``, which then appears whole."""
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder.parent) as made:
        work = Path(made)
        for name, text in {**_sources(rtl), _BENCH_CONTROL: bench.control}.items():
            (work / name).write_text(text)
        (work / "build").mkdir()  # where C++ is compiled, so that no flag need name it
        for name, text in bench.headers.items():
            (work / "build" / name).write_text(text)
        no_lz4, nothing = _NO_LZ4
        (work / no_lz4).write_bytes(nothing)
        launcher = [sys.executable, "-I", str(_OBJECT_CACHE), str(folder.parent / _OBJECTS)]
        environment = {"OBJCACHE": shlex.join(launcher), **toolchain.environment}
        verilate = [str(toolchain.verilator), *_verilator_arguments(rtl, work, bench)]
        returncode = _run_logged(verilate, work, work / _LOG_NAME, environment)
        if not returncode:
            blocks = (work / "build" / "Vtop_hier.mk").exists()
            makefile = "Vtop_hier.mk" if blocks else "Vtop.mk"
            returncode = _run_logged([*_MAKE, makefile], work / "build", work / _LOG_NAME, environment)
        if returncode:
            kept = shutil.move(work / _LOG_NAME, folder.with_suffix(".log"))
            raise HeddleError(f"verilator cannot build {rtl.top}: it ended with {returncode}; its log is {kept}")
        finished = work / "model"
        finished.mkdir()
        shutil.move(work / "build" / rtl.top, finished)
        shutil.move(work / _LOG_NAME, finished)
        _publish(finished, folder)


def _run_logged(command: Sequence[str], folder: Path, log_file: Path, environment: dict[str, str]) -> int:
    """Run ``command`` in ``folder``, its output at the end of ``log_file``; return its exit status."""
    _log.debug("runs %s", shlex.join(command))
    with log_file.open("a") as log:
        return subprocess.run(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        ).returncode


def _verilator_arguments(rtl: Rtl, work: Path, bench: _Bench) -> list[str]:
    """Verilator's arguments for a model and what drives it."""
    return [
        *("--cc", "--exe", "--prefix", "Vtop", "--top-module", rtl.top),
        *("--Mdir", str(work / "build"), "-o", rtl.top),
        *bench.flags,
        *("-LDFLAGS", " ".join((f"-L{work}", *bench.libraries))),
        str(bench.main),
        *(str(work / name) for name in (*rtl.files, _BENCH_CONTROL)),
    ]


def _reachable(rtl: Rtl) -> str:
    """A control file that lets the bench reach the ports, and the registers that its jumps may set.

    With every signal in reach a model runs at half the speed.
    """
    ports = [(rtl.top, port.name) for port in rtl.ports]
    modules = ((f"{rtl.top}_{module}", name) for module, name in JUMPING_REGISTERS)
    registers = [
        (module, name) for module, name in modules if any(f"module {module}(" in it for it in rtl.files.values())
    ]
    reachable = (f'public_flat_rw -module "{module}" -var "{name}"' for module, name in (*ports, *registers))
    return "\n".join(["`verilator_config", *reachable]) + "\n"


def _publish(finished: Path, folder: Path) -> None:
    try:
        os.rename(finished, folder)
    except OSError:
        if not folder.is_dir():  # else another process was faster, with the same model
            raise
