"""Whether a design fits a board, for one design with the reason and for many at once."""

from dataclasses import replace

import numpy as np
import pytest

from heddle.arch import fit
from heddle.arch.block_paths import block_paths_ns
from heddle.arch.boards import load_board
from heddle.arch.clock import max_clock_hz, slowest_path_ns
from heddle.arch.design_io import load_design, override, preset_names
from heddle.arch.errors import HeddleError
from heddle.arch.fit import check_fit, fits, is_idealised
from heddle.arch.resource_inputs import ResourceInputs
from heddle.arch.resource_model import resource_table
from heddle.arch.resources import resources, resources_by_module

BOARD = load_board("vcu1525")
SAT = load_design("sat-vcu1525")


def message_of(changes, board=BOARD):
    with pytest.raises(HeddleError) as caught:
        check_fit(override(SAT, changes), board)
    return str(caught.value)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_passes_on_its_board(name):
    design = load_design(name)
    check_fit(design, load_board(design.board))


def test_a_design_too_large_names_resource_need_have_and_largest_part():
    larger = override(SAT, {"array.rows": 64})
    need, of_array = resources(larger, BOARD).lut, resources_by_module(larger, BOARD)["array"].lut
    assert message_of({"array.rows": 64}) == (
        f"design 'sat-vcu1525' does not fit board 'vcu1525': it needs {need:,} lut, of which 1,004,904 are "
        f"usable; the largest part is array with {of_array:,} (estimate)"
    )


def test_a_buffer_too_large_is_named_by_its_rams():
    assert message_of({"buffers.weight_bytes": 1 << 24, "array.rows": 16}) == (
        "design 'sat-vcu1525' does not fit board 'vcu1525': it needs 4,142 bram36, of which 2,160 are usable; "
        "the largest part is buffers with 3,888 (estimate)"
    )


def test_an_array_crosses_into_no_more_dies_than_the_board_has():
    assert message_of({"array.slr_cuts": [8, 16, 24]}) == (
        "design 'sat-vcu1525' has 3 array.slr_cuts, but board 'vcu1525' has slrs = 3 (valid: at most 2 cuts)"
    )
    check_fit(override(SAT, {"array.slr_cuts": [11, 22]}), BOARD)


def test_more_channels_than_the_board_has_are_refused():
    assert message_of({"memory.channels": 5}) == (
        "design 'sat-vcu1525' uses 5 memory channels, but board 'vcu1525' has 4"
    )


def test_a_clock_above_the_limit_is_refused_with_the_limit_and_its_uncertainty():
    inputs = ResourceInputs.of(SAT, BOARD)
    path_ns, most_mhz = float(slowest_path_ns(inputs)), float(max_clock_hz(inputs)) / 1e6
    assert message_of({"clock_hz": 300e6}).startswith(
        f"design 'sat-vcu1525': clock 300 MHz exceeds the {most_mhz:.0f} MHz that its slowest block, the "
    )
    assert f" allows (1.1 x {path_ns:.2f} ns, relative timing without routing, ±30%); lower clock_hz" in message_of(
        {"clock_hz": 300e6}
    )


def test_a_design_with_a_block_that_was_not_timed_is_refused_with_the_command_that_times_it(monkeypatch):
    untimed = {"pe": np.array(np.nan), "sore": np.array(2.5)}
    for module in ("clock", "fit"):
        monkeypatch.setattr(f"heddle.arch.{module}.block_paths_ns", lambda inputs: untimed)
    assert message_of({}) == (
        "design 'sat-vcu1525': no clock is known to hold, as the PE that it needs has not been timed "
        "(python -m benchmarks.block_timing)"
    )


def test_every_block_of_the_rule_has_a_name_for_the_message():
    assert set(block_paths_ns(ResourceInputs.of(SAT, BOARD))) == set(fit._NAMES)


def test_a_larger_board_takes_what_a_smaller_one_refuses():
    large = override(SAT, {"array.rows": 48})
    with pytest.raises(HeddleError):
        check_fit(large, BOARD)
    check_fit(large, load_board("alveo-u250"))


@pytest.mark.parametrize("change", [{"memory.unlimited": True}, {"array.drain": "direct"}])
def test_textbook_idealisations_are_exempt(change):
    ideal = override(SAT, {**change, "array.rows": 512, "array.cols": 512, "clock_hz": 1e9})
    assert is_idealised(ideal)
    check_fit(ideal, BOARD)


def test_many_designs_are_judged_as_each_alone():
    rows = np.array([8, 16, 32, 48, 64, 128])
    inputs = replace(ResourceInputs.of(SAT, BOARD), rows=rows)
    verdicts = fits(resource_table(inputs), inputs.channels, BOARD)
    assert verdicts.tolist() == [fits_alone({"array.rows": int(r)}) for r in rows]


def test_channels_count_in_the_verdict_on_many_designs():
    inputs = replace(ResourceInputs.of(SAT, BOARD), channels=np.array([1, 4, 5]))
    assert fits(resource_table(inputs), inputs.channels, BOARD).tolist() == [True, True, False]


def fits_alone(changes):
    try:
        check_fit(override(SAT, changes), BOARD)
    except HeddleError:
        return False
    return True
