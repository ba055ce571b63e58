"""Programs on a memory image against the same products computed without a program, and against PyTorch in FP64."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.design_io import load_design, override
from heddle.dataflow.network import ConvLayer, LinearLayer, WeightedLayer
from tests.support.layer_programs import LayerRun, unwritten

TINY = load_design("tiny")
_ARRAY = {"array.rows": 3, "array.cols": 5}
DESIGNS = {
    "tiny": TINY,
    "3x5": override(TINY, _ARRAY),
    "3x5-os": override(TINY, {**_ARRAY, "array.dataflows": ["os"]}),
    "3x5-ws": override(TINY, {**_ARRAY, "array.dataflows": ["ws"]}),
    "m8-bf16": override(TINY, {"sparsity.m": 8, "sparsity.n": 2, "numbers.operand": "bf16"}),
    "small-buffers": override(
        TINY, {"buffers.activation_bytes": 1024, "buffers.weight_bytes": 1024, "buffers.output_bytes": 1024}
    ),
}


@st.composite
def convolutions(draw: st.DrawFn, group_m: int, sparse: bool) -> ConvLayer:
    kernel = draw(st.sampled_from([(1, 1), (3, 3), (1, 3), (5, 5), (7, 7)]))
    stride = draw(st.sampled_from([(1, 1), (2, 2), (2, 1)]))
    padding = tuple(draw(st.integers(0, min(3, taps))) for taps in kernel)
    # A tile holds all rows of its windows, and those of a wide kernel apart fill the smallest buffer.
    dilation = draw(st.sampled_from([(1, 1), (1, 1), (1, 2), (2, 2), (3, 2)])) if max(kernel) <= 3 else (1, 1)
    reach = tuple((taps - 1) * apart + 1 for taps, apart in zip(kernel, dilation, strict=True))
    size = tuple(
        draw(st.integers(max(1, taps - 2 * pad), max(8, taps))) for taps, pad in zip(reach, padding, strict=True)
    )
    behind = draw(st.sampled_from([padding, tuple(draw(st.integers(pad, pad + 2)) for pad in padding)]))
    groups = draw(st.sampled_from([1, 1, 2]))
    channels = st.integers(1, 4).map(lambda count: count * group_m) if sparse else st.integers(1, 11)
    out = tuple(
        (in_ + pad + last - taps) // step + 1
        for in_, pad, last, taps, step in zip(size, padding, behind, reach, stride, strict=True)
    )
    return ConvLayer(
        "conv",
        *size,
        draw(channels) * groups,
        *out,
        draw(channels) * groups,
        *kernel,
        *stride,
        groups=groups,
        dilation=dilation,
        padding=(padding[0], behind[0], padding[1], behind[1]),
    )


@st.composite
def runs(draw: st.DrawFn) -> LayerRun:
    design = DESIGNS[draw(st.sampled_from(sorted(DESIGNS)))]
    pass_name = draw(st.sampled_from(["ff", "bp", "wu"]))
    keep_n = 0 if pass_name == "wu" else draw(st.sampled_from([0, 1, 2]))
    layer: WeightedLayer = draw(convolutions(design.sparsity.m, keep_n > 0))
    if draw(st.integers(0, 4)) == 0:
        channels = st.integers(1, 5).map(lambda count: count * design.sparsity.m)
        layer = LinearLayer("linear", draw(st.integers(1, 9)), draw(channels), draw(channels))
    return LayerRun(layer, pass_name, design, draw(st.integers(1, 3)), keep_n, draw(st.integers(0, 99)))


def check(run: LayerRun) -> None:
    program, before, after = run.executed()
    for compiled in program.products:
        expected, found = run.expected(compiled), run.found(compiled, program, after)
        assert expected.tobytes() == found.tobytes(), compiled.plan.product.name
    outside = unwritten(program)
    assert np.array_equal(before[outside], after[outside])


@settings(max_examples=40)
@given(runs())
def test_a_pass_gives_every_bit_of_its_product_and_writes_nothing_else(run: LayerRun) -> None:
    check(run)
