"""Inputs of the resource formulas for tests: the seed's machine, and drawn ones."""

from __future__ import annotations

from hypothesis import strategies as st

from heddle.arch.resource_inputs import ResourceInputs
from heddle.arch.resource_model import resource_table

RESOURCES = ("lut", "lut_as_memory", "ff", "dsp", "bram36", "uram")

SAT = ResourceInputs(
    rows=32,
    cols=32,
    n=2,
    m=8,
    interleave=8,
    interleave_cols_only=0,
    adder_stages=5,
    multiplier_stages=1,
    operand_bits=16,
    has_bf16=0,
    has_os=1,
    has_ws=1,
    chain_drain=1,
    sore_lanes=32,
    wuve_lanes=32,
    vector_lanes=64,
    activation_bytes=1 << 20,
    weight_bytes=1 << 19,
    output_bytes=1 << 20,
    group_ports=8,
    channels=4,
    axi_bits=512,
    board_has_uram=1,
)


@st.composite
def inputs(draw: st.DrawFn) -> ResourceInputs:
    """One machine of any size that a design file takes."""
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
        operand_bits=16,
        has_bf16=draw(flag),
        has_os=has_os,
        has_ws=draw(flag) if has_os else 1,
        chain_drain=draw(flag),
        sore_lanes=draw(st.integers(1, 64)),
        wuve_lanes=draw(st.integers(1, 64)),
        vector_lanes=draw(st.integers(1, 64)),
        activation_bytes=draw(st.integers(1, 1 << 24)),
        weight_bytes=draw(st.integers(1, 1 << 24)),
        output_bytes=draw(st.integers(1, 1 << 24)),
        group_ports=draw(st.sampled_from([1, 2, 4, 8, 16, 32])),
        channels=draw(st.integers(1, 8)),
        axi_bits=draw(st.sampled_from([64, 128, 256, 512, 1024])),
        board_has_uram=draw(flag),
    )


def counts(one: ResourceInputs) -> tuple[int, ...]:
    """The resources of one machine, in the order of RESOURCES."""
    table = resource_table(one)
    return tuple(int(getattr(table, name)) for name in RESOURCES)
