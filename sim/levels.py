"""The levels of detail at which a training step's time is found."""

from __future__ import annotations

from typing import Literal, get_args

#: The closed form; or decoupled engines with DRAM.
Level = Literal["estimate", "engines"]
LEVELS: tuple[Level, ...] = get_args(Level)
