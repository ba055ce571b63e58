"""The closed form of the double buffers' RAM blocks; tests/hls holds it against synthesis."""

from dataclasses import replace

from resource_designs import SAT

from heddle.arch.double_buffer_resources import double_buffers


def test_large_buffers_are_uram_and_the_weight_buffer_is_block_ram() -> None:
    # Activations: 4,096 bits in 57 ports. Results: 2,048 bits in 29. Weights: 608 bits in 9 ports, the last a half
    # block, in 14 banks. As synthesised.
    assert int(double_buffers(SAT).uram) == 57 + 29
    assert int(double_buffers(SAT).bram36) == 14 * 8 + 7


def test_a_board_without_uram_takes_block_rams_instead() -> None:
    table = double_buffers(replace(SAT, board_has_uram=0))
    assert int(table.uram) == 0
    assert int(table.bram36) == 119 + 4 * 57 + 8 * 28 + 4


def test_a_wide_link_costs_rams_even_where_the_capacity_is_small() -> None:
    narrow = replace(SAT, has_ws=0, interleave_cols_only=1, activation_bytes=4096, board_has_uram=0)
    wide = replace(narrow, interleave_cols_only=0)
    assert int(double_buffers(wide).bram36) - int(double_buffers(narrow).bram36) == 57 - 4
