"""What the array takes: what is counted of it, piece by piece, beside the fitted logic."""

from dataclasses import replace

import numpy as np
import pytest
from resource_designs import SAT

from heddle.arch.array_resources import array, pe, pe_exact
from heddle.arch.lut_memory import line_ff, line_lut
from heddle.arch.resource_inputs import ResourceInputs

ONE = replace(SAT, rows=1, cols=1)


def pe_memory(**changes: int) -> int:
    return int(pe(replace(SAT, **changes)).lut_as_memory)


def test_the_array_has_two_dsp_slices_in_every_pe() -> None:
    assert int(array(SAT).dsp) == 2 * 32 * 32


def test_of_short_lines_only_that_of_partial_sums_is_shift_registers() -> None:
    # 8 partial sums and the register behind them, 32 bits each; 8 - 5 sums and 8 results are flip-flops.
    assert pe_memory() == 32
    assert pe_memory(interleave=5) == 32
    # Two words more in the ring and in the chain of results.
    assert int(pe(replace(SAT, interleave=7)).ff) - int(pe(replace(SAT, interleave=5)).ff) == 2 * 2 * 32


def test_a_chain_of_more_than_32_words_takes_a_second_shift_register() -> None:
    # I = 32: the ring's 27 and the results' 32 end in flip-flops, as does the partial sums' line of 33.
    assert pe_memory(interleave=32) == 3 * 32
    assert pe_memory(interleave=35) == (1 + 2 + 2) * 32


def test_a_machine_for_ws_alone_has_neither_ring_nor_chains() -> None:
    assert pe_memory(has_os=0) == 0


def test_a_wider_group_adds_its_registers_and_its_choice() -> None:
    eight, sixteen = (replace(SAT, m=m) for m in (8, 16))
    # 8 operands more of 17 bits, and an index bit more in two registers.
    assert int(pe_exact(sixteen)[1]) - int(pe_exact(eight)[1]) == 8 * 17 + 2
    assert int(pe(sixteen).lut) > int(pe(eight).lut)


def test_in_ws_the_rows_operands_wait_in_memories_that_grow_with_the_row() -> None:
    without, with_ws = (int(array(replace(SAT, cols=1, has_ws=ws)).lut_as_memory) for ws in (0, 1))
    bits = 5 + 17 * 8
    # Rows 1 to 31 wait 5, 10, ..., 155 steps: 6 in memories of 32 words, 6 in 64, 13 in 128, 6 in three of 64.
    assert with_ws - without == 6 * 9 * 8 + bits * (6 * 1 + 13 * 2 + 6 * 3)


@pytest.mark.parametrize("flows", [(1, 0), (0, 1), (1, 1)])
def test_the_border_takes_less_than_the_inside(flows: tuple[int, int]) -> None:
    has_os, has_ws = flows
    inputs = replace(SAT, has_os=has_os, has_ws=has_ws)

    def per_pe(rows: int) -> float:
        one, more = (array(replace(inputs, rows=r, cols=64)) for r in (rows, rows + 1))
        return (int(more.ff) - int(one.ff)) / 64

    assert per_pe(40) >= int(pe(inputs).ff)


def test_an_idealised_array_has_no_delays_at_its_edges() -> None:
    one = replace(ONE, interleave=16)
    assert int(array(replace(one, chain_drain=0)).lut_as_memory) < int(array(one).lut_as_memory)


def test_bf16_products_cost_more_logic_than_fp16_ones() -> None:
    fp16, bf16 = (pe(replace(SAT, has_bf16=flag)) for flag in (0, 1))
    assert isinstance(SAT, ResourceInputs)
    assert int(bf16.lut) != int(fp16.lut)


#: Dataflows, cuts, and the flip-flops that synthesis maps more than without cuts, on ``tiny`` (4 x 4, M = 4).
CUT = [((1, 1), (2,), 204), ((1, 1), (1, 3), 612), ((1, 0), (2,), 203)]


@pytest.mark.parametrize(("flows", "cuts", "more_ff"), CUT)
def test_a_cut_takes_the_flip_flops_that_were_mapped(
    flows: tuple[int, int], cuts: tuple[int, ...], more_ff: int
) -> None:
    has_os, has_ws = flows
    tiny = replace(SAT, rows=4, cols=4, n=2, m=4, interleave=4, adder_stages=3, has_os=has_os, has_ws=has_ws)
    whole, cut = array(tiny), array(replace(tiny, slr_cuts=cuts))
    assert int(cut.ff) - int(whole.ff) == more_ff
    assert int(cut.lut_as_memory) - int(whole.lut_as_memory) == 68


@pytest.mark.parametrize("cuts", [(1,), (5,), (1, 2), (2, 7), (17, 20, 31)])
def test_cuts_are_what_their_links_and_each_row_s_group_take(cuts: tuple[int, ...]) -> None:
    whole, cut = array(SAT), array(replace(SAT, slr_cuts=cuts))
    waits = [(row, row + sum(at <= row for at in cuts)) for row in range(32)]
    group_ff, group_lut = (
        17 * 8 * sum(int(line(np.array(now))) - int(line(np.array(before))) for before, now in waits)
        for line in (line_ff, line_lut)
    )
    link = (17 + 3) + 32 + 32  # a weight and its index, a sum, a partial sum
    hop = 1 + 1 + 5  # enable, dataflow, control
    on_the_way = 1
    assert int(cut.ff - whole.ff) == len(cuts) * (32 * link + hop + on_the_way) + group_ff
    # The result queue is a word deeper each, of 32 x 32 bits: from 66 words on within its second memory.
    assert int(cut.lut_as_memory - whole.lut_as_memory) == group_lut
