"""The calibration: the stored coefficients are those of the stored designs, and designs outside are flagged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.calibration.designs import FIT, HELD_OUT, NUMBERS, designs
from benchmarks.calibration.fit import fit, held_out_errors, ranges
from heddle.arch.calibration import COLUMNS, KINDS, fitted, fitted_document, measured_path
from heddle.arch.calibration.ranges import calibration_line, extrapolations, machine_calibration_line
from heddle.arch.design_io import load_design, override

FITTED = pd.read_csv(measured_path(FIT))
TESTED = pd.read_csv(measured_path(HELD_OUT))
SAT = load_design("sat-vcu1525")


def test_the_coefficients_are_those_that_the_fit_finds_in_the_data() -> None:
    stored = fitted_document()["coefficients"]
    for kind, by_resource in fit(FITTED).items():
        for resource, values in by_resource.items():
            assert values.keys() == stored[kind][resource].keys()
            for name, value in values.items():
                assert value == pytest.approx(stored[kind][resource][name], rel=1e-3, abs=1e-3), (kind, resource, name)


def test_the_ranges_are_those_of_the_data() -> None:
    assert fitted_document()["ranges"] == ranges(FITTED)


def test_designs_that_took_no_part_are_within_5_per_cent_in_the_median_and_10_at_worst() -> None:
    errors = held_out_errors(TESTED)[["lut", "ff", "dsp", "bram36", "uram"]].abs()
    assert len(errors) == NUMBERS[HELD_OUT] + 3
    assert (errors.median() <= 0.05).all(), errors.median()
    assert (errors.max() <= 0.10).all(), errors.max()


def test_no_held_out_design_is_among_those_that_were_fitted() -> None:
    parameters = [name for name in COLUMNS[: COLUMNS.index("kind")] if name != "design"]
    both = pd.merge(FITTED[parameters].drop_duplicates(), TESTED[parameters].drop_duplicates(), on=parameters)
    assert both.empty


def test_the_data_are_of_the_designs_that_the_seeds_draw() -> None:
    for which, rows in ((FIT, FITTED), (HELD_OUT, TESTED)):
        assert [design.name for design in designs(which)] == list(dict.fromkeys(rows["design"]))
        assert set(rows["kind"]) <= set(KINDS)


def test_a_fitted_part_is_a_sum_of_features_for_one_design_or_for_many() -> None:
    known = fitted_document()["coefficients"]["recoders"]["lut"]
    assert float(fitted("recoders", "lut", {"one": 1, "bf16": 0})) == known["one"]
    many = fitted("recoders", "lut", {"one": 1, "bf16": np.array([0, 1])})
    assert many.tolist() == pytest.approx([known["one"], known["one"] + known["bf16"]])


def test_a_feature_that_the_fit_did_not_know_is_an_error() -> None:
    with pytest.raises(KeyError, match="moon"):
        fitted("recoders", "lut", {"moon": 1})


def test_the_presets_and_the_default_space_lie_within_what_was_fitted() -> None:
    for name in ("sat-vcu1525", "small", "tiny"):
        assert extrapolations(load_design(name)) == ()
    assert extrapolations(override(SAT, {"array.rows": 64, "array.cols": 64, "array.interleave": 16})) == ()


def test_what_lies_outside_is_named_with_the_range() -> None:
    outside = override(SAT, {"array.rows": 128, "sparsity.m": 32, "array.interleave": 64})
    assert extrapolations(outside) == (
        "rows = 128 is outside of the 4 to 64 that the resource model was fitted to",
        "m = 32 is outside of the 2 to 16 that the resource model was fitted to",
        "interleave = 64 is outside of the 1 to 40 that the resource model was fitted to",
    )


def test_the_line_says_how_many_designs_and_which_tool() -> None:
    assert calibration_line() == "calibrated on 42 designs synthesised by yosys 0.70 synth_xilinx -family xcup"


def test_the_line_of_the_machine_s_blocks_says_how_many_machines() -> None:
    assert machine_calibration_line() == "calibrated on the blocks of 20 machines, by the same tool"
