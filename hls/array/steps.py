"""What the two dataflows' step logic shares."""

from __future__ import annotations

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import ArrayConfig
from heddle.hls.array.control import CONTROL, NEEDS, PROGRESS


class Steps(wiring.Component):
    """One dataflow's share of a step.

    Ports
    -----
    en : Signal(1), in
        The step is taken.
    progress : PROGRESS, in
        Where the sequencer stands.
    control : CONTROL, out
    needs : NEEDS, out

    Latency: combinational from ``progress``.
    """

    def __init__(self, array: ArrayConfig) -> None:
        self.array = array
        super().__init__({"en": In(1), "progress": In(PROGRESS), "control": Out(CONTROL), "needs": Out(NEEDS)})
