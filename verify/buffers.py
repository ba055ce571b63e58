"""The on-chip buffers in the RTL simulator: a bench that makes streams of their ports, and its cases."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Shape, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.emit import Block, Rtl, emit_block, emit_rtl
from heddle.hls.generate import buffer_block, slice_blocks
from heddle.hls.memory.buffer_shape import BLOCK_WORDS, BufferShape
from heddle.hls.memory.storage import access_members
from heddle.hls.stream.delay import flags
from heddle.verify.cases import Case, Stalls, Words
from heddle.verify.stream_case import stream_case

_ACCESSES = 400
_RANDOM_ADDRESSES = 24
_SWAP_CHANCE, _READ_CHANCE = 0.05, 0.6


def access_layout(buffer: BufferShape) -> data.StructLayout:
    """What reaches a buffer in one clock: its ports other than what is read."""
    ports = ("swap", "write_en", "write_addr", "write_data", "read_en", "read_addr")
    members = {"swap": In(1), **access_members(buffer.word_bits, buffer.words_per_half)}
    return data.StructLayout({name: Shape.cast(members[name].shape) for name in ports})


class BufferStreams(wiring.Component):
    """A design's buffers, instantiated by the names of their modules: accesses as streams, the words shown as others.

    Ports, for each part
    --------------------
    accesses_<part> : stream of access_layout, in
        Always taken. In a clock without one nothing is written, read or swapped.
    words_<part> : stream of Signal(word_bits), out
        For each access from the first that reads on, ``read_latency`` clocks later, the word that is shown then. It
        does not wait to be taken.

    Latency: that of the buffers. Throughput: an access a clock to each.
    """

    def __init__(self, buffers: Mapping[str, BufferShape]) -> None:
        self.buffers = dict(buffers)
        streams = {f"accesses_{part}": In(stream.Signature(access_layout(each))) for part, each in buffers.items()}
        words = {f"words_{part}": Out(stream.Signature(each.word_bits)) for part, each in buffers.items()}
        super().__init__({**streams, **words})

    def elaborate(self, platform: object) -> Module:
        """Instantiate the buffers; without an access a buffer's enables are low."""
        m = Module()
        for part, buffer in self.buffers.items():
            self._place(m, part, buffer)
        return m

    def _place(self, m: Module, part: str, buffer: BufferShape) -> None:
        accesses, words = getattr(self, f"accesses_{part}"), getattr(self, f"words_{part}")
        access, valid = accesses.payload, accesses.valid
        m.submodules[part] = Instance(
            buffer_block(part, buffer).name,
            ("i", "clk", ClockSignal()),
            ("i", "rst", ResetSignal()),
            *(("i", name, access[name] & valid) for name in ("swap", "write_en", "read_en")),
            *(("i", name, access[name]) for name in ("write_addr", "write_data", "read_addr")),
            ("o", "read_data", words.payload),
        )
        asked = Signal(name=f"asked_{part}")
        m.d.sync += asked.eq(asked | valid & access.read_en)
        shows = valid & (asked | access.read_en)
        m.d.comb += [
            accesses.ready.eq(1),
            words.valid.eq(flags(m, shows, buffer.read_latency, name=f"shown_{part}")),
        ]


def buffers_rtl(buffers: Mapping[str, BufferShape]) -> Rtl:
    """Return the streams of ``buffers`` with the buffers' own Verilog, all compiled as one."""
    bench = emit_rtl(Block("heddle_buffers_bench", partial(BufferStreams, buffers)))
    blocks = [block for part, each in buffers.items() for block in (buffer_block(part, each), *slice_blocks(each))]
    once = {each.name: each for each in blocks}  # two buffers may instantiate the same slice
    below = {f"{name}.v": emit_block(each).verilog for name, each in once.items()}
    return replace(bench, verilog={**bench.verilog, **below})


@dataclass(frozen=True)
class _Access:
    swap: bool
    write: tuple[int, int] | None
    read: int | None


def buffers_case(name: str, buffers: Mapping[str, BufferShape], seed: int, idle: float) -> Case:
    """Return accesses to both halves of ``buffers``: the ends of their banks, some words within, swaps at any time."""
    parts = [_buffer_case(name, part, each, seed, idle) for part, each in buffers.items()]
    longest = max(parts, key=lambda case: case.limit_cycles)
    return replace(
        longest,
        inputs=tuple(stream for case in parts for stream in case.inputs),
        outputs=tuple(output for case in parts for output in case.outputs),
    )


def _buffer_case(name: str, part: str, buffer: BufferShape, seed: int, idle: float) -> Case:
    accesses = list(_accesses(np.random.default_rng([seed, zlib.crc32(part.encode())]), buffer))
    layout = access_layout(buffer)
    given = _packed([_word(layout, access) for access in accesses], layout.size)
    shown = _packed(list(_shown(accesses)), buffer.word_bits)
    cycles = len(accesses) + buffer.read_latency
    outputs = {f"words_{part}": (shown, buffer.word_bits)}
    return stream_case(name, (f"accesses_{part}", given), outputs, cycles, Stalls(idle, 0.0, seed), {}, "")


def _accesses(rng: np.random.Generator, buffer: BufferShape) -> Iterator[_Access]:
    """Fill both halves at the addresses that are looked at, then read, write and swap as it comes."""
    depth, bank = buffer.words_per_half, BLOCK_WORDS[buffer.ram] // 2
    ends = {address for end in range(0, depth + bank, bank) for address in (end - 1, end) if 0 <= address < depth}
    within = rng.integers(0, depth, _RANDOM_ADDRESSES).tolist()
    addresses = sorted(ends | {0, depth - 1, depth // 2} | set(within))

    def word() -> int:
        return int.from_bytes(rng.bytes((buffer.word_bits + 7) // 8), "little") >> -buffer.word_bits % 8

    for _ in range(2):
        for address in addresses:
            yield _Access(address == addresses[-1], (address, word()), None)
    yield _Access(False, None, addresses[0])
    for _ in range(_ACCESSES):
        swap, reads, writes = rng.random() < _SWAP_CHANCE, rng.random() < _READ_CHANCE, rng.random() < _READ_CHANCE
        write = (int(rng.choice(addresses)), word()) if writes else None
        yield _Access(swap, write, int(rng.choice(addresses)) if reads else None)


def _shown(accesses: list[_Access]) -> Iterator[int]:
    """The word that each access from the first that reads on leads to: the last one asked for."""
    filled: dict[int, int] = {}
    full: dict[int, int] = {}
    word: int | None = None
    for access in accesses:
        if access.read is not None:
            word = full[access.read]
        if access.write is not None:
            address, value = access.write
            filled[address] = value
        if access.swap:
            filled, full = full, filled
        if word is not None:
            yield word


def _word(layout: data.StructLayout, access: _Access) -> int:
    write_addr, write_data = access.write or (0, 0)
    fields = {
        "swap": access.swap,
        "write_en": access.write is not None,
        "write_addr": write_addr,
        "write_data": write_data,
        "read_en": access.read is not None,
        "read_addr": access.read or 0,
    }
    return sum(int(value) << layout[name].offset for name, value in fields.items())


def _packed(words: list[int], bits: int) -> Words:
    return np.array([list(word.to_bytes((bits + 7) // 8, "little")) for word in words], np.uint8)
