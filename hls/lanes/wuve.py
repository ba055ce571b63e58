"""WUVE: lanes that update weights in FP32 and give each new weight in the operand format too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib import stream as streams
from amaranth.lib.wiring import In, Out

from heddle.hls.description import Described
from heddle.hls.fp.datapath import Datapath
from heddle.hls.fp.expression import Expression, narrow, scalar, square_root, stream
from heddle.hls.fp.schedule import Schedule
from heddle.hls.fp.units import Units
from heddle.hls.stream.handshake import assert_stable


@dataclass(frozen=True)
class UpdateRule:
    """An optimiser: the new FP32 ``master`` and moments of a weight, as expressions of the old and its gradient."""

    name: str
    state: Mapping[str, Expression] = field(repr=False)


def _decayed_gradient(master: Expression) -> Expression:
    """The gradient without the loss scale, plus the decay's: what both optimisers begin with."""
    return stream("gradient") * scalar("gradient_scale") + master * scalar("weight_decay")


def _sgd() -> UpdateRule:
    master = stream("master")
    momentum = scalar("momentum") * stream("momentum") + _decayed_gradient(master)
    return UpdateRule("sgd", {"master": master - scalar("learning_rate") * momentum, "momentum": momentum})


def _adam() -> UpdateRule:
    master, old_mean = stream("master"), stream("mean")
    gradient = _decayed_gradient(master)
    mean = old_mean + scalar("mean_rate") * (gradient - old_mean)
    variance = scalar("variance_decay") * stream("variance") + scalar("variance_rate") * gradient * gradient
    denominator = square_root(variance) * scalar("root_scale") + scalar("epsilon")
    step = scalar("step_size") * mean / denominator
    return UpdateRule("adam", {"master": master - step, "mean": mean, "variance": variance})


#: SGD with momentum and weight decay. Scalars: gradient_scale (1 / loss scale), weight_decay, momentum, learning_rate.
SGD = _sgd()
#: Adam with coupled weight decay. Scalars: gradient_scale, weight_decay, mean_rate (1 - beta1), variance_decay (beta2),
#: variance_rate (1 - beta2), root_scale (1 / sqrt(1 - beta2^t)), epsilon, step_size (learning rate / (1 - beta1^t)).
ADAM = _adam()

#: Every optimiser that has lanes, by name.
UPDATE_RULES = {rule.name: rule for rule in (SGD, ADAM)}


def update_schedule(rule: UpdateRule, units: Units) -> Schedule:
    """Return what one lane computes, and when: the new state, and the new master as an operand."""
    return Schedule({**rule.state, "operand": narrow(rule.state["master"])}, units)


def update_members(schedule: Schedule, lanes: int) -> dict[str, wiring.Member]:
    """Return the ports of ``lanes`` lanes."""
    return {
        "scalars": In(schedule.scalars),
        "weights": In(streams.Signature(data.ArrayLayout(schedule.entering, lanes))),
        "updated": Out(streams.Signature(data.ArrayLayout(schedule.leaving, lanes))),
        "busy": Out(1),
    }


class Wuve(wiring.Component):
    """``lanes`` optimiser lanes in lockstep, each one weight a clock.

    Ports
    -----
    scalars : an FP32 word for each scalar of ``rule``, in
        Constant while ``busy``, and in the clock in which a word enters.
    weights : stream of ``lanes`` x (gradient, master, moments), FP32, in
    updated : stream of ``lanes`` x (master, moments, operand), out
        The new state in FP32, and the new master rounded to ``units.operand``.
    busy : Signal(1), out
        Words are inside.

    Latency: ``latency`` clocks, from a word moving in to the same word valid, if it is never held up. Throughput:
    one word a clock. The pipeline stands still while a word at its end is not taken, so ``weights.ready`` follows
    ``updated.ready`` combinationally. Reset empties it at any time.
    """

    def __init__(self, rule: UpdateRule, lanes: int = 1, units: Units = Units()) -> None:
        """Raises ValueError for less than one lane."""
        if lanes < 1:
            raise ValueError(f"WUVE has at least 1 lane, not {lanes}")
        self.rule = rule
        self.lanes = lanes
        self.schedule = update_schedule(rule, units)
        self.latency = self.schedule.latency
        super().__init__(Described(update_members(self.schedule, lanes), {"latency": self.latency}))

    def elaborate(self, platform: object) -> Module:
        """One valid bit a step for all lanes; they advance unless the last step's word is held up."""
        m = Module()
        inside = Signal(self.latency)  # bit i: a word that entered i + 1 steps ago
        en = Signal()
        m.d.comb += [
            en.eq(~self.updated.valid | self.updated.ready),
            self.weights.ready.eq(en),
            self.updated.valid.eq(inside[-1]),
            self.busy.eq(inside.any()),
        ]
        with m.If(en):
            m.d.sync += inside.eq(Cat(self.weights.valid, inside))
        for number in range(self.lanes):
            m.submodules[f"lane_{number}"] = lane = Datapath(self.schedule)
            m.d.comb += [
                lane.en.eq(en),
                lane.scalars.eq(self.scalars),
                lane.entering.eq(self.weights.payload[number]),
                self.updated.payload[number].eq(lane.leaving),
            ]
        assert_stable(m, self.updated)
        return m
