"""The check of a command in the clock in which it is offered: whether the array may begin it."""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.command_rules import interleave_choices, os_owing_tiles, ws_returning_intervals
from heddle.arch.design import Design
from heddle.arch.timing import os_drain_cycles, os_lead_cycles, ring_cycles
from heddle.hls.array.command import COMMAND, Cause, Dataflow


class CommandCheck(wiring.Component):
    """What is wrong with a command; the rules are those of ``heddle.arch.command_rules``.

    Ports
    -----
    command : COMMAND, in
    accepted : Signal(1), in
        The array begins the command: what it leaves in the array counts for the next one.
    cause : Cause, out
        Why the array must not begin it, 0 where it may.
    is_legal : Signal(1), out
        There is no cause. It does not wait for which cause is the first.

    Latency: combinational from ``command``; the clock after that of an accepted one must have no other. Lengths are
    multiplied by a constant alone, which takes adders; what two fields make together is a table, as one of them matters
    only while it is small.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        super().__init__({"command": In(COMMAND), "accepted": In(1), "cause": Out(Cause), "is_legal": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """Look at the dataflow, the counts, then at what each dataflow asks for; the first reason is given."""
        m = Module()
        command, dataflows = self.command, self.design.array.dataflows
        others = [dataflow for dataflow in Dataflow.__members__.values() if dataflow.name.lower() not in dataflows]
        refused: dict[enum.Enum, Value] = {
            Cause.DATAFLOW: Dataflow(command.ws) == others[0] if others else Const(0),
            Cause.TILES: command.tiles == 0,
            Cause.LENGTH: command.length == 0,
        }
        in_os = self._output_stationary(m) if "os" in dataflows else {}
        in_ws = self._weight_stationary(m) if "ws" in dataflows else {}
        for reason in (*in_os, *in_ws):
            refused[reason] = Mux(command.ws, in_ws.get(reason, Const(0)), in_os.get(reason, Const(0)))
        cause: Value = Const(Cause.NONE)
        for reason in sorted(refused, key=lambda each: each.value, reverse=True):
            cause = Mux(refused[reason], reason, cause)
        m.d.comb += [self.cause.eq(cause), self.is_legal.eq(~Cat(*refused.values()).any())]
        return m

    def _output_stationary(self, m: Module) -> dict[enum.Enum, Value]:
        """Reasons in OS; registers keep what the last command left of its interval, what it owes, then the difference.

        The difference is there a clock after the command's own first one, in which no other can come.
        """
        array, command = self.design.array, self.command
        ring, lead = ring_cycles(array.interleave, array.adder_stages), os_lead_cycles(array.rows, array.interleave)
        owing = os_owing_tiles(array)
        enough = max(lead + ring, *owing, 1)
        spare = Signal(range(enough + 1), init=enough)
        owed = Signal(range(enough + 1))
        left_over = command.interval + (ring - array.interleave) - _times(command.length, ring)
        with m.If(self.accepted):
            m.d.sync += [
                spare.eq(Mux(command.ws, enough, _capped(left_over, enough))),
                owed.eq(Mux(command.ws, 0, _looked_up(owing, command.tiles, beyond=0))),
            ]
        until_sums, until_results = Signal.like(owed), Signal.like(owed)
        m.d.sync += [
            until_sums.eq(Mux(owed > spare, owed - spare, 0)),
            until_results.eq(Mux(lead + ring > spare, lead + ring - spare, 0)),
        ]
        settled = _capped(command.settle, enough)
        # Subtracted beside the product, and not added behind it; only of a short command is the product asked for.
        few_bits = (lead // ring + 1).bit_length()
        is_short, turns = ~command.length[few_bits:].any(), _times(command.length[:few_bits], ring)
        starts_early = is_short & (turns < until_results - settled)
        too_early = Mux(command.reload, settled < until_sums, starts_early)
        drain = os_drain_cycles(array.rows, array.interleave, 1)
        return {
            Cause.INTERVAL: (left_over < 0) | (command.interval < drain),
            Cause.GROUP_SLOTS: (command.group_slots == 0) | (command.group_slots > self.design.sparsity.m),
            Cause.INTERLEAVE_COLS: ~_is_one_of(command.interleave_cols, interleave_choices(array)),
            Cause.SETTLE: too_early,
        }

    def _weight_stationary(self, m: Module) -> dict[enum.Enum, Value]:
        """Reasons in WS; a register keeps whether the last command's sums come back in time for the next one's."""
        command = self.command
        alone, *_ = intervals = ws_returning_intervals(self.design.array)
        in_time = command.interval >= _looked_up(intervals, command.fresh_tiles, beyond=alone)
        returned = Signal(init=1)
        with m.If(self.accepted):
            m.d.sync += returned.eq(~command.ws | in_time)
        comes_back = command.reload | (command.tiles > command.fresh_tiles)
        too_short = (command.interval < command.length) | (command.interval < alone) | (comes_back & ~in_time)
        return {
            Cause.INTERVAL: too_short,
            Cause.FRESH_TILES: (command.fresh_tiles == 0) | (command.fresh_tiles > command.tiles),
            Cause.RELOAD: command.reload & ~returned,
        }


def _times(value: Value, factor: int) -> Value:
    """``value`` times a constant: a shifted sum or difference for each digit of -1, 0, 1, so that no multiplier is."""
    product: Value = Const(0)
    place = 0
    while factor:
        digit = 0 if factor % 2 == 0 else 2 - factor % 4
        if digit:
            product = product + (value << place) if digit == 1 else product - (value << place)
        factor, place = (factor - digit) // 2, place + 1
    return product


def _capped(value: Value, most: int) -> Value:
    """``value`` where it is below the first power of two above ``most``, otherwise that power less one."""
    width = most.bit_length()
    return value[:width] | value[width:].any().replicate(width)


def _looked_up(table: tuple[int, ...], at: Value, beyond: int) -> Value:
    """The entry of ``table`` at ``at``, or ``beyond`` where it has none."""
    bits = len(table).bit_length()
    whole = (*table, *[beyond] * ((1 << bits) - len(table)))
    return Mux(at[bits:].any(), beyond, Array(Const(entry) for entry in whole)[at[:bits]])


def _is_one_of(value: Value, choices: tuple[int, ...]) -> Value:
    found: Value = Const(0)
    for choice in choices:
        found = found | (value == choice)
    return found
