"""What a design takes of an FPGA: yosys, nextpnr and Vivado run, and their reports read.

``heddle.synth(design, …)`` is ``synthesise(design, …)``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class _Synth(ModuleType):
    """The package, which can be called: Python's import system keeps its name, so no function can have that name."""

    @property
    def __call__(self) -> Callable[..., Any]:
        """The function that a call of the package is a call of."""
        from heddle.synth.yosys.run import synthesise

        return synthesise


sys.modules[__name__].__class__ = _Synth
