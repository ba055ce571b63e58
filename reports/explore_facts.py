"""An exploration as people read it: what was searched, and how that went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ExploreFacts:
    """What a page says of an exploration.

    ``points`` were evaluated, ``skipped`` counts the others by reason, ``resumed_points`` of the points came
    from an earlier run; ``seconds`` is this run's wall time and ``points_per_second`` its rate. ``accuracy_source``
    says whose the accuracies are, where the front has any.
    """

    workload: str
    batch: int
    recipe: str
    board: str
    space: str
    objectives: tuple[str, ...]
    points: int
    skipped: Mapping[str, int]
    seconds: float
    points_per_second: float
    resumed_points: int = 0
    accuracy_source: str = ""
