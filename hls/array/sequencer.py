"""The sequencer: from commands to what the array does at every step.

It counts steps, not clocks: where an operand is late or the results are held, ``en`` is low and nothing moves.
Between two commands lies one clock (``heddle.arch.timing.DISPATCH_CYCLES``), in which the array steps on, as it does
whenever it is idle, so that results never wait for the next command.
"""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.command_rules import NUMBER_BITS
from heddle.arch.design import Design
from heddle.arch.isa import COUNT_BITS, INTERVAL_BITS
from heddle.arch.timing import os_lead_cycles, os_tail_cycles, ws_tail_cycles
from heddle.hls.array.command import COMMAND, Cause, Dataflow
from heddle.hls.array.command_check import CommandCheck
from heddle.hls.array.control import CONTROL, ENDS, NEEDS, PROGRESS
from heddle.hls.array.os_steps import OsSteps
from heddle.hls.array.steps import Steps
from heddle.hls.array.ws_steps import WsSteps
from heddle.hls.stream.handshake import transfer

_STEPS: dict[str, type[Steps]] = {"os": OsSteps, "ws": WsSteps}


class Sequencer(wiring.Component):
    """Steps of the array from commands.

    Ports
    -----
    command : stream of COMMAND, in
        Taken when idle. One that changes between OS and WS waits until the array has stepped itself empty. One that
        breaks a rule (``heddle.arch.command_rules``) is taken too, and does nothing.
    en : Signal(1), in
        The step is taken: all that it needs is there.
    control : CONTROL, out
        What the array does in this step.
    dataflow : Dataflow, out
        That of the instruction, or where there is none of the last one.
    needs : NEEDS, out
        Which streams the step takes part in.
    working : Signal(1), out
        A command has steps left to take.
    error_cause, error_number : Cause, Signal(32), out
        Why the first refused command was refused, and how many commands were taken before it; both stay until reset.
    error_count : Signal(32), out
        How many commands were refused since reset.

    Latency: the clock after the one that takes a command is the first step of its prologue or first tile.
    Throughput: a step a clock; a command takes ``DISPATCH_CYCLES`` clocks, its prologue, tiles x interval steps.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        super().__init__(
            {
                "command": In(stream.Signature(COMMAND)),
                "en": In(1),
                "control": Out(CONTROL),
                "dataflow": Out(Dataflow),
                "needs": Out(NEEDS),
                "working": Out(1),
                "error_cause": Out(Cause),
                "error_number": Out(NUMBER_BITS),
                "error_count": Out(NUMBER_BITS),
            }
        )
        self.idle, self.in_prologue, self.in_tiles = Signal(), Signal(), Signal()  # the state
        self.phase = Signal(INTERVAL_BITS)
        self.tile = Signal(COUNT_BITS)
        self.prologue_left = Signal(COUNT_BITS + 1, reset_less=True)  # settle and lead
        # Of where it stands, what streams wait for: known a step ahead, as they are known late in the clock themselves.
        self.in_lead, self.last_phase = Signal(reset_less=True), Signal(reset_less=True)
        self.last_tile, self.fresh_tile = Signal(reset_less=True), Signal(reset_less=True)
        self.current = Signal(COMMAND, reset_less=True)
        self.ends = Signal(ENDS, reset_less=True)
        array = self.design.array
        extents = (array.rows, array.cols, len(array.slr_cuts))
        depths = (array.adder_stages, array.multiplier_stages, 1)
        #: Steps after which nothing that was begun is in the array.
        self.emptying_steps = max(
            int(os_tail_cycles(*extents, array.interleave, *depths)),
            int(ws_tail_cycles(*extents, *depths)),
        )
        self.idle_steps = Signal(range(self.emptying_steps + 1), init=self.emptying_steps)

    def elaborate(self, platform: object) -> Module:
        """Build the state machine, and give its progress to the dataflow that the command names."""
        m = Module()
        progress = self._progress(m)
        in_ws = progress.command.ws
        m.d.comb += [self.dataflow.eq(in_ws), self.working.eq(~self.idle)]
        for name in self.design.array.dataflows:
            m.submodules[f"{name}_steps"] = steps = _STEPS[name](self.design.array)
            self._connect(m, progress, steps, in_ws if name == "ws" else ~in_ws)
        return m

    def _connect(self, m: Module, progress: data.View, steps: Steps, chosen: Value) -> None:
        """Let ``steps`` see the progress as its own where it is ``chosen``; results in flight are its in any case."""
        m.d.comb += [
            steps.en.eq(self.en),
            steps.progress.eq(progress),
            steps.progress.running.eq(progress.running & chosen),
            steps.progress.lead.eq(progress.lead & chosen),
        ]
        with m.If(chosen):
            m.d.comb += [
                self.needs.eq(steps.needs),
                self.control.eq(steps.control),
            ]

    def _progress(self, m: Module) -> data.View:
        """Idle, an instruction's prologue where it has one, then tile after tile."""
        progress, current = Signal(PROGRESS), self.current
        prologue_left = self.prologue_left
        offered = self.command.payload
        lead = os_lead_cycles(self.design.array.rows, self.design.array.interleave)
        m.d.comb += [
            progress.command.eq(current),
            progress.ends.eq(self.ends),
            progress.running.eq(self.in_tiles),
            progress.lead.eq(self.in_prologue & self.in_lead),
            progress.phase.eq(self.phase),
            progress.last_phase.eq(self.last_phase),
            progress.last_tile.eq(self.last_tile),
            progress.fresh_tile.eq(self.fresh_tile),
            self.command.ready.eq(self.idle & ((offered.ws == current.ws) | self._empty(m))),
        ]
        accepted = self._accepted(m)
        prologue = Mux(offered.ws, 0, offered.settle + Mux(offered.reload, lead, 0))
        with m.If(transfer(self.command)):
            m.d.sync += [current.eq(offered), prologue_left.eq(prologue)]
            self._set_ends(m, offered, lead)
        with m.If(self.en & self.in_prologue):
            m.d.sync += prologue_left.eq(prologue_left - 1)
            with m.If(prologue_left == lead + 1):
                m.d.sync += self.in_lead.eq(1)
        with m.If(self.en & self.in_tiles):
            self._step(m)
        self._states(m, accepted, prologue == 0, self.last_phase & self.last_tile)
        return progress

    def _step(self, m: Module) -> None:
        """Go on to the next phase, or to the first one of the next tile."""
        phase, tile, ends = self.phase, self.tile, self.ends
        m.d.sync += [phase.eq(phase + 1), self.last_phase.eq(phase == ends.phase_before_last)]
        with m.If(self.last_phase):
            m.d.sync += [
                phase.eq(0),
                self.last_phase.eq(ends.single_phase),
                tile.eq(Mux(self.last_tile, 0, tile + 1)),
                self.last_tile.eq(tile == ends.tile_before_last),
                self.fresh_tile.eq(self.fresh_tile & (tile != ends.last_fresh_tile)),
            ]

    def _states(self, m: Module, accepted: Value, at_once: Value, last: Value) -> None:
        """From idle to the tiles of an accepted command, ``at_once`` or by its prologue, and back in its last step."""
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += self.idle.eq(1)
                with m.If(accepted):
                    with m.If(at_once):
                        m.next = "TILES"
                    with m.Else():
                        m.next = "PROLOGUE"
            with m.State("PROLOGUE"):
                m.d.comb += self.in_prologue.eq(1)
                with m.If(self.en & (self.prologue_left == 1)):
                    m.next = "TILES"
            with m.State("TILES"):
                m.d.comb += self.in_tiles.eq(1)
                with m.If(self.en & last):
                    m.next = "IDLE"

    def _set_ends(self, m: Module, offered: data.View, lead: int) -> None:
        """Take the ends of the counters from a command, and where it begins.

        A count of 0 is refused, or its counter not looked at. Partial sums come in only where the command asks for
        them, and then all of its prologue behind the settle is the lead.
        """
        single_phase, single_slot = offered.interval == 1, offered.length == 1
        m.d.sync += [
            self.in_lead.eq(offered.settle == 0),
            self.last_phase.eq(single_phase),
            self.last_tile.eq(offered.tiles == 1),
            self.fresh_tile.eq(offered.fresh_tiles != 0),
            self.ends.phase_before_last.eq(offered.interval - 2),
            self.ends.single_phase.eq(single_phase),
            self.ends.tile_before_last.eq(offered.tiles - 2),
            self.ends.last_fresh_tile.eq(offered.fresh_tiles - 1),
            self.ends.slot.eq(offered.length - 1),
            self.ends.slot_before_last.eq(offered.length - 2),
            self.ends.single_slot.eq(single_slot),
            self.ends.group_slot.eq(offered.group_slots - 1),
            self.ends.col.eq(offered.interleave_cols - 1),
            self.ends.phase_before_coming.eq(offered.interval - (lead + 1)),
            self.ends.comes_at_once.eq(offered.interval <= lead),
        ]

    def _accepted(self, m: Module) -> Value:
        """The array begins the command that is offered; what is refused is counted, and the first one remembered."""
        m.submodules.check = check = CommandCheck(self.design)
        taken, is_legal = transfer(self.command), check.is_legal
        m.d.comb += [check.command.eq(self.command.payload), check.accepted.eq(taken & is_legal)]
        number = Signal(NUMBER_BITS)
        with m.If(taken):
            m.d.sync += number.eq(number + 1)
        with m.If(taken & ~is_legal):
            m.d.sync += self.error_count.eq(self.error_count + 1)
            with m.If(self.error_cause == Cause.NONE):
                m.d.sync += [self.error_cause.eq(check.cause), self.error_number.eq(number)]
        return check.accepted

    def _empty(self, m: Module) -> Value:
        """The array has taken so many steps since its last command that no result can be in it."""
        is_empty: Value = self.idle_steps == self.emptying_steps
        with m.If(~self.idle):
            m.d.sync += self.idle_steps.eq(0)
        with m.Elif(self.en & ~is_empty):
            m.d.sync += self.idle_steps.eq(self.idle_steps + 1)
        return is_empty
