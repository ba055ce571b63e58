"""The array with everything that makes it a block of its own: streams, sequencer, and a queue for results."""

from __future__ import annotations

from functools import reduce
from operator import and_

from amaranth.hdl import Assert, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.command_rules import NUMBER_BITS
from heddle.arch.design import Design
from heddle.arch.timing import array_hop_cycles
from heddle.hls.array.command import COMMAND, Cause
from heddle.hls.array.sequencer import Sequencer
from heddle.hls.array.stce import Stce, left_layout, right_layout, sums_layout
from heddle.hls.stream.delay import flags
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.level import count_level
from heddle.hls.stream.queue import Queue


class ArrayCore(wiring.Component):
    """The compute core: commands and operands in, FP32 sums out, bit-exact to ``heddle.sim.functional``.

    Ports
    -----
    command : stream of COMMAND, in
        Instructions, in order.
    left : stream of R x M recoded operands, in
        Activation groups, one for each row. They are recoded where they are read, G x M of them a clock
        (``heddle.hls.feed.left_feeder``), or all at once (``heddle.hls.array.top``).
    right : stream of C x {value, index}, in
        Packed weights, one for each column.
    partial : stream of C x Signal(32), in
        FP32 partial sums that a result goes on from.
    result : stream of C x Signal(32), out
        FP32 sums. OS: R x I words a tile, the last row first, a PE's outputs in their order. WS: one word for
        each activation row.

    error_cause, error_number : Cause, Signal(32), out
        Why the first command that was refused since reset was refused (0: none was), and its number, from 0.
    error_count : Signal(32), out
        Commands refused since reset. The core goes on with the next one.
    working : Signal(1), out
        A command has steps left to take.
    advances : Signal(1), out
        In this clock a command is taken, or a step of one.

    A step waits for the words that it needs; results wait in a queue, and a step whose result would find it
    full waits too. Latency and throughput: ``heddle.arch.timing``; with words always there and taken, ``interval``
    clocks a tile and the tail after the last one.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        super().__init__(
            {
                "command": In(stream.Signature(COMMAND)),
                "left": In(stream.Signature(left_layout(design))),
                "right": In(stream.Signature(right_layout(design))),
                "partial": In(stream.Signature(sums_layout(design))),
                "result": Out(stream.Signature(sums_layout(design))),
                "error_cause": Out(Cause),
                "error_number": Out(NUMBER_BITS),
                "error_count": Out(NUMBER_BITS),
                "working": Out(1),
                "advances": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Connect streams to steps, and steps to the array."""
        m = Module()
        m.submodules.sequencer = sequencer = Sequencer(self.design)
        m.submodules.stce = stce = Stce(self.design)
        wiring.connect(m, wiring.flipped(self.command), sequencer.command)
        room = self._results(m, sequencer, stce)
        self._handshakes(m, sequencer, room)
        m.d.comb += [
            self.error_cause.eq(sequencer.error_cause),
            self.error_number.eq(sequencer.error_number),
            self.error_count.eq(sequencer.error_count),
            self.working.eq(sequencer.working),
            self.advances.eq(transfer(self.command) | (sequencer.en & sequencer.working)),
            stce.en.eq(sequencer.en),
            stce.control.eq(sequencer.control),
            stce.dataflow.eq(sequencer.dataflow),
            stce.left.eq(self.left.payload),
            stce.right.eq(self.right.payload),
            stce.partial.eq(self.partial.payload),
            stce.has_partial.eq(sequencer.needs.partial),
        ]
        return m

    def _handshakes(self, m: Module, sequencer: Sequencer, room: Value) -> None:
        """A step is taken when every stream that it needs has a word; each waits for the others."""
        needs = sequencer.needs
        wanted = [(self.left, needs.left), (self.right, needs.right), (self.partial, needs.partial)]
        there = [~needed | source.valid for source, needed in wanted]
        for at, (source, needed) in enumerate(wanted):
            others = (is_there for other, is_there in enumerate(there) if other != at)
            m.d.comb += source.ready.eq(reduce(and_, others, room & needed))
        m.d.comb += sequencer.en.eq(reduce(and_, there, room))

    def _results(self, m: Module, sequencer: Sequencer, stce: Stce) -> Value:
        """Collect the words that leave the array; return whether there is room for one more on its way.

        From the step that makes a word to the queue it takes ``array_hop_cycles`` clocks, whatever the array
        does meanwhile. The queue holds that many and a word more each for its own clock and for the credit's, so
        that it never stops a reader who takes a word a clock.
        """
        array = self.design.array
        hop = array_hop_cycles(array.rows, array.cols, len(array.slr_cuts))
        depth = hop + 2
        m.submodules.queue = queue = Queue(sums_layout(self.design), depth)
        made = sequencer.en & sequencer.needs.result
        m.d.comb += [queue.input.payload.eq(stce.results), queue.input.valid.eq(flags(m, made, hop, name="arriving"))]
        m.d.sync += Assert(~queue.input.valid | queue.input.ready, "a result found the queue full")
        wiring.connect(m, queue.output, wiring.flipped(self.result))
        on_the_way = Signal(range(depth + 1))
        taken = self.result.valid & self.result.ready
        count_level(m, on_the_way, made, taken)
        assert_stable(m, self.result)
        return ~sequencer.needs.result | (on_the_way != depth)
