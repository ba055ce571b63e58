"""Sums of what was synthesised."""

from dataclasses import astuple

from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.synth.result import NOTHING, ModuleUsage, Synthesis, Usage

COUNTS = st.integers(0, 1000)
USAGES = st.builds(
    Usage,
    lut=COUNTS,
    lut_as_memory=COUNTS,
    ff=COUNTS,
    dsp=COUNTS,
    bram36=COUNTS.map(lambda halves: halves / 2),
    uram=COUNTS,
)
MODULES = st.builds(ModuleUsage, name=st.text(), part=st.sampled_from(["array", "sore"]), count=COUNTS, each=USAGES)


def synthesis(modules):
    return Synthesis(
        tool="yosys",
        design="d",
        board="b",
        modules=tuple(modules),
        stages=(),
        fan_outs=(),
        covers=("array", "sore"),
        missing=(),
        seconds=1.0,
    )


@given(USAGES, USAGES)
@settings(max_examples=25)
def test_a_sum_adds_every_kind_of_cell(first, second):
    assert astuple(first + second) == tuple(map(sum, zip(astuple(first), astuple(second), strict=True)))
    assert first + NOTHING == first


@given(USAGES, st.integers(0, 5))
@settings(max_examples=25)
def test_times_is_a_repeated_sum(each, count):
    assert each.times(count) == sum([each] * count, NOTHING)


@given(st.lists(MODULES, max_size=4))
@settings(max_examples=25)
def test_a_design_takes_what_all_of_its_modules_take(modules):
    expected = NOTHING
    for module in modules:
        for _ in range(module.count % 7):
            expected += module.each
        expected += module.each.times(module.count - module.count % 7)
    assert synthesis(modules).total == expected
