"""Cases of components with one input stream, whose outputs nobody feeds back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from heddle.verify.cases import Case, InputStream, OutputStream, Stalls, Words

#: Cycles after which a component that should have finished hangs, as a multiple of what it has to take.
_PATIENCE = 40


def stream_case(
    name: str,
    entering: tuple[str, Words],
    outputs: Mapping[str, tuple[Words, int]],
    cycles: int,
    stalls: Stalls,
    constants: Mapping[str, int],
    rerun: str,
) -> Case:
    """Return the case of words for one input stream, and of each output its expected words and their width.

    It takes ``cycles``, claimed where nothing stalls. One that stalls is begun twice: it is reset halfway first.
    """
    stalled = stalls.idle > 0 or stalls.backpressure > 0
    stream, words = entering
    return Case(
        name=f"{name}-stalled" if stalled else name,
        inputs=(InputStream(stream, words, idle=stalls.idle),),
        outputs=tuple(
            OutputStream(output, expected, bits, np.arange(len(expected))[:, np.newaxis], 1, stalls.backpressure)
            for output, (expected, bits) in outputs.items()
        ),
        sim_cycles=None if stalled else cycles,
        limit_cycles=_PATIENCE * cycles,
        seed=stalls.seed,
        constants=constants,
        reset_after_cycles=cycles // 2 if stalled else 0,
        rerun=rerun,
    )
