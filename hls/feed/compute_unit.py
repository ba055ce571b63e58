"""The compute unit: computations in, each from two halves of buffers into a third."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.command_rules import NUMBER_BITS
from heddle.arch.design import Design
from heddle.hls.array.command import Cause
from heddle.hls.array.core import ArrayCore
from heddle.hls.array.stce import right_layout, sums_layout
from heddle.hls.control.instruction import COMPUTE
from heddle.hls.feed.left_feeder import LeftFeeder
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.prepare import PREPARED, Prepare
from heddle.hls.feed.reader import ask_layout
from heddle.hls.feed.right_feeder import RightFeeder
from heddle.hls.feed.sums import PartialFeeder, ResultWriter, put_layout
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.handshake import transfer


@dataclass(frozen=True)
class HalfAddresses:
    """Bits that tell the words of a half apart: groups of activations, words of weights, words of sums."""

    left: int
    right: int
    out: int


class ComputeUnit(wiring.Component):
    """The array with its feeders.

    Ports
    -----
    input : stream of COMPUTE, in
    done : Signal(1), out
        For a clock, when the last result of the oldest computation that was taken is in the buffer.
    left_ask, left_answer : streams of ``ask_layout``, out, and of G x M raw operands, in
        Groups of the activation buffer, ``buffers.group_ports`` of them that follow each other.
    right_ask, right_answer : streams of ``ask_layout``, out, and of C x {value, index}, in
        Words of the weight buffer.
    partial_ask, partial_answer : streams of ``ask_layout``, out, and of C x Signal(32), in
        Words of the output buffer. One that was ``put`` is asked for a clock later at the earliest.
    put : stream of ``put_layout``, out
        Results, to the output buffer.
    error_cause, error_number : Cause, Signal(32), out
        Why the array refused a command, and which, from 0 since reset. Nothing more is done then until reset.
    working : Signal(1), out
        The array has steps of a computation left to take.
    ahead : Signal(1), out
        A computation was taken, and the array has not taken its command.
    starts : Signal(1), out
        The array takes a command.
    advances : Signal(1), out
        In this clock the array takes a command, or a step of one.

    Latency: ``Prepare``'s, that of the left feeder and of the buffer, then the array's. Computations overlap: the next
    one is prepared, and its first words are read, while this one's results leave.
    """

    def __init__(self, design: Design, addresses: HalfAddresses) -> None:
        self.design, self.addresses = design, addresses
        asks = [stream.Signature(ask_layout(bits)) for bits in (addresses.left, addresses.right, addresses.out)]
        super().__init__(
            {
                "input": In(stream.Signature(COMPUTE)),
                "done": Out(1),
                "left_ask": Out(asks[0]),
                "left_answer": In(stream.Signature(LeftShape(design).stored_groups)),
                "right_ask": Out(asks[1]),
                "right_answer": In(stream.Signature(right_layout(design))),
                "partial_ask": Out(asks[2]),
                "partial_answer": In(stream.Signature(sums_layout(design))),
                "put": Out(stream.Signature(put_layout(design, addresses.out))),
                "error_cause": Out(Cause),
                "error_number": Out(NUMBER_BITS),
                "working": Out(1),
                "ahead": Out(1),
                "starts": Out(1),
                "advances": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A computation is prepared once, and given to the array and to each feeder."""
        m = Module()
        design, addresses = self.design, self.addresses
        m.submodules.prepare = prepare = Prepare(design.array, design.sparsity.m)
        m.submodules.fork = fork = Fork(PREPARED, 5)
        m.submodules.left = left = LeftFeeder(design, addresses.left)
        m.submodules.right = right = RightFeeder(design, addresses.right)
        m.submodules.partial = partial = PartialFeeder(design, addresses.out)
        m.submodules.results = results = ResultWriter(design, addresses.out)
        m.submodules.core = core = ArrayCore(design)
        connect(m, flipped(self.input), prepare.input)
        connect(m, prepare.output, fork.input)
        for way, port in enumerate((left.input, right.input, partial.input, results.input), start=1):
            connect(m, fork.outputs[way], port)
        command = fork.outputs[0]
        # A computation whose command the array has not taken: ``Prepare`` takes the next one after that.
        is_ahead = Signal()
        with m.If(transfer(self.input)):
            m.d.sync += is_ahead.eq(1)
        with m.Elif(transfer(command)):
            m.d.sync += is_ahead.eq(0)
        m.d.comb += [
            core.command.valid.eq(command.valid),
            core.command.payload.eq(command.payload.compute.command),
            command.ready.eq(core.command.ready),
            partial.writes.eq(results.writes),
            self.done.eq(results.done),
            self.working.eq(core.working),
            self.ahead.eq(is_ahead),
            self.starts.eq(transfer(command)),
            self.advances.eq(core.advances),
            self.error_cause.eq(core.error_cause),
            self.error_number.eq(core.error_number),
        ]
        for name, feeder, port in (
            ("left", left, core.left),
            ("right", right, core.right),
            ("partial", partial, core.partial),
        ):
            connect(m, feeder.ask, flipped(getattr(self, f"{name}_ask")))
            connect(m, flipped(getattr(self, f"{name}_answer")), feeder.answer)
            connect(m, feeder.output, port)
        connect(m, core.result, results.result)
        connect(m, results.put, flipped(self.put))
        return m
