"""Dispatch: instructions of a program in, each to its queue, until the last SYNC or the first that cannot be."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from operator import and_, or_

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import OPCODE_BITS, QUEUE_INSTRUCTIONS, Opcode
from heddle.hls.control.compute_waits import UNIT, ComputeWaits, Wait
from heddle.hls.control.instruction import COMPUTE, LOAD, NUMBER_BITS, STORE, SYNC, WORD_BITS, Stop
from heddle.hls.control.instruction_check import InstructionCheck
from heddle.hls.control.issue_queue import IssueQueue, numbered
from heddle.hls.control.least_number import LeastNumber
from heddle.hls.stream.delay import flags
from heddle.hls.stream.handshake import transfer

#: An instruction as it comes from memory, with its number in the program, and whether it is the program's last.
NUMBERED_WORD = data.StructLayout({"number": NUMBER_BITS, "last": 1, "word": WORD_BITS})

#: The queues, in the order of the tokens' neighbours.
QUEUES = {"load": (Opcode.LOAD, LOAD), "compute": (Opcode.COMPUTE, COMPUTE), "store": (Opcode.STORE, STORE)}


class Dispatch(wiring.Component):
    """Queues and tokens of one program; reset before each.

    Ports
    -----
    instructions : stream of NUMBERED_WORD, in
    load, compute, store : streams of numbered instructions, out
        To the engines, each in program order.
    load_done, compute_done, store_done : Signal(1), in
        The oldest instruction that the engine took is done.
    hold : Signal(1), in
        Nothing more begins: an engine has met an error.
    finished : Signal(1), out
        The last SYNC was reached, and all before it is done. It stays until reset.
    stop, stop_number : Stop, Signal(32), out
        Why the program was stopped, NONE while it was not, and the instruction's number: the refused one, or the first
        that waits for a token that never comes. They stay until reset.
    load_busy, compute_busy, store_busy : Signal(1), out
        The engine has taken an instruction that is not done, or is offered one.
    load_number, compute_number, store_number : Signal(32), out
        The number of the oldest of these.
    compute_state : UNIT, in; compute_wait : Wait, out
        What the compute unit does, and why its array takes no step, where it takes none.

    Latency: 2 clocks from an instruction to its queue, 1 more to the engine. Throughput: an instruction each clock. A
    program is stopped a few clocks after nothing can go on any more, however long memory takes to answer.
    """

    def __init__(self, group_m: int, depth: int = QUEUE_INSTRUCTIONS, in_flight: int = 2) -> None:
        """Queues of ``depth`` instructions each, and up to ``in_flight`` in an engine."""
        self.group_m, self.depth, self.in_flight = group_m, depth, in_flight
        members = {
            "instructions": In(stream.Signature(NUMBERED_WORD)),
            "hold": In(1),
            "finished": Out(1),
            "stop": Out(Stop),
            "stop_number": Out(NUMBER_BITS),
            "compute_state": In(UNIT),
            "compute_wait": Out(Wait),
        }
        for name, (_, layout) in QUEUES.items():
            members[name] = Out(stream.Signature(numbered(layout)))
            members[f"{name}_done"] = In(1)
            members[f"{name}_busy"] = Out(1)
            members[f"{name}_number"] = Out(NUMBER_BITS)
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Take an instruction and check it, and give it to its queue a clock later; let SYNC wait for all of them."""
        m = Module()
        queues = self._queues(m)
        taken, held = Signal(), Signal(NUMBERED_WORD, reset_less=True)
        refuses, cause = self._refused(m)
        refused = taken & refuses
        is_going: Value = taken & ~refused & (self.stop == Stop.NONE) & ~self.finished
        opcode = held.word[:OPCODE_BITS]
        all_done = reduce(and_, (queue.is_empty & ~queue.in_engine for queue in queues))
        has_room, goes = Signal(), Signal()
        with m.If(opcode == Opcode.SYNC):
            m.d.comb += has_room.eq(all_done)
        for queue, (of_queue, layout) in zip(queues, QUEUES.values(), strict=True):
            m.d.comb += [
                queue.input.payload.number.eq(held.number),
                queue.input.payload.instruction.eq(held.word[: layout.size]),
            ]
            with m.If(opcode == of_queue):
                m.d.comb += [queue.input.valid.eq(is_going), has_room.eq(queue.input.ready)]
        m.d.comb += [
            goes.eq(is_going & has_room),
            self.instructions.ready.eq(~taken | goes),
        ]
        self._compute_wait(m, queues, taken, opcode, goes)
        with m.If(self.instructions.ready):
            m.d.sync += [taken.eq(self.instructions.valid), held.eq(self.instructions.payload)]
        with m.If(goes & held.last):
            m.d.sync += self.finished.eq(1)
        self._stops(m, queues, taken & ~goes, refused, cause, held.number)
        return m

    def _refused(self, m: Module) -> tuple[Value, Value]:
        """Whether what was taken is refused, by itself or since it ends the program where it should not; and why.

        It is checked as it comes: what is held waits for room in its queue alone.
        """
        m.submodules.check = check = InstructionCheck(self.group_m)
        comes, refuses, cause = self.instructions.payload, Signal(reset_less=True), Signal(Stop, reset_less=True)
        is_end = (comes.word[:OPCODE_BITS] == Opcode.SYNC) & data.View(SYNC, comes.word[: SYNC.size]).last
        m.d.comb += check.word.eq(comes.word)
        misplaced = Mux(comes.last, Stop.NO_END, Stop.GOES_ON)
        with m.If(self.instructions.ready):
            m.d.sync += [
                refuses.eq(check.refuses | (is_end != comes.last)),
                cause.eq(Mux(check.refuses, check.stop, misplaced)),
            ]
        return refuses, cause

    def _queues(self, m: Module) -> list[IssueQueue]:
        """Queues between ports and engines, joined to their neighbours by tokens."""
        queues = [IssueQueue(layout, self.depth, self.in_flight) for _, layout in QUEUES.values()]
        for name, queue in zip(QUEUES, queues, strict=True):
            m.submodules[name] = queue
            wiring.connect(m, queue.output, wiring.flipped(getattr(self, name)))
            m.d.comb += [
                queue.done.eq(getattr(self, f"{name}_done")),
                queue.hold.eq(self.hold | (self.stop != Stop.NONE)),
                getattr(self, f"{name}_busy").eq(queue.works),
                getattr(self, f"{name}_number").eq(queue.current_number),
            ]
        for earlier, later in pairwise(queues):
            m.d.comb += [later.from_previous.eq(earlier.to_next), earlier.from_next.eq(later.to_previous)]
        return queues

    def _compute_wait(self, m: Module, queues: list[IssueQueue], taken: Value, opcode: Value, goes: Value) -> None:
        """Show what waits in queues, and what is held before them, to the one who names causes."""
        m.submodules.waits = waits = ComputeWaits(self.in_flight)
        load, compute, _ = queues
        m.d.comb += [
            waits.first.valid.eq(~compute.is_empty),
            waits.first.lacks_load.eq(compute.lacks_previous),
            waits.first.lacks_store.eq(compute.lacks_next),
            waits.unit.eq(self.compute_state),
            waits.held.end.eq((taken & (opcode == Opcode.SYNC)) | self.finished | (self.stop != Stop.NONE)),
            waits.held.store.eq(taken & (opcode == Opcode.STORE)),
            waits.load_queued.eq(~load.is_empty),
            waits.load_queued_weight.eq(load.output.payload.instruction.weight),
            waits.load_taken.eq(transfer(load.output)),
            waits.load_done.eq(load.done),
            waits.sync.eq(goes & (opcode == Opcode.SYNC)),
            self.compute_wait.eq(waits.wait),
        ]

    def _stops(
        self, m: Module, queues: list[IssueQueue], is_held: Value, refused: Value, cause: Value, number: Value
    ) -> None:
        """Remember the first reason why the program cannot go on; ``is_held``: what was taken goes to no queue."""
        all_wait = reduce(and_, (queue.waits for queue in queues))
        any_queued = ~reduce(and_, (queue.is_empty for queue in queues))
        too_many = reduce(or_, (queue.too_many for queue in queues))
        # Where all wait, none ever goes on: what was first then is first still when its number is found.
        m.submodules.first = first = LeastNumber(len(queues))
        for place, queue in enumerate(queues):
            m.d.comb += [
                first.candidates[place].valid.eq(~queue.is_empty),
                first.candidates[place].number.eq(queue.first_number),
            ]
        waited = flags(m, all_wait & any_queued & is_held, first.latency, name="waited")
        with m.If((self.stop == Stop.NONE) & ~self.finished):
            with m.If(too_many):
                m.d.sync += [self.stop.eq(Stop.TOO_MANY_TOKENS), self.stop_number.eq(self._signalling(queues))]
            with m.Elif(refused):
                m.d.sync += [self.stop.eq(cause), self.stop_number.eq(number)]
            with m.Elif(waited):
                m.d.sync += [self.stop.eq(Stop.DEADLOCK), self.stop_number.eq(first.number)]

    def _signalling(self, queues: list[IssueQueue]) -> Value:
        """The number of an instruction whose token no counter holds: its neighbour's counter is full."""
        before, at, behind = (queue.current_number for queue in queues)
        return Mux(queues[1].done & (queues[0].too_many | queues[2].too_many), at, Mux(queues[0].done, before, behind))
