"""The checksum of a program's instructions, as they go by: CRC-32 as zlib has it."""

from __future__ import annotations

import zlib

from amaranth.hdl import Cat, Const, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import INSTRUCTION_BYTES
from heddle.hls.control.instruction import WORD_BITS

_CRC_BITS = 32


class Checksum(wiring.Component):
    """Adds a word of 512 bits to the CRC-32 in one clock.

    Ports
    -----
    start : Signal(1), in
        Begin with no word.
    word : Signal(512), in; valid : Signal(1), in
        Take a word, its lowest byte first.
    crc : Signal(32), out
        That of the words taken since ``start``.

    Latency 1 clock, throughput a word a clock.

    A CRC that goes on is an affine function of the CRC so far and of the word, bit by bit: what each of their bits
    flips is asked of zlib. Each bit of the next one is the parity of some 270 bits.
    """

    def __init__(self) -> None:
        super().__init__({"start": In(1), "word": In(WORD_BITS), "valid": In(1), "crc": Out(_CRC_BITS)})

    def elaborate(self, platform: object) -> Module:
        """For each bit of the CRC, the parity of the bits that flip it."""
        m = Module()
        of_nothing = _after(0, 0)
        flips = [
            *((self.crc[bit], _after(1 << bit, 0) ^ of_nothing) for bit in range(_CRC_BITS)),
            *((self.word[bit], _after(0, 1 << bit) ^ of_nothing) for bit in range(WORD_BITS)),
        ]
        following = Cat(self._bit(bit, flips, of_nothing) for bit in range(_CRC_BITS))
        with m.If(self.valid):
            m.d.sync += self.crc.eq(following)
        with m.If(self.start):
            m.d.sync += self.crc.eq(0)
        return m

    def _bit(self, bit: int, flips: list[tuple[Value, int]], of_nothing: int) -> Value:
        parity: Value = Cat(*(source for source, flipped in flips if flipped >> bit & 1)).xor()
        return parity ^ Const(of_nothing >> bit & 1, 1)


def _after(crc: int, word: int) -> int:
    return zlib.crc32(word.to_bytes(INSTRUCTION_BYTES, "little"), crc)
