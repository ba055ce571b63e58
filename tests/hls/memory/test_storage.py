"""Words in RAM blocks: read as they were written, in the blocks that synthesis should infer."""

from __future__ import annotations

import json
import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from refusal import assert_refused
from stream_bench import simulate

from heddle.hls.emit import emit
from heddle.hls.memory.storage import RamSlice, Storage, StorageShape
from heddle.synth.yosys.tool import run_yosys


@pytest.mark.parametrize(
    "shape",
    [StorageShape(1, 1), StorageShape(12, 6), StorageShape(73, 600), StorageShape(150, 1030)],
    ids=lambda shape: f"{shape.word_bits}x{shape.words}",
)
def test_a_word_is_read_as_it_was_written_last_and_zeros_where_none_was_asked_for(shape: StorageShape) -> None:
    storage, rng = Storage(shape), random.Random(3)
    held: dict[int, int] = {}
    places = sorted({0, shape.words // 2, 511 % shape.words, 512 % shape.words, shape.words - 1})
    due, seen = [0, 0], []

    async def bench(ctx: Any) -> None:
        for _ in range(200):
            place, asked = rng.choice(places), rng.choice([None, *held])
            writes, word = rng.random() < 0.5, rng.getrandbits(shape.word_bits)
            ctx.set(storage.write_en, writes)
            ctx.set(storage.write_addr, place)
            ctx.set(storage.write_data, word)
            ctx.set(storage.read_en, asked is not None)
            ctx.set(storage.read_addr, asked or 0)
            seen.append(ctx.get(storage.read_data))
            due.append(0 if asked is None else held[asked])
            if writes:
                held[place] = word
            await ctx.tick()

    simulate(storage, bench)
    assert set(held) == set(places)
    assert seen[2:] == due[2 : len(seen)]


def test_a_slice_is_not_more_than_a_ram_block() -> None:
    assert_refused(partial(RamSlice, 73, 8, "block"), ValueError, "block RAM does not hold 8 words of 73 bits")
    assert_refused(partial(RamSlice, 72, 4097, "ultra"), ValueError, "ultra RAM does not hold 4097 words of 72 bits")


def test_synthesis_infers_the_blocks_and_adds_no_logic_for_ports_that_meet(tmp_path: Path) -> None:
    blocks = {
        StorageShape(36, 512, "block"): {"RAMB18E2": 1},
        StorageShape(80, 1024, "block"): {"RAMB36E2": 2, "RAMB18E2": 2},
        StorageShape(128, 8192, "ultra"): {"URAM288": 4},
    }
    names = {shape: f"{shape.ram}_{shape.word_bits}x{shape.words}" for shape in blocks}
    for shape, name in names.items():
        (tmp_path / f"{name}.v").write_text(emit(Storage(shape), name))
    run_yosys(
        f"read_verilog {' '.join(f'{name}.v' for name in names.values())}; "
        "synth_xilinx -family xcup -uram -noiopad -noclkbuf -run prepare:map_luts; "
        "flatten; tee -q -o cells.json stat -json",
        tmp_path,
        "yosys.log",
    )
    found = json.loads((tmp_path / "cells.json").read_text())["modules"]
    for shape, name in names.items():
        cells = found[f"\\{name}"]["num_cells_by_type"]
        assert {cell: count for cell, count in cells.items() if cell.startswith(("RAM", "URAM"))} == blocks[shape]
        flip_flops = sum(count for cell, count in cells.items() if cell.startswith("FD"))
        # Each slice's output register, and for each bank what says whether it is shown.
        assert flip_flops == shape.banks * (shape.word_bits + 1)


def test_deep_storage_is_emitted_without_a_word_for_each_address() -> None:
    verilog = emit(Storage(StorageShape(144, 16384, "ultra")), "storage")
    assert len(verilog.splitlines()) < 600
    assert verilog.count("module storage_ram_slice_ultra_72x4096(") == 1
    assert verilog.count("storage_ram_slice_ultra_72x4096 ") == 8
