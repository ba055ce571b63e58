"""Charts of a page: Altair charts compiled to Vega, drawn once as SVG, and the runtime that makes them live.

Colours of text, axes and paper are CSS variables, so that a drawn chart follows the page's light and dark scheme.
A chart is written twice: as an SVG, which needs no script and prints, and as a Vega document, which the page's script
draws in its place. Everything is compiled here: the page itself compiles nothing and needs no ``eval``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

from heddle.reports.palette import BLUE, GREEN, ORANGE, PURPLE, RED, SAMPLE

INK, MUTED, GRID, PAPER = "var(--ink)", "var(--muted)", "var(--grid)", "var(--paper)"
SKY = "#56b4e9"
#: Colours of categories that have none of their own, in this order, and shapes that tell them apart without colour.
PALETTE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, SAMPLE)
SHAPES = ("circle", "triangle-up", "square", "diamond", "cross", "triangle-down", "triangle-right")

#: Width in pixels of the SVG that stands for a chart until the script draws it as wide as the page.
STATIC_WIDTH = 960

_VEGA_LITE = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
_FONT = "sans-serif"
# Ticks of a logarithmic axis: within a decade, over a few, and over many.
_TICKS: tuple[tuple[float, ...], ...] = ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1,))
_DECADES_OF_MANY_TICKS = 3.5
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": _FONT,
    "view": {"stroke": None, "continuousWidth": STATIC_WIDTH, "discreteWidth": STATIC_WIDTH},
    "aria": False,
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelFontSize": 11,
        "titleFontSize": 12,
        "gridColor": GRID,
        "domainColor": MUTED,
        "tickColor": MUTED,
    },
    "text": {"color": INK, "fontSize": 11},
    "padding": {"left": 2, "right": 10, "top": 6, "bottom": 2},
}
_NAME = re.compile(r'\bid="([^"]*)"')
_REFERENCE = re.compile(r'(\bid="|href="#|url\(#)([^")]*)([")])')


@dataclass(frozen=True)
class LegendEntry:
    """What a colour of a chart, and a shape where it has any, stand for."""

    label: str
    colour: str
    shape: str = "square"

    @property
    def path(self) -> str:
        """The shape as the data of an SVG path in a box from -5 to 5."""
        return _SHAPE_PATHS[self.shape]


@dataclass(frozen=True)
class Figure:
    """A chart ready for a page: ``document`` is its Vega, ``svg`` what it looks like.

    ``name`` is unique on a page, ``title`` says what is shown and ``description`` what a reader who does not see it
    should know.
    """

    name: str
    title: str
    description: str
    legend: tuple[LegendEntry, ...]
    document: dict[str, Any]
    svg: Markup


def figure(
    name: str,
    chart: alt.Chart | alt.LayerChart | alt.FacetChart,
    title: str,
    description: str,
    legend: tuple[LegendEntry, ...] = (),
) -> Figure:
    """Compile a chart; its width is the page's. The same chart gives the same bytes."""
    specification = {**chart.to_dict(), "description": description, "config": _CONFIG}
    document = vl_convert.vegalite_to_vega(specification, vl_version=_VEGA_LITE)
    return Figure(name, title, description, legend, document, _static_svg(document, name))


def records(rows: list[dict[str, Any]], name: str) -> alt.InlineData:
    """Return rows as a chart's own data, under a name by which the page's script finds them."""
    return alt.InlineData(values=rows, name=name)


def unit_labels(unit: str) -> str:
    """Return the expression of an axis's labels in engineering form, "20 ms"; ``unit`` may name a signal in braces.

    ``unit_labels("s")`` has the unit in it, ``unit_labels("{x_unit}")`` takes it from the signal ``x_unit``.
    """
    text = unit[1:-1] if unit.startswith("{") else json.dumps(unit, ensure_ascii=False)
    short = "format(datum.value, '~s')"
    has_prefix = f"isNaN(toNumber(slice({short}, -1)))"
    return f"{has_prefix} ? slice({short}, 0, -1) + ' ' + slice({short}, -1) + {text} : {short} + ' ' + {text}"


def log_ticks(low: float, high: float) -> list[float]:
    """Return where a logarithmic axis from ``low`` to ``high`` (above 0) has its ticks: few enough to be read."""
    decades = math.log10(high / low)
    mantissas = _TICKS[0] if decades <= 1 else _TICKS[1] if decades <= _DECADES_OF_MANY_TICKS else _TICKS[2]
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [float(f"{mantissa}e{exponent}") for exponent in exponents for mantissa in mantissas]
    return [value for value in values if low <= value <= high]


@cache
def runtime() -> str:
    """Return the JavaScript that draws Vega documents, with the interpreter of their expressions; one script."""
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=_VEGA_LITE))


def script_source(script: str) -> str:
    """Return the source expression by which a Content-Security-Policy lets exactly this inline script run."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def inline_json(value: object) -> Markup:
    """Return ``value`` as JSON that may stand in a script element: no character of it is markup."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _static_svg(document: dict[str, Any], name: str) -> Markup:
    """The chart as drawn by Vega, whose texts are escaped.

    Vega numbers the names within a drawing on from one drawing to the next: here they are the chart's own.
    """
    svg = vl_convert.vega_to_svg(document, allowed_base_urls=[]).replace("<svg ", '<svg aria-hidden="true" ', 1)
    own = {found: f"{name}-{number}" for number, found in enumerate(dict.fromkeys(_NAME.findall(svg)))}
    return Markup(_REFERENCE.sub(lambda match: f"{match.group(1)}{own[match.group(2)]}{match.group(3)}", svg))


_SHAPE_PATHS = {
    "circle": "M4.5 0A4.5 4.5 0 1 1-4.5 0A4.5 4.5 0 1 1 4.5 0Z",
    "square": "M-4-4H4V4H-4Z",
    "triangle-up": "M-5 4L0-5L5 4Z",
    "triangle-down": "M-5-4L0 5L5-4Z",
    "triangle-right": "M-4-5L5 0L-4 5Z",
    "diamond": "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
    "cross": "M-5-2H-2V-5H2V-2H5V2H2V5H-2V2H-5Z",
    "line": "M-5-1H5V1H-5Z",
}
