"""How much a verb says on stderr: ``--quiet`` only errors and failed checks, ``--verbose`` also what it does.

What is said only with ``--verbose`` is logged by whichever package does it, at the level DEBUG of its own logger.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

import typer

from heddle.arch.errors import HeddleError

_log = logging.getLogger(__name__)
_OURS = logging.getLogger("heddle")


class Verbosity(Enum):
    """How much is said on stderr."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


_chosen: ContextVar[Verbosity] = ContextVar("verbosity", default=Verbosity.NORMAL)


@dataclass(frozen=True, kw_only=True)
class VerbosityOptions:
    """What every verb takes."""

    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say what is read and run, and how long it takes (stderr).")
    ] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes on stderr; errors stay.")] = (
        False
    )

    def __post_init__(self) -> None:
        if self.verbose and self.quiet:
            raise HeddleError("--quiet and --verbose exclude each other; give one of them")

    @property
    def level(self) -> Verbosity:
        """What is asked for."""
        if self.quiet:
            return Verbosity.QUIET
        return Verbosity.VERBOSE if self.verbose else Verbosity.NORMAL


def is_quiet() -> bool:
    """Return whether progress and notes are left out."""
    return _chosen.get() is Verbosity.QUIET


@contextmanager
def speaking(level: Verbosity) -> Iterator[None]:
    """Let the block say as much as ``level``."""
    token = _chosen.set(level)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("heddle: %(message)s"))
    before = _OURS.level
    shown = logging.DEBUG if level is Verbosity.VERBOSE else logging.INFO
    if level is not Verbosity.QUIET:
        _OURS.addHandler(handler)
        _OURS.setLevel(shown)
    try:
        yield
    finally:
        _OURS.removeHandler(handler)
        _OURS.setLevel(before)
        _chosen.reset(token)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Log that the block begins, and how long it took."""
    _log.debug("%s", what)
    began = time.perf_counter()
    try:
        yield
    finally:
        _log.debug("%s took %.2f s", what, time.perf_counter() - began)
