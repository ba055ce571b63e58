"""Products of two activations on a memory image: every bit, in every dataflow, and nothing else written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from heddle.arch.design_io import load_design, override
from heddle.dataflow.choices import DataflowChoice
from heddle.dataflow.network import MatmulLayer
from heddle.dataflow.step_items import Pass
from tests.support.layer_programs import unwritten
from tests.support.matmul_programs import MatmulRun

TINY = load_design("tiny")
_SMALL = {"buffers.activation_bytes": 512, "buffers.weight_bytes": 512, "buffers.output_bytes": 512}
DESIGNS = {
    "tiny": TINY,
    "3x5-small-buffers": override(TINY, {"array.rows": 3, "array.cols": 5, **_SMALL}),
    "m8-bf16": override(TINY, {"sparsity.m": 8, "sparsity.n": 2, "numbers.operand": "bf16"}),
}
SIZES = st.integers(1, 21)


@st.composite
def runs(draw: st.DrawFn) -> MatmulRun:
    layer = MatmulLayer("qk", draw(SIZES), draw(SIZES), draw(SIZES), count=draw(st.integers(1, 2)))
    return MatmulRun(
        layer,
        draw(st.sampled_from(["ff", "bp", "wu"])),
        DESIGNS[draw(st.sampled_from(sorted(DESIGNS)))],
        draw(st.integers(1, 2)),
        draw(st.integers(0, 99)),
        draw(st.sampled_from(["auto", "os", "ws"])),
    )


def check(run: MatmulRun) -> None:
    program, before, after = run.executed()
    assert run.expected().tobytes() == run.found(program, after).tobytes()
    outside = unwritten(program)
    assert np.array_equal(before[outside], after[outside])


@settings(max_examples=60)
@given(runs())
# Reductions of whole groups of 4 and one element more, of equal groups of fewer, and of less than a group.
@example(MatmulRun(MatmulLayer("qk", 5, 13, 6), "ff", TINY, dataflow="ws"))
@example(MatmulRun(MatmulLayer("qk", 5, 9, 6), "ff", TINY, dataflow="ws"))
@example(MatmulRun(MatmulLayer("qk", 5, 6, 3), "bp", TINY, dataflow="ws"))
@example(MatmulRun(MatmulLayer("qk", 5, 13, 6), "ff", TINY, dataflow="os"))
def test_a_pass_gives_every_bit_of_its_products_and_writes_nothing_else(run: MatmulRun) -> None:
    check(run)


@pytest.mark.parametrize("dataflow", ["os", "ws"])
@pytest.mark.parametrize("pass_name", ["ff", "bp", "wu"])
def test_tiles_of_every_axis_are_put_together(pass_name: Pass, dataflow: DataflowChoice) -> None:
    run = MatmulRun(MatmulLayer("pv", 37, 45, 29), pass_name, DESIGNS["3x5-small-buffers"], dataflow=dataflow)
    check(run)
    (plan,) = (compiled.plan for compiled in run.compiled().products)
    assert min(plan.rows, plan.parts, len(plan.cols)) > 1
