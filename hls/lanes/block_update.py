"""The weight update's way through the machine: optimiser lanes, then N:M packing for both passes that use weights."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib import stream as streams
from amaranth.lib.wiring import Out, connect, flipped

from heddle.arch.sparsity import checked_sparsity
from heddle.hls.fp.units import Units
from heddle.hls.lanes.sore import SoreLane, packing_members
from heddle.hls.lanes.wuve import UpdateRule, Wuve, update_members, update_schedule
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.handshake import assert_stable


class BlockUpdate(wiring.Component):
    """Updates M x M blocks of weights, a row of M a clock, and packs the new weights along both directions.

    A row holds M consecutive input channels of one output channel, a block M consecutive output channels: its rows
    are groups of the forward product, its columns groups of the backward one.

    Ports
    -----
    scalars : as of Wuve, in
    weights : stream of M x (gradient, master, moments), FP32, in; M rows in a row make a block
    state : stream of M x (master, moments), FP32, out; a word for each row
    forward_groups, backward_groups : streams of packed groups (``heddle.hls.lanes.ranking.packed_layout``), out
        W_FF, a group for each row; W_BP, M groups for each full block. As SoreLane gives them.
    busy : Signal(1), out
        Rows are in the optimiser lanes: ``scalars`` may not change.

    Latency: ``state_latency`` clocks to ``state``, ``forward_latency`` and, from a block's last row,
    ``backward_latency`` to the groups. Throughput: one row a clock. A row leaves the optimiser lanes when ``state`` and
    SORE have both taken it, so any output that is not served holds the others up in the end. Reset empties it all.
    """

    def __init__(self, rule: UpdateRule, n: int, m: int, units: Units = Units()) -> None:
        """Raises HeddleError for an unsupported N:M."""
        checked_sparsity(n, m)
        self.rule, self.n, self.m, self.units = rule, n, m, units
        schedule = update_schedule(rule, units)
        self.state_latency = schedule.latency + Fork.latency
        self.forward_latency = self.state_latency + SoreLane.row_latency
        self.backward_latency = self.state_latency + SoreLane.column_latency
        state = data.StructLayout({name: schedule.leaving[name].shape for name in rule.state})
        of_wuve, of_sore = update_members(schedule, m), packing_members(n, m, units.operand.width)
        super().__init__(
            {
                "scalars": of_wuve["scalars"],
                "weights": of_wuve["weights"],
                "state": Out(streams.Signature(data.ArrayLayout(state, m))),
                "forward_groups": of_sore["row_groups"],
                "backward_groups": of_sore["column_groups"],
                "busy": of_wuve["busy"],
            }
        )

    def elaborate(self, platform: object) -> Module:
        """The new weights fork: all of a word but the operands to ``state``, the operands to SORE."""
        m = Module()
        m.submodules.wuve = wuve = Wuve(self.rule, self.m, self.units)
        m.submodules.sore = sore = SoreLane(self.n, self.m, self.units.operand.width)
        m.submodules.fork = fork = Fork(wuve.updated.payload.shape(), ways=2)
        connect(m, flipped(self.weights), wuve.weights)
        connect(m, wuve.updated, fork.input)
        connect(m, sore.row_groups, flipped(self.forward_groups))
        connect(m, sore.column_groups, flipped(self.backward_groups))
        to_state, to_sore = fork.outputs
        m.d.comb += [
            wuve.scalars.eq(self.scalars),
            self.busy.eq(wuve.busy),
            self.state.valid.eq(to_state.valid),
            to_state.ready.eq(self.state.ready),
            sore.rows.valid.eq(to_sore.valid),
            to_sore.ready.eq(sore.rows.ready),
        ]
        for element, row in enumerate(sore.rows.payload):
            m.d.comb += row.eq(to_sore.payload[element].operand)
            m.d.comb += [
                self.state.payload[element][name].eq(to_state.payload[element][name]) for name in self.rule.state
            ]
        assert_stable(m, self.state)
        return m
