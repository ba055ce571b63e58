"""Components that a test makes and never elaborates: found as that very test ends, not when memory is next cleared."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from amaranth._unused import MustUse


class UnusedComponents:
    """Amaranth's components that are alive and not yet elaborated, from the moment that this is made.

    Amaranth warns as such a component is deleted. One that an exception holds in a cycle is deleted when Python next
    looks for cycles, in any later test.
    """

    def __init__(self) -> None:
        self._waiting: list[weakref.ref[MustUse]] = []
        make = MustUse.__new__

        def remembered(kind: type[MustUse], *arguments: object, src_loc_at: int = 0, **named: object) -> Any:
            made = make(kind, *arguments, src_loc_at=src_loc_at + 1, **named)
            self._waiting.append(weakref.ref(made))
            return made

        MustUse.__new__ = remembered

    def collect(self) -> None:
        """Delete what nothing but a cycle holds, if a component may be among it: Amaranth then warns here.

        What is alive after that is held by more than this test. It is not looked at again: to look for cycles takes
        half a second, and a component that a module holds would ask for it after every test.
        """
        if any(_is_unused(kept()) for kept in self._waiting):
            gc.collect()
        self._waiting.clear()


def _is_unused(made: MustUse | None) -> bool:
    return made is not None and not made._MustUse__used
