"""The accelerator: programs in memory, carried out from memory to memory."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth.hdl import Const, Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.instructions import ADDRESS_BITS
from heddle.arch.program_file import digest
from heddle.arch.register_map import REGISTER_BITS
from heddle.hls.array.command import Cause
from heddle.hls.array.stce import sums_layout
from heddle.hls.axi.channels import Response, ports_of, reading_port, writing_port
from heddle.hls.control.compute_waits import WAITS
from heddle.hls.control.dispatch import QUEUES, Dispatch
from heddle.hls.control.instruction import NUMBER_BITS, Stop
from heddle.hls.control.least_number import LeastNumber
from heddle.hls.control.watchdog import Watchdog
from heddle.hls.feed.compute_unit import ComputeUnit
from heddle.hls.instance import Restarted
from heddle.hls.memory.group_buffer import GroupBuffer
from heddle.hls.memory.half_buffer import HalfBuffer, half_address
from heddle.hls.memory.sharing import SharedBuffer
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.handshake import transfer
from heddle.hls.system.fetch import Fetch
from heddle.hls.system.load_unit import LoadUnit
from heddle.hls.system.shape import MachineShape
from heddle.hls.system.stops import FirstStop
from heddle.hls.system.store_unit import StoreUnit

#: Clocks of a program: 2^48 are more than two weeks at 200 MHz.
CYCLE_BITS = 48
#: What the machine is told, by port.
COMMANDS: dict[str, ShapeLike] = {
    "start": 1,
    "abort": 1,
    "program_address": ADDRESS_BITS,
    "time_limit": REGISTER_BITS,
}
#: What the machine says of a program besides its results, by port.
STATUS: dict[str, ShapeLike] = {
    "busy": 1,
    "stop": Stop,
    "stop_number": NUMBER_BITS,
    "array_cause": Cause,
    "cycles": CYCLE_BITS,
    "array_cycles": CYCLE_BITS,
    **{f"{wait}_cycles": CYCLE_BITS for wait in WAITS},
}


class Accelerator(wiring.Component):
    """The machine that a program sees (docs/isa.md).

    Ports
    -----
    start : Signal(1), in; program_address : Signal(40), in
        Run the program whose header stands there, at a multiple of 64. Only while not ``busy``; others are not heard.
    abort : Signal(1), in
        Stop the program, if one runs.
    time_limit : Signal(32), in
        Stop a program in which nothing has moved for so many clocks, 0 for never: no word of memory, no step of the
        array, no group that is read for one, no word of a tile laid down.
    busy : Signal(1), out
        From the clock after ``start`` until the program has ended, or was stopped and memory owes no answer any more.
    stop, stop_number : Stop, Signal(32), out
        Why the last program was stopped, NONE where it ended, and the number of the instruction.
    array_cause : Cause, out
        Where ``stop`` is ARRAY: why the array refused the command.
    cycles : Signal(48), out
        Clocks in which it was ``busy``.
    array_cycles : Signal(48), out
        Those of them in which the array took a command, or a step of one.
    fill_cycles, load_left_cycles, load_right_cycles, store_cycles, feed_cycles, drain_cycles : Signal(48), out
        All others, by what the array waited for (``heddle.hls.control.compute_waits.Wait``).
    fetch, load : reading_port, out; store : writing_port, out
        Memory: programs, tiles, result tiles; a port for each of memory's channels.

    Each program begins with everything as after a reset, except for what the buffers hold. So a stopped one need not
    come to an end: no burst begins after the stop, those that have begun go to theirs, and all else is left as it is.
    """

    def __init__(self, design: Design, board: Board) -> None:
        """``board`` says which RAMs there are. Raises ValueError for channels that are no power of two."""
        self.design, self.shape = design, MachineShape(design)
        self.rams = self.shape.rams(board)
        self.fetching = Fetch(self.shape.port, digest(design))
        super().__init__(
            {
                **{name: In(shape) for name, shape in COMMANDS.items()},
                **{name: Out(shape) for name, shape in STATUS.items()},
                "fetch": Out(reading_port(self.shape.port)),
                "load": Out(reading_port(self.shape.port)),
                "store": Out(writing_port(self.shape.port)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """All units are reset in the clock of ``start``; the program is fetched from the next one on.

        Theirs raises ValueError for a memory port that is less than a group.
        """
        m = Module()
        begins, goes = Signal(), Signal()
        program = Signal(ADDRESS_BITS, reset_less=True)
        m.d.comb += begins.eq(self.start & ~self.busy)
        m.d.sync += goes.eq(begins)
        with m.If(begins):
            m.d.sync += program.eq(self.program_address)
        units = Module()
        m.submodules.units = Restarted(units, begins)
        dispatch, load, compute, store = self._units(units)
        fetch = self.fetching
        units.submodules.fetch = fetch
        is_stopped: Value = self.stop != Stop.NONE
        for port, master in ((self.fetch, fetch.axi), (self.load, load.axi), (self.store, store.axi)):
            connect(m, master, flipped(port))
        m.d.comb += [
            fetch.address.eq(program),
            fetch.start.eq(goes),
            dispatch.hold.eq(is_stopped),
            dispatch.instructions.valid.eq(fetch.instructions.valid & ~is_stopped),
            dispatch.instructions.payload.eq(fetch.instructions.payload),
            fetch.instructions.ready.eq(dispatch.instructions.ready & ~is_stopped),
            *(unit.cut.eq(is_stopped) for unit in (fetch, load, store)),
            self.array_cause.eq(compute.error_cause),
        ]
        is_late = self._watch(m, load, compute)
        self._stops(m, begins, is_late, fetch, dispatch, load, compute, store)
        self._count(m, begins, dispatch, compute)
        # Nothing is under way in a program that has finished: its last SYNC passes when all engines are done.
        is_over = Mux(is_stopped, ~(fetch.owes | load.owes | store.owes), dispatch.finished & fetch.is_over)
        with m.If(begins):
            m.d.sync += self.busy.eq(1)
        with m.Elif(is_over):
            m.d.sync += self.busy.eq(0)
        return m

    def _watch(self, m: Module, load: LoadUnit, compute: ComputeUnit) -> Value:
        """Whether nothing has moved for too long."""
        m.submodules.watchdog = watchdog = Watchdog()
        ports = [port for master in (self.fetch, self.load, self.store) for _, port in ports_of(master)]
        channels = [getattr(port, name) for port in ports for name in port.signature.members]
        moves = [*(transfer(channel) for channel in channels), compute.advances, transfer(compute.left_ask)]
        moves += [put.valid for put in (load.groups, load.values, load.indices, compute.put)]
        moved = Signal()  # so many signals from all over the machine are brought together in a clock of their own
        m.d.sync += moved.eq(reduce(or_, moves))
        m.d.comb += [watchdog.runs.eq(self.busy), watchdog.moves.eq(moved), watchdog.limit.eq(self.time_limit)]
        return watchdog.late

    def _count(self, m: Module, begins: Value, dispatch: Dispatch, compute: ComputeUnit) -> None:
        """Count each clock once: as one of the array's, or under what the array waited for."""
        m.d.comb += [
            dispatch.compute_state.working.eq(compute.working),
            dispatch.compute_state.ahead.eq(compute.ahead),
            dispatch.compute_state.starts.eq(compute.starts),
        ]
        counted: list[tuple[Signal, Value]] = [(self.cycles, Const(1)), (self.array_cycles, compute.advances)]
        for name, cause in WAITS.items():
            counted.append((getattr(self, f"{name}_cycles"), ~compute.advances & (dispatch.compute_wait == cause)))
        for counter, is_counted in counted:
            with m.If(begins):
                m.d.sync += counter.eq(0)
            with m.Elif(self.busy & is_counted):
                m.d.sync += counter.eq(counter + 1)

    def _units(self, m: Module) -> tuple[Dispatch, LoadUnit, ComputeUnit, StoreUnit]:
        """Dispatch, the three engines, and the buffers between them."""
        design, shape = self.design, self.shape
        m.submodules.dispatch = dispatch = Dispatch(design.sparsity.m)
        m.submodules.load = load = LoadUnit(design, shape)
        m.submodules.compute = compute = ComputeUnit(design, shape.addresses)
        m.submodules.store = store = StoreUnit(design, shape)
        for numbered, engine in ((dispatch.load, load), (dispatch.compute, compute), (dispatch.store, store)):
            m.d.comb += [
                engine.input.valid.eq(numbered.valid),
                engine.input.payload.eq(numbered.payload.instruction),
                numbered.ready.eq(engine.input.ready),
            ]
        m.d.comb += [
            dispatch.load_done.eq(load.done),
            dispatch.compute_done.eq(compute.done),
            dispatch.store_done.eq(store.done),
        ]
        self._left(m, load, compute)
        self._right(m, load, compute)
        self._out(m, compute, store)
        return dispatch, load, compute, store

    def _left(self, m: Module, load: LoadUnit, compute: ComputeUnit) -> None:
        shape = self.shape
        m.submodules.left = left = GroupBuffer(
            shape.group, shape.left_groups, shape.lanes, self.design.buffers.group_ports, self.rams.activation
        )
        connect(m, load.groups, left.put)
        connect(m, compute.left_ask, left.ask)
        connect(m, left.answer, compute.left_answer)

    def _right(self, m: Module, load: LoadUnit, compute: ComputeUnit) -> None:
        """Values and indices stand in two memories, and are read side by side."""
        shape = self.shape
        m.submodules.values = values = HalfBuffer(shape.values, shape.right_words, self.rams.weight)
        m.submodules.indices = indices = HalfBuffer(shape.indices, shape.right_words, self.rams.weight)
        m.submodules.right_asks = asks = Fork(half_address(shape.right_words), 2)
        connect(m, load.values, values.put)
        connect(m, load.indices, indices.put)
        connect(m, compute.right_ask, asks.input)
        for plane, ask in zip((values, indices), asks.outputs, strict=True):
            connect(m, ask, plane.ask)
        answer = compute.right_answer
        m.d.comb += [
            answer.valid.eq(values.answer.valid & indices.answer.valid),
            values.answer.ready.eq(answer.ready & indices.answer.valid),
            indices.answer.ready.eq(answer.ready & values.answer.valid),
        ]
        for col in range(self.design.array.cols):
            m.d.comb += [
                answer.payload[col].value.eq(values.answer.payload[col]),
                answer.payload[col].index.eq(indices.answer.payload[col]),
            ]

    def _out(self, m: Module, compute: ComputeUnit, store: StoreUnit) -> None:
        """Partial sums before results that are stored: the array waits for the first, memory for the second."""
        shape, sums = self.shape, sums_layout(self.design)
        m.submodules.out = out = SharedBuffer(sums, shape.out_words, self.rams.output)
        connect(m, compute.put, out.put)
        for number, (ask, answer) in enumerate(
            ((compute.partial_ask, compute.partial_answer), (store.ask, store.sums))
        ):
            connect(m, ask, out.asks[number])
            connect(m, out.answers[number], answer)

    def _stops(
        self,
        m: Module,
        begins: Value,
        is_late: Value,
        fetch: Fetch,
        dispatch: Dispatch,
        load: LoadUnit,
        compute: ComputeUnit,
        store: StoreUnit,
    ) -> None:
        """The first reason why a program cannot go on stays until the next program."""
        oldest = self._oldest(m, fetch, dispatch)
        reasons = (
            (fetch.stop != Stop.NONE, fetch.stop, Const(0, NUMBER_BITS)),
            (dispatch.stop != Stop.NONE, dispatch.stop, dispatch.stop_number),
            (load.error != Response.OKAY, Stop.READ_ERROR, dispatch.load_number),
            (store.error != Response.OKAY, Stop.WRITE_ERROR, dispatch.store_number),
            (compute.error_cause != Cause.NONE, Stop.ARRAY, dispatch.compute_number),
            (is_late, Stop.TIMEOUT, oldest),
            (self.abort, Stop.ABORTED, oldest),
        )
        m.submodules.stops = stops = FirstStop(len(reasons))
        for place, (holds, cause, number) in enumerate(reasons):
            found = stops.found[place]
            m.d.comb += [found.holds.eq(holds), found.stop.eq(cause), found.number.eq(number)]
        m.d.comb += [
            stops.begins.eq(begins),
            stops.runs.eq(self.busy),
            self.stop.eq(stops.stop),
            self.stop_number.eq(stops.number),
        ]

    def _oldest(self, m: Module, fetch: Fetch, dispatch: Dispatch) -> Value:
        """The lowest number of what an engine worked on a few clocks before; where none did, what fetch gave next."""
        m.submodules.oldest = oldest = LeastNumber(len(QUEUES) + 1)
        coming, *in_engines = (oldest.candidates[place] for place in range(len(QUEUES) + 1))
        m.d.comb += [coming.valid.eq(1), coming.number.eq(fetch.instructions.payload.number)]
        for candidate, name in zip(in_engines, QUEUES, strict=True):
            m.d.comb += [
                candidate.valid.eq(getattr(dispatch, f"{name}_busy")),
                candidate.number.eq(getattr(dispatch, f"{name}_number")),
            ]
        return oldest.number
