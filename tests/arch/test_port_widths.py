"""Words between buffers and array: as wide as the array's own ports, and as its dataflows need."""

from dataclasses import replace

import pytest
from amaranth.hdl import Shape
from resource_designs import SAT

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.port_widths import buffer_words
from heddle.arch.resource_inputs import ResourceInputs
from heddle.hls.array.stce import right_layout, sums_layout


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
def test_the_activation_link_is_as_wide_as_the_most_demanding_dataflow(change: dict[str, int], bits: int) -> None:
    assert int(buffer_words(replace(SAT, **change)).activation) == bits


@pytest.mark.parametrize("preset", ["tiny", "small", "sat-vcu1525"])
def test_weights_and_sums_are_as_wide_as_the_ports_of_the_array(preset: str) -> None:
    design = load_design(preset)
    words = buffer_words(ResourceInputs.of(design, load_board(design.board)))
    assert int(words.weight) == Shape.cast(right_layout(design)).width
    assert int(words.output) == 2 * Shape.cast(sums_layout(design)).width
