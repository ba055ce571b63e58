"""The resource formulas: what each part of a PE, a lane and a buffer takes, and that arrays give the same."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arch.resource_model import (
    ResourceInputs,
    activation_read_bits,
    index_bits_of,
    module_tables,
    resource_table,
)

SAT = ResourceInputs(
    rows=32,
    cols=32,
    n=2,
    m=8,
    interleave=8,
    interleave_cols_only=0,
    adder_stages=5,
    multiplier_stages=1,
    has_os=1,
    has_ws=1,
    chain_drain=1,
    sore_lanes=32,
    wuve_lanes=32,
    vector_lanes=64,
    activation_bytes=1 << 20,
    weight_bytes=1 << 19,
    output_bytes=1 << 20,
    channels=4,
    axi_bits=512,
    board_has_uram=1,
)
RESOURCES = ("lut", "lut_as_memory", "ff", "dsp", "bram36", "uram")


@st.composite
def inputs(draw):
    m = draw(st.sampled_from([2, 4, 8, 16, 32]))
    has_os = draw(st.integers(0, 1))
    flag = st.integers(0, 1)
    return ResourceInputs(
        rows=draw(st.integers(1, 128)),
        cols=draw(st.integers(1, 128)),
        n=draw(st.integers(1, m)),
        m=m,
        interleave=draw(st.integers(1, 64)),
        interleave_cols_only=draw(flag),
        adder_stages=draw(st.integers(1, 6)),
        multiplier_stages=draw(st.integers(0, 3)),
        has_os=has_os,
        has_ws=draw(flag) if has_os else 1,
        chain_drain=draw(flag),
        sore_lanes=draw(st.integers(1, 64)),
        wuve_lanes=draw(st.integers(1, 64)),
        vector_lanes=draw(st.integers(1, 64)),
        activation_bytes=draw(st.integers(1, 1 << 24)),
        weight_bytes=draw(st.integers(1, 1 << 24)),
        output_bytes=draw(st.integers(1, 1 << 24)),
        channels=draw(st.integers(1, 8)),
        axi_bits=draw(st.sampled_from([64, 128, 256, 512, 1024])),
        board_has_uram=draw(flag),
    )


def counts(one):
    table = resource_table(one)
    return tuple(int(getattr(table, name)) for name in RESOURCES)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(designs=st.lists(inputs(), min_size=1, max_size=8))
def test_arrays_give_what_each_design_gives_alone(designs):
    stacked = ResourceInputs(
        **{f.name: np.array([getattr(d, f.name) for d in designs]) for f in fields(ResourceInputs)}
    )
    table = resource_table(stacked)
    rows = zip(*(getattr(table, name).tolist() for name in RESOURCES), strict=True)
    assert list(rows) == [counts(d) for d in designs]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(design=inputs())
def test_counts_are_positive_and_memory_luts_are_luts(design):
    lut, lut_as_memory, ff, dsp, bram36, uram = counts(design)
    assert min(lut, ff, dsp, bram36) > 0
    assert 0 <= lut_as_memory < lut
    assert uram >= 0


GROWING = [
    "rows",
    "cols",
    "sore_lanes",
    "wuve_lanes",
    "vector_lanes",
    "weight_bytes",
    "channels",
    "multiplier_stages",
]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(design=inputs(), name=st.sampled_from(GROWING), more=st.integers(1, 16))
def test_a_larger_machine_takes_no_less_of_anything(design, name, more):
    larger = replace(design, **{name: getattr(design, name) + more})
    assert all(b >= a for a, b in zip(counts(design), counts(larger), strict=True))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(design=inputs(), more=st.integers(1, 1 << 22))
def test_without_uram_a_larger_activation_buffer_takes_no_fewer_block_rams(design, more):
    small = replace(design, board_has_uram=0)
    large = replace(small, activation_bytes=small.activation_bytes + more)
    assert counts(large)[4] >= counts(small)[4]
    assert counts(large)[5] == 0


def test_scalar_and_array_fields_broadcast():
    table = resource_table(replace(SAT, rows=np.array([16, 32])))
    assert table.dsp.tolist() == [counts(replace(SAT, rows=16))[3], counts(SAT)[3]]


def array_of(one):
    return module_tables(one)["array"]


def test_the_array_has_a_dsp_slice_in_every_pe():
    assert int(array_of(SAT).dsp) == 32 * 32


# Around one PE of 2:8: 9 recoders; 8 activations of 17 bits, and weight, index and sum (17 + 3 + 32), each a clock
# later; the queue's 4 words of 32 bits.
ONE_PE_EDGES = 9 * 47 + 8 * 17 + 52 + 32


def test_a_pe_is_the_measured_multiply_add_and_what_n_to_m_and_the_chains_add():
    pe = replace(SAT, rows=1, cols=1)
    # 390 measured + 10 control, 17-bit 8:1 multiplexer 34, three 32-bit 2:1 choices 48,
    # a ring delay of 8 - 5 and two chains of 8 words, 32 shift registers each.
    assert int(array_of(pe).lut) == 390 + 10 + 34 + 48 + 3 * 32 + ONE_PE_EDGES
    # 233 measured at 5 stages, 1 multiplier stage 34, group register, weight and index twice, two links south.
    assert int(array_of(pe).ff) == 233 + 34 + 8 * 17 + 2 * 20 + 2 * 32


def test_the_edges_recode_every_operand_and_give_each_row_and_column_its_delay():
    wide, deep = (replace(SAT, rows=rows, cols=cols, has_os=0) for rows, cols in ((1, 8), (8, 1)))
    # Eight columns, none longer than a shift register; seven of them wait for the last. A queue of 11 words each.
    assert int(array_of(wide).lut_as_memory) == 8 * 17 + 8 * 52 + 7 * 32 + 8 * 32
    # Eight rows of 8 activations; in WS seven of them wait 5, 10, ... 35 cycles, 20 in the mean.
    assert int(array_of(deep).lut_as_memory) == 8 * 8 * 17 + 7 * 8 * 16 + 52 + 32
    assert int(array_of(replace(deep, has_os=1, has_ws=0)).lut_as_memory) == 8 * 8 * 17 + 52 + 32 + 8 * 3 * 32


def test_long_delays_take_more_than_one_shift_register_a_bit():
    deep = replace(SAT, rows=64, cols=1, has_os=0, chain_drain=1, adder_stages=6)
    # Rows start 1 to 64 clocks late; 63 of them wait 6 to 378 cycles; the queue holds 67 words.
    assert int(array_of(deep).lut_as_memory) == 64 * 2 * 8 * 17 + 63 * 6 * 8 * 16 + 52 + 3 * 32


def ring_memory(one):
    """Shift registers of the rings alone: a machine of direct drain has neither chains nor delays at its edges."""
    return int(array_of(replace(one, chain_drain=0)).lut_as_memory)


def test_the_ring_delay_vanishes_where_the_adder_fills_it():
    assert ring_memory(replace(SAT, interleave=5)) == 0
    assert ring_memory(replace(SAT, interleave=6)) == 1024 * 32


def test_a_ring_or_a_chain_of_more_than_32_words_takes_a_second_shift_register():
    assert ring_memory(replace(SAT, interleave=64)) == 1024 * 32 * 2
    short, long = (int(array_of(replace(SAT, interleave=i)).lut_as_memory) for i in (32, 33))
    assert long - short == 1024 * 2 * 32


def test_a_machine_for_ws_alone_has_neither_ring_nor_chains():
    one, two = (int(array_of(replace(SAT, has_os=0, rows=32, cols=cols)).lut) for cols in (32, 33))
    # A column more: 32 PEs, a recoder, the column's delays north and south, and 67 words of queue.
    assert two - one == 32 * (390 + 10 + 34) + 47 + 52 + 32 + 3 * 32
    assert int(array_of(replace(SAT, has_os=0)).ff) == 1024 * (233 + 34 + 8 * 17 + 2 * 20 + 32)


def test_each_adder_stage_adds_registers():
    five, six = (int(array_of(replace(SAT, adder_stages=s)).ff) for s in (5, 6))
    assert six - five == 1024 * 52


@pytest.mark.parametrize(
    ("change", "bits"),
    [
        ({}, 32 * 128),
        ({"has_ws": 0, "interleave_cols_only": 1}, 32 * 128 // 16),
        ({"interleave_cols_only": 1}, 16 * 128),
        ({"has_os": 0}, 16 * 128),
        ({"has_os": 0, "n": 1}, 32 * 128),
    ],
)
def test_the_activation_link_is_as_wide_as_the_most_demanding_dataflow(change, bits):
    assert int(activation_read_bits(replace(SAT, **change))) == bits


def test_a_wide_link_costs_rams_even_where_the_capacity_is_small():
    narrow = replace(SAT, has_ws=0, interleave_cols_only=1, activation_bytes=4096, board_has_uram=0)
    wide = replace(narrow, interleave_cols_only=0)
    assert counts(wide)[4] - counts(narrow)[4] == 2 * (64 - 4)


def test_large_buffers_are_uram_and_the_weight_buffer_is_block_ram():
    buffers = module_tables(SAT)["buffers"]
    # Activation: 64 words of 64 bits a cycle, twice. Output: 32 x 64 bits a cycle, twice.
    assert int(buffers.uram) == 2 * 64 + 2 * 32
    # Weights: 256 KiB a half in blocks of 4 KiB.
    assert int(buffers.bram36) == 2 * 64


def test_a_board_without_uram_takes_block_rams_instead():
    buffers = module_tables(replace(SAT, board_has_uram=0))["buffers"]
    assert int(buffers.uram) == 0
    assert int(buffers.bram36) == 2 * 128 + 2 * 64 + 2 * 128


def test_index_bits_follow_m():
    assert [int(index_bits_of(m)) for m in (2, 4, 8, 16, 32)] == [1, 2, 3, 4, 5]
