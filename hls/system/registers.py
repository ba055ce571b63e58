"""The register map in RTL: a host's AXI4-Lite on one side, the accelerator's ports on the other."""

from __future__ import annotations

from collections.abc import Mapping

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.instructions import ADDRESS_BITS, VERSION
from heddle.arch.register_map import (
    COUNTER_HIGH_BITS,
    COUNTERS,
    DESIGN_WORDS,
    IDENTIFICATION,
    MAP_VERSION,
    OFFSET_BITS,
    PROGRAM_ALIGNMENT_BITS,
    REGISTER_BITS,
    REGISTERS,
    Access,
    BitField,
    fields,
)
from heddle.hls.array.command import Cause
from heddle.hls.axi.lite import LiteChannels, LiteSlave
from heddle.hls.control.instruction import NUMBER_BITS, Stop

_BYTE_BITS = 8
#: Bytes of a register, which are the distance of two.
_STEP = REGISTER_BITS // _BYTE_BITS


class Registers(wiring.Component):
    """What a host sees of an accelerator: ``heddle.arch.register_map``.

    Ports
    -----
    axi : LiteChannels, in
    interrupt : Signal(1), out
        High while a pending interrupt is enabled.
    start, abort : Signal(1), out; program_address : Signal(40), out; time_limit : Signal(32), out
        To the accelerator. The first two are high for a clock.
    busy, stop, stop_number, array_cause, cycles, … : in
        From the accelerator.

    A register that is not there is read as 0, and the answer is SLVERR; so it is for a write there, and for one of a
    register that has nothing to write, which changes nothing. Latency: ``LiteSlave``'s; ``busy`` is read as 1 by
    whoever has the answer to the write of ``start``. The interrupt comes ``interrupt_latency`` clocks after its cause.
    """

    interrupt_latency = 1

    def __init__(self, digest: int) -> None:
        """Of the accelerator of the design whose ``heddle.arch.program_file.digest`` is ``digest``."""
        self.digest = digest
        #: What registers keep, by field.
        self.kept = {field.name: _kept(field) for _, field in fields() if field.access in (Access.WRITE, Access.CLEAR)}
        super().__init__(
            {
                "axi": In(LiteChannels(OFFSET_BITS)),
                "interrupt": Out(1),
                "start": Out(1),
                "abort": Out(1),
                "program_address": Out(ADDRESS_BITS),
                "time_limit": Out(REGISTER_BITS),
                "busy": In(1),
                "stop": In(Stop),
                "stop_number": In(NUMBER_BITS),
                "array_cause": In(Cause),
                **{counter.name: In(REGISTER_BITS + COUNTER_HIGH_BITS) for counter in COUNTERS},
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Writes first: where the machine sets what a host clears in the same clock, it stays set."""
        m = Module()
        m.submodules.slave = slave = LiteSlave(OFFSET_BITS)
        connect(m, flipped(self.axi), slave.axi)
        kept = self.kept
        self._write(m, slave)
        self._set(m)
        address = Cat(Const(0, PROGRAM_ALIGNMENT_BITS), kept["program_address_low"], kept["program_address_high"])
        m.d.comb += [
            self.program_address.eq(address),
            self.time_limit.eq(kept["time_limit"]),
            self.interrupt.eq(
                (kept["pending_done"] & kept["enable_done"]) | (kept["pending_stopped"] & kept["enable_stopped"])
            ),
        ]
        self._read(m, slave, {**self._constants, **self._status, **self._counted(m, slave), **kept})
        return m

    def _write(self, m: Module, slave: LiteSlave) -> None:
        """Change the bytes that are written; what has nothing to write is an error."""
        mask = Cat(*(strobe.replicate(_BYTE_BITS) for strobe in slave.write_strobes))
        with m.Switch(slave.write_address):
            for register in REGISTERS:
                if register.is_writable:
                    with m.Case(register.offset // _STEP), m.If(slave.write):
                        for field in register.fields:
                            self._write_field(m, field, slave.write_data, mask)
            with m.Default():
                m.d.comb += slave.write_error.eq(1)

    def _write_field(self, m: Module, field: BitField, data: Value, mask: Value) -> None:
        place = slice(field.bit, field.bit + field.width)
        if field.access is Access.ACT:
            m.d.comb += getattr(self, field.name).eq(data[place] & mask[place])
        elif field.access is Access.CLEAR:
            m.d.sync += self.kept[field.name].eq(self.kept[field.name] & ~(data[place] & mask[place]))
        elif field.access is Access.WRITE:
            kept = self.kept[field.name]
            m.d.sync += kept.eq((kept & ~mask[place]) | (data[place] & mask[place]))

    def _set(self, m: Module) -> None:
        """What the machine sets by itself: a program has ended, or its first cause is there."""
        was_busy, was_stopped, is_stopped = Signal(), Signal(), self.stop != Stop.NONE
        m.d.sync += [was_busy.eq(self.busy), was_stopped.eq(is_stopped)]
        with m.If(self.start & ~self.busy):
            m.d.sync += self.kept["done"].eq(0)
        with m.If(was_busy & ~self.busy):
            m.d.sync += [self.kept["done"].eq(1), self.kept["pending_done"].eq(1)]
        with m.If(is_stopped & ~was_stopped):
            m.d.sync += self.kept["pending_stopped"].eq(1)

    def _read(self, m: Module, slave: LiteSlave, values: Mapping[str, Value]) -> None:
        """Put each register together from the values of its fields."""
        with m.Switch(slave.read_address):
            for register in REGISTERS:
                with m.Case(register.offset // _STEP):
                    for field in register.fields:
                        if field.access is not Access.ACT:
                            place = slice(field.bit, field.bit + field.width)
                            m.d.comb += slave.read_data[place].eq(values[field.name])
            with m.Default():
                m.d.comb += slave.read_error.eq(1)

    @property
    def _constants(self) -> dict[str, Value]:
        words = {f"design_{word}": self.digest >> word * REGISTER_BITS for word in range(DESIGN_WORDS)}
        numbers = {"identification": IDENTIFICATION, "instruction_set": VERSION, "register_map": MAP_VERSION, **words}
        return {name: Const(number & ((1 << REGISTER_BITS) - 1), REGISTER_BITS) for name, number in numbers.items()}

    @property
    def _status(self) -> dict[str, Value]:
        return {name: Value.cast(getattr(self, name)) for name in ("busy", "stop", "stop_number", "array_cause")}

    def _counted(self, m: Module, slave: LiteSlave) -> dict[str, Value]:
        """Both words of each counter; the high one is what it was as the low one was read last."""
        values: dict[str, Value] = {}
        for counter in COUNTERS:
            counted, high = getattr(self, counter.name), Signal(COUNTER_HIGH_BITS, name=counter.high.name)
            with m.If(slave.read & (slave.read_address == counter.low.offset // _STEP)):
                m.d.sync += high.eq(counted[REGISTER_BITS:])
            values[counter.low.name], values[counter.high.name] = counted[:REGISTER_BITS], high
        return values


def _kept(field: BitField) -> Signal:
    return Signal(field.width, name=field.name)
