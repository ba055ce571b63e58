"""Jumps: registers of the RTL set ahead, so that a counter is seen at numbers which take hours to count to."""

from __future__ import annotations

from functools import reduce
from typing import Any

from heddle.verify.cases import Jump


class Jumper:
    """Carries out one jump; ``look`` is called between two rising edges, when registers hold what the next will see."""

    def __init__(self, dut: Any, jump: Jump) -> None:
        self._register = _inside(dut, jump.register)
        self._value = jump.value
        self._ahead = [(_inside(dut, path), number) for path, number in jump.ahead.items()]

    def look(self) -> None:
        """Set the registers ahead where it is time to."""
        if int(self._register.value) == self._value:
            for register, number in self._ahead:
                register.value = number & ((1 << len(register)) - 1)


def _inside(dut: Any, path: str) -> Any:
    """The register at ``path`` below the top module."""
    return reduce(getattr, path.split("."), dut)
