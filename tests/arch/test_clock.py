"""The clock limit: measured delays of the adder's stages times one coefficient."""

import numpy as np
import pytest

from heddle.arch.clock import clock_is_plausible, max_clock_hz


@pytest.mark.parametrize(("stages", "delay_ns"), [(1, 9.3), (2, 5.7), (3, 4.3), (4, 4.3), (5, 3.8), (6, 3.9)])
def test_the_limit_is_the_measured_stage_delay_times_the_parts_coefficient(stages, delay_ns):
    assert max_clock_hz(stages) == pytest.approx(1e9 / (1.1 * delay_ns))


def test_arrays_give_the_limits_of_their_elements():
    stages = np.array([[1, 2], [5, 6]])
    expected = [[float(max_clock_hz(s)) for s in row] for row in stages]
    assert max_clock_hz(stages).tolist() == expected


def test_a_clock_at_the_limit_is_plausible_and_one_above_is_not():
    limit = float(max_clock_hz(5))
    assert clock_is_plausible(limit, 5)
    assert not clock_is_plausible(limit * 1.001, 5)


def test_plausibility_broadcasts_clocks_against_depths():
    assert clock_is_plausible(200e6, np.arange(1, 7)).tolist() == [False, False, True, True, True, True]
