"""What all static plots share: their style, axes in engineering units, and saving as SVG and PNG."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter, NullLocator

from heddle.arch.run_dir import write_atomically
from heddle.reports.palette import GRID, INK, MUTED, PAPER

PASS_MARKERS = {"ff": "o", "bp": "^", "wu": "s"}

_WIDTH_INCHES = 9.0
_HEADING_INCHES = 0.72
_TITLE_POINTS = 13.0
# Characters that fit the width at full size, and those shown at most, at a size that still reads.
_TITLE_LENGTHS = (74, 105)
_DECADES_WITH_PLAIN_TICKS = 3.5
_LINEAR_SPAN = 4.0
_PNG_DPI = 150

# Fonts with Chinese, Japanese and Korean signs, for names that have them: those that are installed stand in where the
# first font has no sign.
_WIDE_FONTS = (
    *(f"{family} {script}" for family in ("Noto Sans CJK", "Source Han Sans") for script in ("SC", "JP", "KR")),
    *("WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "IPAGothic", "NanumGothic", "Droid Sans Fallback", "Unifont"),
    *("PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic"),
)
_INSTALLED = {font.name for font in font_manager.fontManager.ttflist}
_FONTS = ["DejaVu Sans", *(name for name in _WIDE_FONTS if name in _INSTALLED)]

_STYLE: dict[Any, Any] = {
    "font.family": _FONTS,
    "font.size": 10.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "path",
    "svg.hashsalt": "heddle",
}


class Plot(Figure):
    """A figure of the tool's style, which it also has where it is drawn, or saved, later.

    ``stem`` is the name of its files, ``heading`` its title and ``description`` what a reader who cannot see the plot
    should know.
    """

    def __init__(self, stem: str, heading: str, height_inches: float) -> None:
        # Constrained layout places axes in what the heading leaves free.
        below_heading = (0.0, 0.0, 1.0, 1.0 - _HEADING_INCHES / height_inches)
        layout = ConstrainedLayoutEngine(rect=below_heading, wspace=0.06)
        super().__init__(figsize=(_WIDTH_INCHES, height_inches), layout=layout)
        self.stem, self.heading, self.description = stem, heading, ""

    def draw(self, renderer: RendererBase) -> None:
        """Draw the figure in the tool's style, whatever matplotlib is set to."""
        with _style():
            super().draw(renderer)

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save the figure in the tool's style, as matplotlib's method of that name does."""
        with _style():
            super().savefig(fname, **options)


@contextmanager
def new_plot(stem: str, height_inches: float, heading: str, subtitle: str) -> Iterator[Plot]:
    """Yield a plot of the tool's style with its heading and a line below it; fill it inside the block."""
    with _style():
        plot = Plot(stem, heading, height_inches)
        edge = 0.15 / _WIDTH_INCHES
        top = 1.0 - 0.16 / height_inches
        shown = elided(heading, _TITLE_LENGTHS[1])
        size = _TITLE_POINTS * min(1.0, _TITLE_LENGTHS[0] / len(shown))
        plot.text(edge, top, plain(shown), fontsize=size, fontweight="bold", va="top")
        plot.text(edge, top - 0.28 / height_inches, plain(subtitle), fontsize=9.5, color=MUTED, va="top")
        yield plot


def save(plots: Iterable[Plot], folder: Path) -> list[Path]:
    """Write each plot as SVG and PNG into ``folder``, under its stem, and return the paths; same plot, same bytes.

    Heading and description are kept inside the files. Raises HeddleError when a file cannot be written.
    """
    return [path for plot in plots for path in _save_one(plot, folder)]


def _save_one(plot: Plot, folder: Path) -> list[Path]:
    paths = []
    for kind, metadata in (
        ("svg", {"Date": None, "Title": plot.heading, "Description": plot.description}),
        ("png", {"Software": None, "Title": plot.heading, "Description": plot.description}),
    ):
        content = io.BytesIO()
        plot.savefig(content, format=kind, dpi=_PNG_DPI, metadata=metadata)
        paths.append(write_atomically(folder / f"{plot.stem}.{kind}", content.getvalue()))
    return paths


@contextmanager
def _style() -> Iterator[None]:
    with mpl.rc_context():
        # A person's own matplotlibrc must not change the bytes of a result.
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def engineering_axis(axes: Axes, direction: Literal["x", "y"], values: np.ndarray, unit: str) -> None:
    """Label an axis in SI units, logarithmic where ``values`` (all above 0) span more than a factor of 4."""
    axis = axes.xaxis if direction == "x" else axes.yaxis
    low, high = float(values.min()), float(values.max())
    if low > 0 and high / low > _LINEAR_SPAN:
        decades = np.log10(high / low)
        if direction == "x":
            axes.set_xscale("log")
        else:
            axes.set_yscale("log")
        axis.set_major_locator(LogLocator(subs=(1.0,) if decades > _DECADES_WITH_PLAIN_TICKS else (1.0, 2.0, 5.0)))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(EngFormatter(unit=unit))


def elided(name: str, length: int) -> str:
    """Return a name of at most ``length`` characters, its middle cut out where it is longer."""
    if len(name) <= length:
        return name
    tail = (length - 1) * 2 // 3
    return f"{name[: length - 1 - tail]}…{name[-tail:]}"


def letter(axes: Axes, text: str, point: tuple[float, float], colour: str, offset_points: float = 0.0) -> None:
    """Put a letter in a small disc on ``point`` (data coordinates), or ``offset_points`` above it."""
    axes.annotate(
        text,
        point,
        xytext=(0, offset_points),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=8.5,
        fontweight="bold",
        bbox={"boxstyle": "circle,pad=0.22", "facecolor": PAPER, "edgecolor": colour, "linewidth": 1.3},
        zorder=4,
    )


def notes_below(axes: Axes, lines: Sequence[str]) -> None:
    """Write short lines below an axes' label: what the letters in the plot stand for."""
    axes.annotate(
        "\n".join(lines),
        (0.0, 0.0),
        xytext=(0, -42),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=9,
        color=INK,
        va="top",
        linespacing=1.45,
    )


def plain(text: str) -> str:
    """Return text in which matplotlib sees no formula, and which holds no line breaks and no sign that none can draw.

    A sign that no installed font has is written as its number, U+5C42, where an empty box would stand.
    """
    shown = "".join(sign if _is_drawable(sign) else f"[U+{ord(sign):04X}]" for sign in " ".join(text.split()))
    return shown.replace("$", r"\$")


@cache
def _is_drawable(sign: str) -> bool:
    fonts = (font_manager.get_font(font_manager.findfont(name)) for name in _FONTS)
    return any(font.get_char_index(ord(sign)) for font in fonts)
