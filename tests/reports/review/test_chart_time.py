"""Names of layers below the bars of time: one at every bar where the width has room, and evenly thinned where not."""

from __future__ import annotations

import re
from dataclasses import replace

import reviews
import vl_convert

from heddle.reports.review.chart_time import time_figure
from heddle.reports.review.vega import Figure

LAYERS = [f"stage{number}.conv" for number in range(40)]


def figure_of_many_layers() -> Figure:
    result = reviews.step_part().result
    first = next(item for item in result.passes if item.on_array)
    figure = time_figure(replace(result, passes=tuple(replace(first, layer=name) for name in LAYERS)))
    assert figure is not None
    return figure


def named(figure: Figure, width: int) -> list[str]:
    signals = [each for each in figure.document["signals"] if each["name"] != "width"]
    document = {**figure.document, "signals": [*signals, {"name": "width", "value": width}]}
    return [
        text for text in re.findall(r"<text[^>]*>([^<]*)</text>", vl_convert.vega_to_svg(document)) if text in LAYERS
    ]


def test_every_bar_has_its_name_where_there_is_room() -> None:
    assert named(figure_of_many_layers(), 620) == LAYERS


def test_names_are_thinned_evenly_on_a_narrow_page() -> None:
    assert named(figure_of_many_layers(), 350) == LAYERS[::2]
