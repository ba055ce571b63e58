"""What is proven of the sequencer: whatever it is told, it ends after as many steps as the command says, or at once.

The property stands beside the state machine alone, in which commands are any words and steps come as they like. The
bound is a rank: in each step of a command its prologue's rest falls by one, or its place (tile, phase) goes on by one
and stays below tiles x interval. So a command takes its prologue and tiles x interval steps; a refused one takes none.
"""

from __future__ import annotations

from amaranth.hdl import Assert, Cat, Module, Mux, Signal, Value
from amaranth.lib.data import View

from heddle.arch.command_rules import interleave_choices
from heddle.arch.design import ArrayConfig, Design
from heddle.arch.timing import os_drain_cycles, os_lead_cycles, ring_cycles
from heddle.hls.array.command import Cause
from heddle.hls.array.sequencer import Sequencer
from heddle.hls.stream.handshake import transfer
from heddle.verify.properties import Harness, stability


class StateMachine(Sequencer):
    """The sequencer without the steps of its dataflows, which its state does not depend on."""

    def elaborate(self, platform: object) -> Module:
        """Build the state machine."""
        m = Module()
        self._progress(m)
        return m


def command_ends(machine: StateMachine) -> Harness:
    """Each command ends; none is begun that breaks a rule of its own; a refused one changes no more than the count."""
    harness = stability(machine)
    m, design = harness.module, machine.design
    idle, busy = machine.idle, ~machine.idle
    command = machine.current
    place_is_first = (machine.phase == 0) & (machine.tile == 0)
    m.d.sync += [
        Assert(machine.idle + machine.in_prologue + machine.in_tiles == 1),
        Assert(Mux(machine.in_tiles, _is_within(machine), place_is_first)),
        Assert(~machine.in_prologue | (machine.prologue_left != 0)),
        Assert(idle | _keeps_rules(command, design)),
        Assert(idle | _ends_are_the_command_s(machine)),
        Assert(idle | _stands_as_told(machine)),
        Assert(machine.idle_steps <= machine.emptying_steps),
        Assert(idle | ~machine.command.ready),
        Assert(busy | (machine.current.ws != machine.command.payload.ws) | machine.command.ready),
        Assert(busy | (machine.idle_steps != machine.emptying_steps) | machine.command.ready),
    ]
    _each_step(m, machine)
    _each_command(m, machine)
    return harness


def _is_within(machine: StateMachine) -> Value:
    return (machine.phase < machine.current.interval) & (machine.tile < machine.current.tiles)


def _ends_are_the_command_s(machine: StateMachine) -> Value:
    command, ends, array = machine.current, machine.ends, machine.design.array
    lead = os_lead_cycles(array.rows, array.interleave)
    return (
        (ends.phase_before_last == (command.interval - 2)[: len(ends.phase_before_last)])
        & (ends.single_phase == (command.interval == 1))
        & (ends.tile_before_last == (command.tiles - 2)[: len(ends.tile_before_last)])
        & (~command.ws | (ends.last_fresh_tile == command.fresh_tiles - 1))
        & (ends.slot == command.length - 1)
        & (ends.slot_before_last == (command.length - 2)[: len(ends.slot_before_last)])
        & (ends.single_slot == (command.length == 1))
        & (command.ws | (ends.group_slot == command.group_slots - 1))
        & (command.ws | (ends.col == command.interleave_cols - 1))
        & (ends.phase_before_coming == command.interval - lead - 1)
        & (ends.comes_at_once == (command.interval <= lead))
    )


def _stands_as_told(machine: StateMachine) -> Value:
    """What is known a step ahead of where the machine stands is so."""
    command = machine.current
    lead = os_lead_cycles(machine.design.array.rows, machine.design.array.interleave)
    is_fresh = machine.fresh_tile == (machine.tile < command.fresh_tiles)
    at_place = (
        (machine.last_phase == (machine.phase == command.interval - 1))
        & (machine.last_tile == (machine.tile == command.tiles - 1))
        & (~command.ws | is_fresh)
    )
    in_lead = ~command.reload | (machine.in_lead == (machine.prologue_left <= lead))
    return at_place & (~machine.in_prologue | in_lead)


def _keeps_rules(command: View, design: Design) -> Value:
    """The rules that a command keeps by itself, as the field's names say them."""
    array = design.array
    counts = (command.tiles != 0) & (command.length != 0)
    in_os = _fits_os(command, array) & (command.group_slots != 0) & (command.group_slots <= design.sparsity.m)
    in_ws = (command.interval >= command.length) & (command.fresh_tiles != 0) & (command.fresh_tiles <= command.tiles)
    has = {name: int(name in array.dataflows) for name in ("os", "ws")}
    return counts & Mux(command.ws, in_ws & has["ws"], in_os & has["os"])


def _fits_os(command: View, array: ArrayConfig) -> Value:
    ring = ring_cycles(array.interleave, array.adder_stages)
    issue = (command.length - 1) * ring + array.interleave
    shared = Cat(command.interleave_cols == cols for cols in interleave_choices(array)).any()
    drain = os_drain_cycles(array.rows, array.interleave, 1)
    return (command.interval >= issue) & (command.interval >= drain) & shared


def _each_step(m: Module, machine: StateMachine) -> None:
    """Without a step nothing moves; with one, what is left of the command gets less."""
    stepped = Signal()
    was_idle, was_in_prologue, was_in_tiles = Signal(), Signal(), Signal()
    phase, tile = Signal.like(machine.phase), Signal.like(machine.tile)
    left, waited = Signal.like(machine.prologue_left), Signal.like(machine.idle_steps)
    taken = Signal()
    m.d.sync += [phase.eq(machine.phase), tile.eq(machine.tile), left.eq(machine.prologue_left)]
    m.d.sync += [
        was_idle.eq(machine.idle),
        was_in_prologue.eq(machine.in_prologue),
        was_in_tiles.eq(machine.in_tiles),
    ]
    m.d.sync += [stepped.eq(machine.en), waited.eq(machine.idle_steps), taken.eq(transfer(machine.command))]
    still = (machine.phase == phase) & (machine.tile == tile) & (machine.prologue_left == left)
    goes_on = (machine.tile == tile) & (machine.phase == phase + 1)
    next_tile = (machine.tile == tile + 1) & (machine.phase == 0)
    same_state = Mux(was_in_prologue, machine.in_prologue, machine.in_tiles)
    ran = machine.idle | (machine.in_tiles & (goes_on | next_tile))
    led = machine.in_tiles | (machine.in_prologue & (machine.prologue_left == left - 1))
    emptied = (machine.idle_steps == machine.emptying_steps) | (machine.idle_steps == waited + 1)
    m.d.sync += [
        Assert(~(was_in_prologue | was_in_tiles) | stepped | (still & same_state)),
        Assert(~was_in_tiles | ~stepped | ran),
        Assert(~was_in_prologue | ~stepped | led),
        Assert(~was_idle | taken | machine.idle),
        Assert(~was_idle | ~stepped | emptied),
    ]


def _each_command(m: Module, machine: StateMachine) -> None:
    """A command that is taken is begun or counted as refused, one of the two; what is refused first stays known."""
    taken, number = Signal(), Signal.like(machine.error_number)
    refused, first = Signal.like(machine.error_count), Signal.like(machine.error_cause)
    m.d.sync += [
        taken.eq(transfer(machine.command)),
        refused.eq(machine.error_count),
        first.eq(machine.error_cause),
        number.eq(machine.error_number),
    ]
    begun = ~machine.idle
    counted = machine.error_count == (refused + 1)[: len(refused)]
    known = (machine.error_cause == first) & (machine.error_number == number)
    m.d.sync += [
        Assert(~taken | Mux(begun, machine.error_count == refused, counted)),
        Assert(~(taken & ~begun) | (machine.error_cause != Cause.NONE)),
        Assert((first == Cause.NONE) | known),
        Assert(taken | known),
    ]
