"""How a double buffer is cut into slices, each of them one RAM block."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from heddle.arch.boards import Board
from heddle.arch.buffer_resources import is_ultra

#: Block RAM or UltraRAM: the values of the attribute ``ram_style`` that synthesis tools read.
RamKind = Literal["block", "ultra"]

#: Bits of a slice: a port of a RAM block of either kind, its parity bits in use.
SLICE_BITS = 72

#: Words of 72 bits that a RAM block holds.
BLOCK_WORDS: dict[RamKind, int] = {"block": 512, "ultra": 4096}

#: Clocks from an address to its word within a slice: the RAM's own register, and the register at its output.
SLICE_LATENCY = 2


def ram_kind(part: str, capacity_bytes: int, board: Board) -> RamKind:
    """UltraRAM for a large buffer where the board has it; the weight buffer, wide and shallow, is always block RAM."""
    large = bool(is_ultra(capacity_bytes, int(board.resources.uram > 0)))
    return "ultra" if large and part != "weight" else "block"


@dataclass(frozen=True)
class SliceSize:
    """What tells slices apart: ``bits`` of the word, ``words`` of each half, and which RAM holds them."""

    bits: int
    words: int
    ram: RamKind

    @property
    def module(self) -> str:
        """The module name by which buffers instantiate such a slice; equal slices of several buffers are one module."""
        return f"heddle_{self.ram}_ram_{self.bits}x{2 * self.words}"

    @property
    def parameters(self) -> dict[str, Any]:
        """What a slice is made with."""
        return asdict(self)


@dataclass(frozen=True)
class BufferShape:
    """A buffer of two halves of ``words_per_half`` words; ``read_latency``: clocks from an address to its word.

    Raises ValueError for less than 1 word of 1 bit, or than 2 clocks.
    """

    word_bits: int
    words_per_half: int
    ram: RamKind
    read_latency: int = SLICE_LATENCY

    def __post_init__(self) -> None:
        if self.read_latency < SLICE_LATENCY:
            raise ValueError(f"a word comes at least {SLICE_LATENCY} clocks after its address, not {self.read_latency}")
        if self.word_bits < 1 or self.words_per_half < 1:
            raise ValueError(f"a buffer holds at least 1 word of 1 bit, not {self.words_per_half} of {self.word_bits}")

    @property
    def bank_words(self) -> int:
        """Words of each half in a bank. The last is as deep as the others: it takes a block anyway."""
        return min(self.words_per_half, BLOCK_WORDS[self.ram] // 2)

    @property
    def banks(self) -> int:
        """How many banks stand under one another."""
        return -(-self.words_per_half // self.bank_words)

    @property
    def place_bits(self) -> int:
        """Bits of an address within a bank, the lowest of them."""
        return max(1, (self.bank_words - 1).bit_length())

    @property
    def row(self) -> list[SliceSize]:
        """The slices of a bank, side by side."""
        whole, rest = divmod(self.word_bits, SLICE_BITS)
        return [SliceSize(bits, self.bank_words, self.ram) for bits in [SLICE_BITS] * whole + [rest] * bool(rest)]

    @property
    def slices(self) -> tuple[SliceSize, ...]:
        """The slices that the buffer instantiates, each size once: of 72 bits, and of what is left of the word."""
        return tuple(dict.fromkeys(self.row))

    @property
    def parameters(self) -> dict[str, Any]:
        """What the buffer is made with, and how many slices of each module it instantiates."""
        return {
            "word_bits": self.word_bits,
            "words_per_half": self.words_per_half,
            "ram": self.ram,
            "slices": {size.module: self.banks * self.row.count(size) for size in self.slices},
        }
