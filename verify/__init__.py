"""Whether the RTL and its models agree: vectors, benches, models and checkers that ship with the tool.

``heddle.verify(design, …)`` is ``verify_design(design, …)``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class _Verify(ModuleType):
    """The package, which can be called: Python's import system keeps its name, so no function can have that name."""

    @property
    def __call__(self) -> Callable[..., Any]:
        """The function that a call of the package is a call of."""
        from heddle.verify.design_check import verify_design

        return verify_design


sys.modules[__name__].__class__ = _Verify
