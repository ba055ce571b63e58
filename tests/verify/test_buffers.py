"""The buffers' bench: which accesses it makes, and what it expects of them."""

from __future__ import annotations

import numpy as np
import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.hls.generate import double_buffers
from heddle.hls.memory.buffer_shape import BLOCK_WORDS
from heddle.verify.buffers import access_layout, buffers_case
from heddle.verify.case_file import word_integers


@pytest.mark.parametrize("preset", ["tiny", "small"])
def test_every_bank_is_written_and_read_at_its_ends_and_what_is_read_was_written_before(preset: str) -> None:
    design = load_design(preset)
    buffers = double_buffers(design, load_board(design.board))
    case = buffers_case("buffers", buffers, seed=0, idle=0.0)
    for buffer, given, shown in zip(buffers.values(), case.inputs, case.outputs, strict=True):
        layout = access_layout(buffer)
        halves: list[dict[int, int]] = [{}, {}]  # being filled, being read
        read, asked = set(), []
        for word in word_integers(given.words):
            port = {name: word >> part.offset & (1 << part.width) - 1 for name, part in layout}
            if port["read_en"]:
                read.add(port["read_addr"])
                asked.append(halves[1][port["read_addr"]])
            elif asked:
                asked.append(asked[-1])
            if port["write_en"]:
                halves[0][port["write_addr"]] = port["write_data"]
            if port["swap"]:
                halves.reverse()
        bank, last = BLOCK_WORDS[buffer.ram] // 2, buffer.words_per_half - 1
        assert {0, min(bank, last + 1) - 1, last} <= read
        np.testing.assert_array_equal(asked, word_integers(shown.expected))
        assert len({len(set(half.values())) > 1 for half in halves}) == 1


def test_its_cycles_are_the_accesses_and_the_latency() -> None:
    design = load_design("tiny")
    buffers = double_buffers(design, load_board(design.board))
    case = buffers_case("buffers", buffers, seed=0, idle=0.0)
    latency = buffers["weight"].read_latency
    assert case.sim_cycles == max(len(stream.words) for stream in case.inputs) + latency
    assert buffers_case("buffers", buffers, seed=0, idle=0.3).sim_cycles is None
