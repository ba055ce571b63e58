"""A seeded fault, and the check that must catch it."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.errors import HeddleError


@dataclass(frozen=True)
class Check:
    """A part of the suite: arguments of Python that run it, and what it prints where the RTL is wrong.

    It exits with 0 when all is well. ``evidence`` is a regular expression for a line of its output: a run that
    exits otherwise without such a line (an import that fails, a missing tool) has judged nothing.
    """

    name: str
    arguments: tuple[str, ...]
    evidence: str


@dataclass(frozen=True)
class Fault:
    """An edit of one source file of ``hls``: ``old``, which stands there once, becomes ``new``."""

    name: str
    path: str
    old: str
    new: str
    breaks: str
    check: Check

    def applied(self, source: str) -> str:
        """Return ``source`` with the fault in it; HeddleError where ``old`` does not stand there just once."""
        found = source.count(self.old)
        if found != 1:
            raise HeddleError(f"fault {self.name}: {self.old!r} stands {found} times in {self.path}, not once")
        return source.replace(self.old, self.new)
