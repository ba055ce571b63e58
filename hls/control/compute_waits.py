"""Why the array takes no step: one cause for each clock."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.stream.queue import Queue


class Wait(enum.Enum, shape=3):  # type: ignore[call-arg]  # its metaclass takes it
    """What the array waits for, by the names and the rule of a simulated program (``heddle.sim.machine.stalls``).

    FEED: a computation is under way, and the array has not the words of its next step yet; or the next one waits for
    nothing, and is fetched, dispatched or prepared. DRAIN: no computation comes before the end or the next SYNC. FILL:
    the array has had none since the start or the last SYNC. LOAD_LEFT, LOAD_RIGHT, STORE: the next one waits for a
    load of activations or of weights, or for a store.
    """

    FILL = 0
    LOAD_LEFT = 1
    LOAD_RIGHT = 2
    STORE = 3
    FEED = 4
    DRAIN = 5


#: All of them by the names in results.
WAITS = {
    "fill": Wait.FILL,
    "load_left": Wait.LOAD_LEFT,
    "load_right": Wait.LOAD_RIGHT,
    "store": Wait.STORE,
    "feed": Wait.FEED,
    "drain": Wait.DRAIN,
}

#: The compute unit: the array has steps of a computation left; a computation was taken, and the array has not taken its
#: command; it takes one in this clock.
UNIT = data.StructLayout({"working": 1, "ahead": 1, "starts": 1})
#: The computation that is first in its queue: whether there is one, and what it lacks.
FIRST = data.StructLayout({"valid": 1, "lacks_load": 1, "lacks_store": 1})
#: What dispatch holds, as no queue takes it: a SYNC, or the last one has passed; a STORE.
HELD = data.StructLayout({"end": 1, "store": 1})


class ComputeWaits(wiring.Component):
    """Tells why the array takes no step.

    Ports
    -----
    unit : UNIT, in
    first : FIRST, in
    held : HELD, in
    load_queued, load_queued_weight : Signal(1), in
        A load waits in its queue, and the first of these is one of weights.
    load_taken, load_done : Signal(1), in
        The engine takes that one; the oldest one that it took is done.
    sync : Signal(1), in
        A SYNC passes: what begins after it is a first computation again.
    wait : Wait, out

    Latency 0 clocks.
    """

    def __init__(self, in_flight: int) -> None:
        """``in_flight``: loads that the engine takes before one is done."""
        self.sides = Queue(1, in_flight)
        super().__init__(
            {
                "unit": In(UNIT),
                "first": In(FIRST),
                "held": In(HELD),
                "load_queued": In(1),
                "load_queued_weight": In(1),
                "load_taken": In(1),
                "load_done": In(1),
                "sync": In(1),
                "wait": Out(Wait),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """The first cause that holds, in this order; where no computation is queued, what is held and loaded tells."""
        m = Module()
        has_begun, ever_began = Signal(), Signal()  # since the last SYNC, and since the start
        with m.If(self.sync):
            m.d.sync += has_begun.eq(0)
        with m.If(self.unit.starts):
            m.d.sync += [has_begun.eq(1), ever_began.eq(1)]
        is_loading, load = self._load(m)
        with m.If(self.unit.working):
            m.d.comb += self.wait.eq(Wait.FEED)
        with m.Elif(~has_begun):
            m.d.comb += self.wait.eq(Mux(self.held.end & ever_began, Wait.DRAIN, Wait.FILL))
        with m.Elif(self.unit.ahead):
            m.d.comb += self.wait.eq(Wait.FEED)
        with m.Elif(self.first.valid):
            with m.If(self.first.lacks_load):
                m.d.comb += self.wait.eq(load)
            with m.Else():
                m.d.comb += self.wait.eq(Mux(self.first.lacks_store, Wait.STORE, Wait.FEED))
        with m.Elif(self.held.end):
            m.d.comb += self.wait.eq(Wait.DRAIN)
        with m.Elif(self.held.store):
            m.d.comb += self.wait.eq(Wait.STORE)
        with m.Else():
            m.d.comb += self.wait.eq(Mux(is_loading, load, Wait.FEED))
        return m

    def _load(self, m: Module) -> tuple[Value, Value]:
        """Whether a load is not done, and what the oldest of these lets the array wait for."""
        m.submodules.sides = sides = self.sides
        m.d.comb += [
            sides.input.valid.eq(self.load_taken),
            sides.input.payload.eq(self.load_queued_weight),
            sides.output.ready.eq(self.load_done),
        ]
        in_engine = sides.output.valid
        is_weight = Mux(in_engine, sides.output.payload, self.load_queued_weight)
        return in_engine | self.load_queued, Mux(is_weight, Wait.LOAD_RIGHT, Wait.LOAD_LEFT)
