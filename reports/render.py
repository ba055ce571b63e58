"""HTML from the templates: escaping by default, figures as text, plots inline so that a page is one file."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from heddle.reports import units
from heddle.reports.breakable import Breakable
from heddle.reports.palette import GRID, INK, MUTED, PAPER

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_SVG_TITLE = "{*}title"
_SVG_DESCRIPTION = ".//{*}description"

# Drawn in a plot's file as it stands; on the page these colours follow the reader's light or dark scheme.
_THEME = {INK: "var(--ink)", MUTED: "var(--muted)", GRID: "var(--grid)", PAPER: "var(--paper)"}
_DROPPED = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>|<title>.*?</title>|<style.*?</style>", re.DOTALL)
_REFERENCE = re.compile(r'(\bid="|href="#|url\(#)')


@dataclass(frozen=True)
class InlinePlot:
    """A plot ready for a page: its title, and its SVG, which holds in words what it shows."""

    title: str
    svg: Markup


def render(template: str, **values: Any) -> str:
    """Return a page made of one of ``reports/templates``; a name that the template lacks raises."""
    return _environment().get_template(template).render(values)


def inline_plots(paths: Sequence[Path]) -> list[InlinePlot]:
    """Return the SVG files among ``paths``, in their order; other files (PNG twins) are left out."""
    vector = [path for path in paths if path.suffix == ".svg"]
    return [_inline_plot(path.read_text(encoding="utf-8"), f"p{index}-") for index, path in enumerate(vector)]


def _inline_plot(source: str, prefix: str) -> InlinePlot:
    root = ET.fromstring(source)
    body = _DROPPED.sub("", source[source.index("<svg") :])
    inner = body[body.index(">") + 1 :]
    # Names are unique within one file only; a prefix keeps the plots of a page apart.
    inner = _REFERENCE.sub(lambda match: match.group(1) + prefix, inner)
    for colour, variable in _THEME.items():
        inner = inner.replace(colour, variable)
    title, description = root.findtext(_SVG_TITLE, ""), root.findtext(_SVG_DESCRIPTION, "")
    opening = Markup(
        '<svg viewBox="{box}" role="img" aria-labelledby="{prefix}title" aria-describedby="{prefix}desc">'
        '<title id="{prefix}title">{title}</title><desc id="{prefix}desc">{description}</desc>'
    ).format(box=root.get("viewBox"), prefix=prefix, title=title, description=description)
    # The file is our own plot, whose text matplotlib has escaped.
    return InlinePlot(title, opening + Markup(inner))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        seconds=units.seconds,
        joules=units.joules,
        bytes=units.bytes_,
        percent=units.percent,
        factor=units.factor,
        count=units.count,
        engineering=units.engineering,
        parted=_parted,
    )
    return environment


def _parted(name: str) -> Markup:
    """The name, escaped, with a place to break behind each of its parts."""
    return Markup("<wbr>").join(Breakable(name).parts)
