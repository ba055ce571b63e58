"""The accelerator with AXI's port names: the top module of the emitted machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from amaranth.hdl import Module, Shape, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.instructions import ADDRESS_BITS
from heddle.hls.description import Described
from heddle.hls.feed.prepare import Prepare
from heddle.hls.memory.half_buffer import HalfBuffer
from heddle.hls.system.accelerator import STATUS, Accelerator

#: The accelerator's interfaces to memory, which become the AXI masters ``m_axi_NAME``.
MASTERS = ("fetch", "load", "store")


class AcceleratorTop(wiring.Component):
    """``Accelerator`` with a plain port for each of AXI's signals.

    Ports
    -----
    start, program_address, busy, stop, stop_number, array_cause, cycles
        Those of ``Accelerator``.
    m_axi_fetch_araddr, m_axi_load_rdata, m_axi_store_wstrb, …
        The signals of three AXI4 masters, by their names: ``m_axi_``, master, channel and field.

    Latency 0 clocks: it has nothing but names. Vendors' tools find the masters by them, and a user connects fields
    where the accelerator's own streams have a channel's payload as one word.
    """

    def __init__(self, design: Design, board: Board) -> None:
        """Raises ValueError as ``Accelerator`` does."""
        self.accelerator = accelerator = Accelerator(design, board)
        status = {name: Out(Shape.cast(shape).width) for name, shape in STATUS.items()}
        axi = {name: (In if flow is wiring.In else Out)(len(value)) for name, flow, value in _axi_signals(accelerator)}
        latencies = {"start_to_busy": 1, "prepare": Prepare.latency, "buffer_read": HalfBuffer.latency}
        members = {"start": In(1), "program_address": In(ADDRESS_BITS), **status, **axi}
        super().__init__(Described(members, latencies, {"rams": asdict(accelerator.rams)}))

    def elaborate(self, platform: object) -> Module:
        """Wires only."""
        m = Module()
        m.submodules.accelerator = accelerator = self.accelerator
        m.d.comb += [
            accelerator.start.eq(self.start),
            accelerator.program_address.eq(self.program_address),
            *(getattr(self, name).eq(Value.cast(getattr(accelerator, name))) for name in STATUS),
        ]
        for name, flow, value in _axi_signals(accelerator):
            port = getattr(self, name)
            m.d.comb += value.eq(port) if flow is wiring.In else port.eq(value)
        return m


def _axi_signals(accelerator: Accelerator) -> Iterator[tuple[str, wiring.Flow, Value]]:
    """Yield AXI's signals: the name of each, which way the accelerator sees it go, and where it stands there."""
    for master in MASTERS:
        interface = getattr(accelerator, master)
        for channel, member in interface.signature.members.items():
            stream, back = getattr(interface, channel), In if member.flow is wiring.Out else Out
            payload: data.View = stream.payload
            for field, _ in payload.shape():
                yield f"m_axi_{master}_{channel}{field}", member.flow, Value.cast(payload[field])
            yield f"m_axi_{master}_{channel}valid", member.flow, stream.valid
            yield f"m_axi_{master}_{channel}ready", back, stream.ready
