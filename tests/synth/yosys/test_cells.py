"""What a device counts of mapped cells: each once, and none that is not known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.errors import HeddleError
from heddle.synth.result import NOTHING, Usage
from heddle.synth.yosys.cells import usage_of

#: What one cell of each type takes, as (LUT, of them as memory, FF, DSP, BRAM36, URAM).
ONE = {
    **dict.fromkeys(("LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "INV"), (1, 0, 0, 0, 0.0, 0)),
    **dict.fromkeys(("SRL16E", "SRLC16E", "SRLC32E", "RAM32X1S", "RAM64X1S"), (1, 1, 0, 0, 0.0, 0)),
    **dict.fromkeys(("RAM128X1S", "RAM32X1D", "RAM64X1D"), (2, 2, 0, 0, 0.0, 0)),
    **dict.fromkeys(("RAM256X1S", "RAM128X1D", "RAM32M", "RAM64M"), (4, 4, 0, 0, 0.0, 0)),
    **dict.fromkeys(("RAM512X1S", "RAM256X1D", "RAM32M16", "RAM64M8"), (8, 8, 0, 0, 0.0, 0)),
    **dict.fromkeys(("FDRE", "FDSE", "FDCE", "FDPE", "LDCE", "LDPE"), (0, 0, 1, 0, 0.0, 0)),
    "DSP48E2": (0, 0, 0, 1, 0.0, 0),
    "RAMB18E2": (0, 0, 0, 0, 0.5, 0),
    "RAMB36E2": (0, 0, 0, 0, 1.0, 0),
    "URAM288": (0, 0, 0, 0, 0.0, 1),
    **dict.fromkeys(("CARRY4", "CARRY8", "MUXF7", "MUXF8", "MUXF9", "BUFG", "GND", "VCC"), (0, 0, 0, 0, 0.0, 0)),
    "$scopeinfo": (0, 0, 0, 0, 0.0, 0),
}


@pytest.mark.parametrize("cell", sorted(ONE))
def test_a_cell_takes_what_its_kind_takes(cell):
    assert usage_of({cell: 1}, "pe") == Usage(*ONE[cell])


@given(st.dictionaries(st.sampled_from(sorted(ONE)), st.integers(0, 1000)))
@settings(max_examples=50)
def test_cells_together_take_the_sum_of_what_each_takes(cells):
    assert usage_of(cells, "pe") == sum((Usage(*ONE[cell]).times(number) for cell, number in cells.items()), NOTHING)


def test_no_cells_take_nothing():
    assert usage_of({}, "pe") == NOTHING


def test_cells_without_a_meaning_are_named_and_not_left_out():
    with pytest.raises(
        HeddleError,
        match=r"^module heddle_uspe: yosys left cells that are no UltraScale\+ primitives: \$_DFF_P_, lane$",
    ):
        usage_of({"LUT2": 3, "lane": 2, "$_DFF_P_": 1}, "heddle_uspe")
