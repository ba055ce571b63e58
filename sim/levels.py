"""The levels of detail at which a training step's time is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

#: The closed form; or decoupled engines with DRAM.
Level = Literal["estimate", "engines"]
LEVELS: tuple[Level, ...] = get_args(Level)

#: Called with how many of how many products are scheduled, or passes run by the engines.
Progress = Callable[[int, int], None]
