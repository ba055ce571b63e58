"""What the lanes take."""

from dataclasses import replace

from resource_designs import SAT

from heddle.arch.lane_resources import sore, vector, wuve


def test_lanes_multiply() -> None:
    for part, field in ((sore, "sore_lanes"), (wuve, "wuve_lanes"), (vector, "vector_lanes")):
        one, four = (part(replace(SAT, **{field: lanes})) for lanes in (1, 4))
        assert abs(int(four.lut) - 4 * int(one.lut)) <= 4


def test_a_wider_group_takes_a_larger_lane() -> None:
    lanes = [int(sore(replace(SAT, m=m, n=2)).lut) for m in (4, 8, 16)]
    assert lanes == sorted(lanes)


def test_an_optimiser_lane_has_the_dsp_slices_of_four_multipliers() -> None:
    assert int(wuve(SAT).dsp) == 32 * 4 * 2


def test_a_vector_lane_is_a_multiplier_an_adder_and_what_chooses() -> None:
    assert int(vector(replace(SAT, vector_lanes=1)).lut) == 100 + 347 + 60 + 150
