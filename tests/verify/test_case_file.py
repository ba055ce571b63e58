"""Cases reach another process unchanged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from stand_in_cases import stand_in_case

from heddle.verify.case_file import load_cases, save_cases
from heddle.verify.cases import Jump


def test_cases_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    cases = [stand_in_case("plain", 3), stand_in_case("stalled", 4, seed=5, passes=2, idle=0.25, backpressure=0.5)]
    jumps = (Jump("sequencer.phase", 3, {"sequencer.phase": 1 << 31}), Jump("place", 0, {"place": 1, "turn": 2}))
    cases.append(replace(cases[0], reset_after_cycles=7, status={"error_count": 2}, jumps=jumps))
    save_cases(tmp_path / "cases.npz", cases)
    for case, loaded in zip(cases, load_cases(tmp_path / "cases.npz"), strict=True):
        assert (loaded.name, loaded.sim_cycles, loaded.limit_cycles) == (case.name, case.sim_cycles, case.limit_cycles)
        assert (loaded.seed, loaded.rerun, loaded.constants) == (case.seed, case.rerun, case.constants)
        assert (loaded.status, loaded.reset_after_cycles) == (case.status, case.reset_after_cycles)
        assert loaded.jumps == case.jumps
        for stream, other in zip(case.inputs, loaded.inputs, strict=True):
            assert (stream.name, stream.idle) == (other.name, other.idle)
            np.testing.assert_array_equal(stream.words, other.words)
            np.testing.assert_array_equal(stream.source, other.source)
        for output, other in zip(case.outputs, loaded.outputs, strict=True):
            assert (output.name, output.lane_bits, output.columns) == (other.name, other.lane_bits, other.columns)
            assert output.backpressure == other.backpressure
            np.testing.assert_array_equal(output.expected, other.expected)
            np.testing.assert_array_equal(output.place, other.place)
