"""Labels beside the ends of curves, each where it lies on no other label and on no curve, as far as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from heddle.reports.plots.figures import plain

_SIZE_POINTS = 9.0
# A character and a line of _SIZE_POINTS, and the gap to the end of the curve, as shares of the axes' width and height.
_LETTER_WIDTH, _LINE_HEIGHT, _GAP = 0.0084, 0.05, 0.02
_MOST_LINES_AWAY = 8
_SAMPLES = 200
_LEADER: dict[str, Any] = {"arrowstyle": "-", "linewidth": 0.6, "relpos": (1.0, 0.5), "shrinkB": 3.0}

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LabelledCurve:
    """A curve in data coordinates, x rising, its last point to be labelled; ``deviation`` is that point's bar."""

    text: str
    colour: str
    x: Values
    y: Values
    deviation: float


@dataclass(frozen=True)
class Box:
    """A rectangle in shares of the axes."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box) -> bool:
        """True when both share more than an edge."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.top <= other.bottom or other.top <= self.bottom)

    def points_inside(self, x: Values, y: Values) -> int:
        """Return how many of the points lie inside."""
        inside = (self.left < x) & (x < self.right) & (self.bottom < y) & (y < self.top)
        return int(np.count_nonzero(inside))


@dataclass(frozen=True)
class ScaledCurve:
    """A curve in shares of the axes: points close to one another, and its bar at ``end``, from ``low`` to ``high``."""

    x: Values
    y: Values
    end: float
    low: float
    high: float


def label_ends(axes: Axes, curves: Sequence[LabelledCurve]) -> None:
    """Write each curve's text above, below or beside its last point; the axes' limits are to be final.

    A label that had to give way far is joined to its point by a thin line.
    """
    scaled = [_in_shares(axes, curve) for curve in curves]
    boxes = place_labels([len(curve.text) for curve in curves], scaled)
    for curve, place, box in zip(curves, scaled, boxes, strict=True):
        centre = 0.5 * (box.bottom + box.top)
        is_far = max(box.bottom - place.high, place.low - box.top) > _GAP + _LINE_HEIGHT
        axes.annotate(
            plain(curve.text),
            (place.end, 0.5 * (place.low + place.high)),
            xytext=(box.right, centre),
            xycoords="axes fraction",
            textcoords="axes fraction",
            ha="right",
            va="center",
            fontsize=_SIZE_POINTS,
            color=curve.colour,
            arrowprops=_LEADER | {"color": curve.colour} if is_far else None,
            zorder=4,
        )


def place_labels(lengths: Sequence[int], curves: Sequence[ScaledCurve]) -> list[Box]:
    """Return a box for the label of each curve, of so many characters.

    A box is as near as may be to its curve's bar, above before below before beside, and within the axes. Every
    label finds a place: the last resort is the one that covers least.
    """
    placed: list[Box] = []
    for length, curve in zip(lengths, curves, strict=True):
        boxes = _candidates(_LETTER_WIDTH * length, curve)
        placed.append(min(boxes, key=lambda box: _covered(box, placed, curves)))
    return placed


def _candidates(width: float, curve: ScaledCurve) -> list[Box]:
    """Boxes near the bar, the nearest first; there is always one."""
    right = min(max(curve.end + _GAP, width), 1.0)
    middle = 0.5 * (curve.low + curve.high - _LINE_HEIGHT)
    places = [(right, curve.high + _GAP), (right, curve.low - _GAP - _LINE_HEIGHT)]
    places += [(curve.end - _GAP, middle), (curve.end + _GAP + width, middle)]
    for lines in range(1, _MOST_LINES_AWAY):
        away = lines * _LINE_HEIGHT
        places += [(right, curve.high + _GAP + away), (right, curve.low - _GAP - _LINE_HEIGHT - away)]
    boxes = [Box(end - width, bottom, end, bottom + _LINE_HEIGHT) for end, bottom in places]
    whole = [box for box in boxes if box.left >= 0 and box.bottom >= 0 and box.right <= 1 and box.top <= 1]
    return whole or boxes


def _covered(box: Box, placed: Sequence[Box], curves: Sequence[ScaledCurve]) -> int:
    """How much a label there would hide; another label counts more than all curves."""
    labels = sum(box.overlaps(other) for other in placed)
    points = sum(box.points_inside(curve.x, curve.y) for curve in curves)
    return labels * 2 * _SAMPLES * (len(curves) + 1) + points


def _in_shares(axes: Axes, curve: LabelledCurve) -> ScaledCurve:
    low, high = curve.y[-1] - curve.deviation, curve.y[-1] + curve.deviation
    along = np.linspace(curve.x[0], curve.x[-1], _SAMPLES)
    x = np.concatenate((along, np.full(_SAMPLES, curve.x[-1])))
    y = np.concatenate((np.interp(along, curve.x, curve.y), np.linspace(low, high, _SAMPLES)))
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    x_shares, y_shares = (x - left) / (right - left), (y - bottom) / (top - bottom)
    return ScaledCurve(x_shares, y_shares, float(x_shares[-1]), float(y_shares[_SAMPLES]), float(y_shares[-1]))
