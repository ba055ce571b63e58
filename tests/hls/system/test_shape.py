"""Sizes of the machine that a design asks for."""

from __future__ import annotations

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override
from heddle.hls.axi.channels import AxiShape
from heddle.hls.system.shape import BufferRams, MachineShape

BOARD = load_board("vcu1525")


@pytest.mark.parametrize(
    ("design", "changes", "rams"),
    [
        ("tiny", {}, ("block", "block", "block")),
        ("sat-vcu1525", {}, ("ultra", "block", "ultra")),
        ("sat-vcu1525", {"buffers.output_bytes": 262144}, ("ultra", "block", "ultra")),
        # 512 words of 2,048 bits a half: an UltraRAM would be a quarter full.
        ("sat-vcu1525", {"buffers.output_bytes": 262144, "array.cols": 64}, ("ultra", "block", "block")),
    ],
)
def test_ultra_ram_holds_large_buffers_whose_banks_fill_half_of_one(
    design: str, changes: dict[str, object], rams: tuple[str, str, str]
) -> None:
    assert MachineShape(override(load_design(design), changes)).rams(BOARD) == BufferRams(*rams)


def test_the_port_is_as_wide_as_all_channels_together() -> None:
    """Each channel's bursts stay within its own 4 KiB, or have AXI4's most beats where they are narrow."""
    assert MachineShape(load_design("sat-vcu1525")).port == AxiShape(256, page_bytes=4 * 4096, channels=4)
    narrow = override(load_design("tiny"), {"memory.axi_bits": 64, "memory.channels": 2})
    assert MachineShape(narrow).port == AxiShape(16, page_bytes=2 * 256 * 8, channels=2)
    assert MachineShape(narrow).lanes == 2


def test_without_ultra_ram_all_buffers_are_block_ram() -> None:
    board = BOARD.model_copy(update={"resources": BOARD.resources.model_copy(update={"uram": 0})})
    assert MachineShape(load_design("sat-vcu1525")).rams(board) == BufferRams("block", "block", "block")
