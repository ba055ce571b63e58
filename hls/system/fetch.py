"""Fetch: a program's bytes from memory, its header and its checksum looked at, its instructions numbered."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.instructions import ADDRESS_BITS, INSTRUCTION_BYTES, VERSION
from heddle.arch.program_file import MAGIC, Header
from heddle.hls.axi.channels import AxiShape, Response, reading_port
from heddle.hls.axi.coalescer import Coalescer
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.stretches import word_layout
from heddle.hls.control.dispatch import NUMBERED_WORD
from heddle.hls.control.instruction import NUMBER_BITS, WORD_BITS, Stop
from heddle.hls.layout import below, layout_of
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.system.checksum import Checksum

_HEADER = layout_of(Header)


class WordJoiner(wiring.Component):
    """Puts bus words together to words of an instruction.

    Ports
    -----
    input : stream of ``word_layout``, in
    output : stream of Signal(512), out

    Latency 1 clock from a word's last part, throughput a bus word a clock.
    """

    def __init__(self, port: AxiShape) -> None:
        """Raises ValueError where a bus word is more than an instruction: ``WordSplitter`` is for those."""
        if port.data_bytes > INSTRUCTION_BYTES:
            raise ValueError(f"a port of {port.data_bytes} bytes is wider than an instruction of {INSTRUCTION_BYTES}")
        self.parts = INSTRUCTION_BYTES // port.data_bytes
        super().__init__({"input": In(stream.Signature(word_layout(port))), "output": Out(stream.Signature(WORD_BITS))})

    def elaborate(self, platform: object) -> Module:
        """Shift parts in from the high end."""
        m = Module()
        part, takes = Signal(below(self.parts)), transfer(self.input)
        is_last = part == self.parts - 1
        m.d.comb += self.input.ready.eq(~self.output.valid | self.output.ready)
        with m.If(takes):
            shifted = Cat(self.output.payload, self.input.payload.data)
            m.d.sync += [self.output.payload.eq(shifted[-WORD_BITS:]), part.eq(Mux(is_last, 0, part + 1))]
        with m.If(takes | self.output.ready):
            m.d.sync += self.output.valid.eq(takes & is_last)
        assert_stable(m, self.output)
        return m


class WordSplitter(wiring.Component):
    """Takes the words of instructions out of bus words that have several.

    Ports
    -----
    input : stream of ``word_layout``, in; whole instructions, fewer than a bus word has room for at a transfer's end
    output : stream of Signal(512), out

    Latency 1 clock to a bus word's first part, throughput a part a clock.
    """

    def __init__(self, port: AxiShape) -> None:
        """Raises ValueError where a bus word is no more than an instruction."""
        if port.data_bytes <= INSTRUCTION_BYTES:
            raise ValueError(
                f"a port of {port.data_bytes} bytes has no two instructions of {INSTRUCTION_BYTES} in a word"
            )
        self.parts = port.data_bytes // INSTRUCTION_BYTES
        super().__init__({"input": In(stream.Signature(word_layout(port))), "output": Out(stream.Signature(WORD_BITS))})

    def elaborate(self, platform: object) -> Module:
        """Shift parts out at the low end."""
        m = Module()
        word, left = self.input.payload, Signal(range(self.parts + 1))  # parts that are held
        held = Signal(len(word.data), reset_less=True)
        is_last = transfer(self.output) & (left == 1)
        m.d.comb += [
            self.output.valid.eq(left != 0),
            self.output.payload.eq(held),
            self.input.ready.eq((left == 0) | is_last),
        ]
        with m.If(transfer(self.output)):
            m.d.sync += [held.eq(held >> WORD_BITS), left.eq(left - 1)]
        with m.If(transfer(self.input)):
            m.d.sync += [held.eq(word.data), left.eq(word.bytes // INSTRUCTION_BYTES)]
        assert_stable(m, self.output)
        return m


class Fetch(wiring.Component):
    """Reads one program; reset before each.

    Ports
    -----
    address : Signal(40), in; start : Signal(1), in
        Where the program's header stands, a multiple of 64.
    instructions : stream of NUMBERED_WORD, out
    cut : Signal(1), in; owes : Signal(1), out
        Nothing more is asked for; memory has not given all that was.
    stop : Stop, out
        What is wrong with the header, with memory's answers, or, when all were given, with the instructions' checksum.
    is_over : Signal(1), out
        All instructions were given, and their checksum is known; or the header is wrong, and nothing more is read.
    axi : reading_port, out

    Latency: from ``start`` to the first instruction memory's twice, for the header and then for what it tells of, and
    25 clocks with a port of 64 bytes, 29 with one of 16. Throughput: an instruction each clock, or what the port lets
    through. A port that is wider than an instruction reads as many at once as a bus word has.
    """

    def __init__(self, port: AxiShape, digest: int) -> None:
        """A machine for programs of the design whose ``heddle.arch.program_file.digest`` is ``digest``."""
        self.port, self.digest = port, digest
        super().__init__(
            {
                "address": In(ADDRESS_BITS),
                "start": In(1),
                "instructions": Out(stream.Signature(NUMBERED_WORD)),
                "cut": In(1),
                "owes": Out(1),
                "stop": Out(Stop),
                "is_over": Out(1),
                "axi": Out(reading_port(port)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Ask for the header, look at it, ask for as many instructions as it says, and check them as they go by."""
        m = Module()
        m.submodules.coalescer = coalescer = Coalescer(self.port)
        m.submodules.reads = reads = ReadEngine(self.port)
        is_wide = self.port.data_bytes > INSTRUCTION_BYTES
        m.submodules.joiner = joiner = WordSplitter(self.port) if is_wide else WordJoiner(self.port)
        m.submodules.checksum = crc = Checksum()
        connect(m, coalescer.spans, reads.spans)
        connect(m, reads.axi, flipped(self.axi))
        connect(m, reads.words, joiner.input)
        words, given, asked = joiner.output, self.instructions, coalescer.pixels
        header = data.View(_HEADER, words.payload[: _HEADER.size])
        to_ask, to_give, number = Signal(NUMBER_BITS), Signal(NUMBER_BITS), Signal(NUMBER_BITS)
        address, checksum = Signal(ADDRESS_BITS, reset_less=True), Signal(32, reset_less=True)
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += address.eq(self.address)
                with m.If(self.start):
                    m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += [asked.valid.eq(1), asked.payload.last.eq(1)]
                with m.If(asked.ready):
                    m.next = "HEADER"
            with m.State("HEADER"):
                wrong = self._wrong(header)
                m.d.comb += words.ready.eq(1)
                m.d.sync += [to_ask.eq(header.instructions), to_give.eq(header.instructions)]
                m.d.sync += checksum.eq(header.checksum)
                with m.If(words.valid):
                    m.d.sync += self.stop.eq(wrong)
                    with m.If(wrong == Stop.NONE):
                        m.next = "GIVE"
                    with m.Else():
                        m.next = "OVER"
            with m.State("GIVE"):
                m.d.comb += [
                    asked.valid.eq(to_ask != 0),
                    asked.payload.last.eq(to_ask == 1),
                    given.valid.eq(words.valid),
                    words.ready.eq(given.ready),
                ]
                with m.If(transfer(asked)):
                    m.d.sync += to_ask.eq(to_ask - 1)
                with m.If(transfer(given) & given.payload.last):
                    m.next = "CHECK"
            with m.State("CHECK"):
                with m.If(crc.crc != checksum):
                    m.d.sync += self.stop.eq(Stop.CHECKSUM)
                m.next = "OVER"
            with m.State("OVER"):
                m.d.comb += self.is_over.eq(1)
        with m.If(transfer(asked)):
            m.d.sync += address.eq(address + INSTRUCTION_BYTES)
        with m.If(transfer(given)):
            m.d.sync += [to_give.eq(to_give - 1), number.eq(number + 1)]
        with m.If(reads.error != Response.OKAY):
            m.d.sync += self.stop.eq(Stop.READ_ERROR)
        m.d.comb += [
            reads.cut.eq(self.cut),
            self.owes.eq(reads.owes),
            asked.payload.address.eq(address),
            asked.payload.bytes.eq(INSTRUCTION_BYTES),
            given.payload.number.eq(number),
            given.payload.last.eq(to_give == 1),
            given.payload.word.eq(words.payload),
            crc.start.eq(self.start),
            crc.valid.eq(transfer(given)),
            crc.word.eq(given.payload.word),
        ]
        assert_stable(m, given)
        return m

    def _wrong(self, header: data.View) -> Value:
        """The first thing that is wrong with a header."""
        found: Value = Const(Stop.NONE)
        for holds, cause in (
            (header.design != self.digest, Stop.OTHER_DESIGN),
            (header.version != VERSION, Stop.OTHER_VERSION),
            ((header.magic != MAGIC) | (header.instructions == 0), Stop.NO_PROGRAM),
        ):
            found = Mux(holds, cause, found)
        return found
