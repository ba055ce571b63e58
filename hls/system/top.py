"""The accelerator under its registers, with AXI's port names: the top module of the emitted machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from amaranth.hdl import Module, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.program_file import digest
from heddle.hls.axi.channels import ports_of
from heddle.hls.description import Described
from heddle.hls.feed.prepare import Prepare
from heddle.hls.memory.half_buffer import HalfBuffer
from heddle.hls.system.accelerator import COMMANDS, STATUS, Accelerator
from heddle.hls.system.registers import Registers

#: The accelerator's interfaces to memory, which become the AXI masters ``m_axi_NAME``; where memory has several
#: channels, ``m_axi_NAME0``, ``m_axi_NAME1`` and on, one for each.
MASTERS = ("fetch", "load", "store")
#: The AXI4-Lite slave of the registers.
SLAVE = "s_axi_control"


class AcceleratorTop(wiring.Component):
    """``Accelerator`` and its ``Registers``, with a plain port for each of AXI's signals.

    Ports
    -----
    s_axi_control_awaddr, s_axi_control_rdata, …
        The registers (``heddle.arch.register_map``), an AXI4-Lite slave: ``s_axi_control_``, channel and field.
    interrupt : Signal(1), out
        High while an interrupt that is enabled is pending.
    m_axi_fetch_araddr, m_axi_load_rdata, m_axi_store_wstrb, …
        The signals of three AXI4 masters, by their names: ``m_axi_``, master, channel and field. Where memory has
        several channels there are three for each: ``m_axi_fetch0_araddr``, ``m_axi_fetch1_araddr``, …

    Vendors' tools find slave and masters by these names, and a user connects fields where the accelerator's own
    streams have a channel's payload as one word.
    """

    def __init__(self, design: Design, board: Board) -> None:
        """Raises ValueError as ``Accelerator`` does."""
        self.accelerator = accelerator = Accelerator(design, board)
        self.registers = Registers(digest(design))
        axi = {name: (In if flow is wiring.In else Out)(len(value)) for name, flow, value in self._signals()}
        latencies = {"start_to_busy": 1, "prepare": Prepare.latency, "buffer_read": HalfBuffer.latency}
        super().__init__(Described({**axi, "interrupt": Out(1)}, latencies, {"rams": asdict(accelerator.rams)}))

    def elaborate(self, platform: object) -> Module:
        """The machine, its registers, and wires."""
        m = Module()
        m.submodules.accelerator = accelerator = self.accelerator
        m.submodules.registers = registers = self.registers
        m.d.comb += [
            self.interrupt.eq(registers.interrupt),
            *(getattr(accelerator, name).eq(getattr(registers, name)) for name in COMMANDS),
            *(Value.cast(getattr(registers, name)).eq(Value.cast(getattr(accelerator, name))) for name in STATUS),
        ]
        for name, flow, value in self._signals():
            port = getattr(self, name)
            m.d.comb += value.eq(port) if flow is wiring.In else port.eq(value)
        return m

    def _signals(self) -> Iterator[tuple[str, wiring.Flow, Value]]:
        """Yield AXI's signals: the name of each, which way the machine sees it go, and where it stands inside."""
        yield from _axi_signals(SLAVE, self.registers.axi)
        for master in MASTERS:
            for number, port in ports_of(getattr(self.accelerator, master)):
                yield from _axi_signals(f"m_axi_{master}{number}", port)


def _axi_signals(prefix: str, interface: wiring.PureInterface) -> Iterator[tuple[str, wiring.Flow, Value]]:
    """Yield the signals of one interface."""
    for channel, member in interface.signature.members.items():
        stream, back = getattr(interface, channel), In if member.flow is wiring.Out else Out
        payload: data.View = stream.payload
        for field, _ in payload.shape():
            yield f"{prefix}_{channel}{field}", member.flow, Value.cast(payload[field])
        yield f"{prefix}_{channel}valid", member.flow, stream.valid
        yield f"{prefix}_{channel}ready", back, stream.ready
