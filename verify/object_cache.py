"""A compiler's launcher for make's OBJCACHE: Verilator's own runtime is compiled once, and not for every model.

Started as ``python object_cache.py FOLDER COMPILER ARGUMENT...``, with the source as the last argument, as
Verilator's make rules have it. The runtime is about half of what a small model takes to compile, and it
depends on nothing of the model. All else goes to the compiler as it is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

_RUNTIME_PREFIX = "verilated"


def launch(folder: Path, command: list[str]) -> int:
    """Run ``command``, or give its object from ``folder`` if it is there; return the compiler's exit code."""
    source = Path(command[-1])
    if not source.name.startswith(_RUNTIME_PREFIX) or "-o" not in command:
        return subprocess.run(command, check=False).returncode
    target = Path(command[command.index("-o") + 1])
    kept = folder / f"{_digest(command, source)}.o"
    if not kept.is_file():
        code = subprocess.run(command, check=False).returncode
        if code:
            return code
        folder.mkdir(exist_ok=True)
        partial = kept.with_suffix(f".{os.getpid()}")
        shutil.copyfile(target, partial)
        os.replace(partial, kept)
        return 0
    shutil.copyfile(kept, target)
    return 0


def _digest(command: list[str], source: Path) -> str:
    """A name for the object: of the command, the source, and the compiler, by when that was installed."""
    compiler = shutil.which(command[0]) or command[0]
    installed = Path(compiler).resolve().stat().st_mtime_ns
    content = hashlib.sha256(source.read_bytes()).hexdigest()
    return hashlib.sha256("\0".join([*command, str(installed), content]).encode()).hexdigest()[:32]


if __name__ == "__main__":
    sys.exit(launch(Path(sys.argv[1]), sys.argv[2:]))
