"""A pipeline whose stages move together: while its last word waits to be taken, all that is in it stands still."""

from __future__ import annotations

from typing import Annotated, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel

Ints = npt.NDArray[np.int64]

#: Waits that are remembered: more than any pipeline has stages, as each word in it waits once.
WAITS = 8


class PipelineRow(TypedDict):
    """The waits of its last words: the clocks from which they stood at its end, and in which they left."""

    offered: Annotated[Ints, int, WAITS]
    taken: Annotated[Ints, int, WAITS]
    waited: int


@kernel
def waits(line: PipelineRow, offered: int, taken: int) -> None:
    """Remember that a word stood at the end from ``offered`` on, and that the stages move again in ``taken``."""
    if taken > offered:
        at = line["waited"] % WAITS
        line["offered"][at], line["taken"][at] = offered, taken
        line["waited"] += 1


@kernel
def enters_at(line: PipelineRow, ready: int) -> int:
    """Return the first clock from ``ready`` on in which the stages move."""
    at, count = ready, line["waited"]
    for number in range(max(0, count - WAITS), count):
        place = number % WAITS
        if line["offered"][place] <= at < line["taken"][place]:
            at = line["taken"][place]
    return at


@kernel
def leaves_at(line: PipelineRow, entered: int, stages: int) -> int:
    """Return the clock from which what ``entered`` stands at the end, ``stages`` moves later."""
    at, count = entered + stages, line["waited"]
    for number in range(max(0, count - WAITS), count):
        place = number % WAITS
        if line["offered"][place] > entered:
            at += line["taken"][place] - line["offered"][place]
    return at
