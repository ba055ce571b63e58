"""Labels of curves: each has a place, on no other label and, where there is room, on no curve."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.reports.plots.curve_labels import Box, ScaledCurve, place_labels

shares = st.floats(0.05, 0.95)


def flat(end, level, half_bar=0.02):
    """A curve at one level of the axes, from the left edge to ``end``."""
    x = np.linspace(0.0, end, 100)
    return ScaledCurve(x, np.full(100, level), end, level - half_bar, level + half_bar)


def covered_points(box, curves):
    return sum(box.points_inside(curve.x, curve.y) for curve in curves)


def test_a_label_stands_right_above_the_end_of_its_curve():
    (box,) = place_labels([10], [flat(0.8, 0.5)])
    assert 0.52 < box.bottom < box.top < 0.6
    assert box.left < 0.8 < box.right


def test_a_label_gives_way_to_a_curve_above():
    curves = [flat(0.8, 0.5), flat(0.9, 0.56)]
    boxes = place_labels([10, 10], curves)
    assert boxes[0].top <= 0.48
    assert covered_points(boxes[0], curves) == covered_points(boxes[1], curves) == 0


def test_labels_of_equal_curves_stand_apart():
    first, second, third = place_labels([20, 20, 20], [flat(0.8, 0.5)] * 3)
    assert not first.overlaps(second)
    assert not first.overlaps(third)
    assert not second.overlaps(third)


def test_boxes_that_touch_do_not_overlap():
    assert not Box(0.0, 0.0, 0.5, 0.5).overlaps(Box(0.5, 0.0, 1.0, 0.5))
    assert Box(0.0, 0.0, 0.5, 0.5).overlaps(Box(0.4, 0.4, 1.0, 1.0))


@given(st.lists(st.tuples(shares, shares, st.integers(1, 40)), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_a_few_labels_never_lie_on_each_other_and_stay_within_the_axes(ends):
    curves = [flat(end, level) for end, level, _ in ends]
    boxes = place_labels([length for _, _, length in ends], curves)
    assert all(box.left >= 0 and box.bottom >= 0 and box.right <= 1 and box.top <= 1 for box in boxes)
    assert not any(one.overlaps(two) for index, one in enumerate(boxes) for two in boxes[:index])


def test_a_label_that_fits_nowhere_is_placed_all_the_same():
    assert len(place_labels([500], [flat(0.5, 0.5)])) == 1
