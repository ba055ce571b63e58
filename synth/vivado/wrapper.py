"""All of a design's RTL in one module, a register at each port: what Vivado times.

With registers at the edge every path of the core goes from register to register within the device, the handshakes
among them. The registers delay both sides of a handshake, so the wrapper is to be timed and not to be run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.dataflow.choices import Optimizer
from heddle.hls.description import ModuleDescription, Port
from heddle.hls.emit import Block
from heddle.hls.generate import array_blocks, buffer_block, double_buffers, slice_blocks, sore_block, wuve_block
from heddle.hls.lanes.wuve import UPDATE_RULES
from heddle.hls.names import CORE_MODULE

#: The parts of a machine that stand in the wrapper.
WRAPPED_PARTS = ("array", "sore", "wuve", "buffers")


@dataclass(frozen=True)
class CoreBlocks:
    """The blocks of a design by the name of their instance in the wrapper, and those that they instantiate by name."""

    placed: Mapping[str, Block]
    below: Sequence[Block]

    @property
    def modules(self) -> dict[str, Block]:
        """Every block once, by the name of its module."""
        return {block.name: block for block in (*self.placed.values(), *self.below)}


def core_blocks(design: Design, board: Board, optimizer: Optimizer) -> CoreBlocks:
    """Return array, SORE lanes, WUVE lanes for ``optimizer`` and buffers of ``design``."""
    core, element = array_blocks(design)
    sore, wuve = sore_block(design), wuve_block(design, UPDATE_RULES[optimizer])
    buffers = double_buffers(design, board)
    placed = {
        "array": core,
        **{f"sore_{lane}": sore for lane in range(design.lanes.sore)},
        **{f"wuve_{lane}": wuve for lane in range(design.lanes.wuve)},
        **{f"buffer_{part}": buffer_block(part, buffer) for part, buffer in buffers.items()},
    }
    return CoreBlocks(placed, [element, *(block for buffer in buffers.values() for block in slice_blocks(buffer))])


class RegisteredCore(wiring.Component):
    """Instances of blocks, with a register between each of their ports and a port of this module.

    Ports: of each instance all but clock and reset, as ``INSTANCE__PORT``, in or out as there. Latency: a clock in,
    a clock out; the reset comes a clock later too.
    """

    def __init__(self, placed: Mapping[str, ModuleDescription]) -> None:
        """``placed``: modules by the name of their instance."""
        self._placed = dict(placed)
        super().__init__(
            {
                f"{instance}__{port.name}": (In if port.direction == "in" else Out)(port.width)
                for instance, module in placed.items()
                for port in own_ports(module)
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Place the blocks by their modules' names."""
        m = Module()
        reset = Signal(reset_less=True)
        m.d.sync += reset.eq(ResetSignal())
        for instance, module in self._placed.items():
            ends = [("i", "clk", ClockSignal()), ("i", "rst", reset)]
            for inner in own_ports(module):
                name = f"{instance}__{inner.name}"
                port = getattr(self, name)
                stored = Signal(inner.width, reset_less=True, name=f"{name}_stored")
                if inner.direction == "in":
                    m.d.sync += stored.eq(port)
                    ends.append(("i", inner.name, stored))
                else:
                    made = Signal(inner.width, name=f"{name}_made")
                    m.d.sync += stored.eq(made)
                    m.d.comb += port.eq(stored)
                    ends.append(("o", inner.name, made))
            m.submodules[instance] = Instance(module.name, *ends)
        return m


def own_ports(module: ModuleDescription) -> Iterator[Port]:
    """Yield the ports of a module but clock and reset."""
    return (port for port in module.ports if port.name not in ("clk", "rst"))


def wrapper_block(placed: Mapping[str, ModuleDescription]) -> Block:
    """Return the wrapper of the modules ``placed``, which it instantiates by name."""
    return Block(CORE_MODULE, partial(RegisteredCore, placed))
