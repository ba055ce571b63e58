"""What is proven of the AXI4-Lite slave: AXI's rules of answers, and that each access is made once, as it came.

A master is assumed to keep what it offers until it is taken, and nothing else. So addresses and data may come in any
order and any number of clocks apart, and answers may wait as long as the master likes. That answers stay as they are
until they are taken, the slave asserts of itself.
"""

from __future__ import annotations

from amaranth.hdl import Assert, Module, Mux, Signal, Value
from amaranth.lib import wiring

from heddle.hls.axi.channels import Response
from heddle.hls.axi.lite import LiteSlave
from heddle.hls.stream.handshake import assume_stable, transfer
from heddle.verify.properties import Harness

#: More accesses than can be under way in a channel: one waits, and one is answered.
_OWED = range(3)


def accesses_are_answered_once(slave: LiteSlave) -> Harness:
    """As many answers as requests, none before its request; each access is made once, with its own address and data.

    Nothing that has come waits for more than the answer before it: an access is made in the clock in which all of it is
    there and the answer's place is free.
    """
    m = Module()
    m.submodules.dut = slave
    for channel in (slave.axi.aw, slave.axi.w, slave.axi.ar):
        assume_stable(m, channel)
    _writes(m, slave)
    _reads(m, slave)
    leaves = [Value.cast(leaf) for _, _, leaf in slave.signature.flatten(slave)]
    return Harness(m, leaves)


def _writes(m: Module, slave: LiteSlave) -> None:
    aw, w, b = slave.axi.aw, slave.axi.w, slave.axi.b
    asked, given = _waiting(m, aw, slave.write), _waiting(m, w, slave.write)
    address, word, wrong = Signal.like(aw.payload.addr), Signal.like(w.payload.as_value()), Signal()
    with m.If(transfer(aw)):
        m.d.sync += address.eq(aw.payload.addr)
    with m.If(transfer(w)):
        m.d.sync += word.eq(w.payload.as_value())
    with m.If(slave.write):
        m.d.sync += wrong.eq(slave.write_error)
    owed_addresses, owed_words = _owed(m, aw, b), _owed(m, w, b)
    m.d.sync += [
        Assert(slave.write == (asked & given & (~b.valid | b.ready))),
        Assert(~slave.write | (slave.write_address == address[2:])),
        Assert(~slave.write | (slave.word.as_value() == word)),
        Assert(~slave.write | ((slave.write_data == slave.word.data) & (slave.write_strobes == slave.word.strb))),
        Assert(owed_addresses == asked + b.valid),
        Assert(owed_words == given + b.valid),
        Assert(~b.valid | (b.payload.resp.as_value() == _told(wrong))),
        # How the slave's registers hang together.
        Assert((slave.asked == asked) & (slave.written == given)),
        Assert(~asked | (slave.write_request.addr == address)),
        Assert(~given | (slave.word.as_value() == word)),
    ]


def _reads(m: Module, slave: LiteSlave) -> None:
    ar, r = slave.axi.ar, slave.axi.r
    wanted = _waiting(m, ar, slave.read)
    address, data, wrong = Signal.like(ar.payload.addr), Signal.like(slave.read_data), Signal()
    with m.If(transfer(ar)):
        m.d.sync += address.eq(ar.payload.addr)
    with m.If(slave.read):
        m.d.sync += [data.eq(slave.read_data), wrong.eq(slave.read_error)]
    m.d.sync += [
        Assert(slave.read == (wanted & (~r.valid | r.ready))),
        Assert(~slave.read | (slave.read_address == address[2:])),
        Assert(_owed(m, ar, r) == wanted + r.valid),
        Assert(~r.valid | (r.payload.data == data)),
        Assert(~r.valid | (r.payload.resp.as_value() == _told(wrong))),
        Assert(slave.wanted == wanted),
        Assert(~wanted | (slave.read_request.addr == address)),
    ]


def _told(is_wrong: Value) -> Value:
    return Mux(is_wrong, Response.SLVERR, Response.OKAY)


def _waiting(m: Module, channel: wiring.PureInterface, made: Value) -> Signal:
    """Whether something has come on ``channel`` of which no access was made; two never wait."""
    waits = Signal()
    m.d.sync += [waits.eq(transfer(channel) | (waits & ~made)), Assert(~(waits & transfer(channel) & ~made))]
    return waits


def _owed(m: Module, asked: wiring.PureInterface, answered: wiring.PureInterface) -> Signal:
    """How many answers are still to come; none comes where none is owed."""
    owed = Signal(_OWED)
    m.d.sync += [owed.eq(owed + transfer(asked) - transfer(answered)), Assert(~answered.valid | (owed != 0))]
    return owed
