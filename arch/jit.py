"""The decorator of every compiled kernel, and where compiled kernels are cached.

Numba caches a kernel by its own file only, so a change in a function that it calls from another file would
leave a stale kernel behind. The cache folder is therefore named by a hash of all kernel-bearing sources: any
edit starts a fresh folder. Without a writable cache folder the kernels are compiled anew in each process.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba
from numba.core.event import Event, Listener, register

from heddle.arch.run_dir import cache_home

_log = logging.getLogger(__name__)

_KERNEL_PACKAGES = ("arch", "dataflow", "sim", "training", "dse")
_KEPT_CACHES = 4
_COMPILE = "numba:compile"

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def sources_digest() -> str:
    """Return a hash of all sources that a kernel is compiled from, and of Numba's version."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(numba.__version__.encode())
    for package in _KERNEL_PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _drop_old_caches(parent: Path, current: Path) -> None:
    others = [p for p in parent.glob("kernels-*") if p != current]
    others.sort(key=lambda p: p.stat().st_mtime, reverse=True)
    for stale in others[_KEPT_CACHES - 1 :]:
        shutil.rmtree(stale, ignore_errors=True)


def kernel_cache_dir() -> Path | None:
    """Return the folder of this version's compiled kernels, made if need be; None where none is writable."""
    for parent in (cache_home() / "heddle", Path(tempfile.gettempdir()) / f"heddle-{os.getuid()}"):
        folder = parent / f"kernels-{sources_digest()}"
        try:
            fresh = not folder.is_dir()
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                continue
            if fresh:
                _drop_old_caches(parent, folder)
        except OSError:
            continue
        return folder
    return None


class _SaysOnce(Listener):
    """Says that kernels are compiled when the first one is: a command that finds all that it calls says nothing.

    One whose kernels are all cached makes no such event, and each verb has kernels that others do not call.
    """

    said = False

    def on_start(self, compilation: Event) -> None:
        """Log a line for the first compilation."""
        if not self.said:
            _log.info("compiling kernels, once per installation")
        self.said = True

    def on_end(self, compilation: Event) -> None:
        """Say nothing."""


def _use_cache() -> bool:
    if os.environ.get("NUMBA_CACHE_DIR"):
        return True
    folder = kernel_cache_dir()
    if folder is None:
        return False
    _log.debug("compiled kernels are kept in %s", folder)
    register(_COMPILE, _SaysOnce())  # type: ignore[no-untyped-call]  # numba ships no stubs
    vars(numba.config)["CACHE_DIR"] = str(folder)  # numba ships no stub that declares it
    return True


_CACHED = _use_cache()


def kernel(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compile ``function`` with Numba: no Python objects, no GIL, IEEE arithmetic in the written order."""
    compiled: Callable[Arguments, Result] = numba.njit(cache=_CACHED, nogil=True, error_model="numpy")(function)
    return compiled
