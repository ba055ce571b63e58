"""The timeline of a step: a track for the passes and one for each engine, and an overview to choose a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from heddle.reports.palette import PART_COLOURS, SAMPLE
from heddle.reports.review.vega import MUTED, PAPER, Figure, LegendEntry, figure, records, unit_labels
from heddle.reports.units import percent, seconds
from heddle.sim.spans import PASS_TRACK, TRACKS, Span

#: The signals that say which part of the timeline is shown, in seconds.
SHOWN_FROM, SHOWN_TO = "shown_from", "shown_to"
#: Most spans that are drawn: the longest ones, so that a page of a deep network stays quick.
MAX_SPANS = 2000

_PASS_COLOURS = {name: PART_COLOURS[name] for name in ("ff", "bp", "wu", "update")}
_TRACK_PIXELS, _OVERVIEW_PIXELS, _LABEL_PIXELS = 34, 30, 52


@dataclass(frozen=True)
class TimelineRow:
    """A pass of the timeline as text: its start and end, and how long each engine worked for it, in TRACKS' order."""

    layer: str
    pass_name: str
    start: str
    end: str
    busy: tuple[str, ...]


def timeline_figure(spans: Sequence[Span]) -> Figure | None:
    """Return the timeline, colours by pass; None without spans. Signals choose the part shown, at first all."""
    if not _end_s(spans):
        return None
    drawn = drawn_spans(spans)
    end_s = _end_s(spans)
    present = [track for track in TRACKS if any(span.track == track for span in drawn)]
    rows = [_bar(span) for span in drawn]
    chart = (
        alt.Chart(records(rows, "spans"), name="timeline")
        .mark_bar(stroke=PAPER, strokeWidth=0.4, clip=True)
        .encode(
            x=alt.X(
                "start_s:Q",
                title="time from the step's start",
                scale=alt.Scale(
                    domainMin=alt.ExprRef(SHOWN_FROM), domainMax=alt.ExprRef(SHOWN_TO), nice=False, zero=False
                ),
                axis=alt.Axis(labelExpr=unit_labels("s"), tickCount=8, labelOverlap=True),
            ),
            x2="end_s:Q",
            y=_tracks(present),
            color=alt.Color("pass:N", scale=_colours(), legend=None),
            tooltip=[
                alt.Tooltip("layer:N"),
                alt.Tooltip("pass_text:N", title="pass"),
                alt.Tooltip("track:N"),
                alt.Tooltip("start:N"),
                alt.Tooltip("length:N"),
                alt.Tooltip("busy:N", title="engine works in"),
            ],
        )
        .add_params(alt.param(name=SHOWN_FROM, value=0.0), alt.param(name=SHOWN_TO, value=end_s))
        .properties(width="container", height=_TRACK_PIXELS * len(present))
    )
    description = (
        f"{len(present)} tracks over {seconds(end_s)}: {', '.join(present)}. A bar runs from a pass's first "
        "instruction on an engine to its last; the engine may wait in between."
    )
    return figure("timeline", chart, "Timeline of the step", description, _legend(drawn))


def overview_figure(spans: Sequence[Span]) -> Figure | None:
    """Return the passes of the whole step as a strip, in which a part can be dragged out; None without passes."""
    passes = [span for span in drawn_spans(spans) if span.track == PASS_TRACK]
    end_s = _end_s(spans)
    if not passes or not end_s:
        return None
    chosen = alt.selection_interval(
        name="chosen", encodings=["x"], zoom=False, mark=alt.BrushConfig(fill=MUTED, fillOpacity=0.3, stroke=MUTED)
    )
    chart = (
        alt.Chart(records([_bar(span) for span in passes], "strip"), name="overview")
        .mark_bar()
        .encode(
            x=alt.X(
                "start_s:Q",
                title=None,
                scale=alt.Scale(domain=[0.0, end_s], nice=False),
                axis=alt.Axis(labelExpr=unit_labels("s"), tickCount=8, labelOverlap=True, grid=False),
            ),
            x2="end_s:Q",
            y=_tracks([PASS_TRACK]),
            color=alt.Color("pass:N", scale=_colours(), legend=None),
        )
        .add_params(chosen)
        .properties(width="container", height=_OVERVIEW_PIXELS)
    )
    description = f"The passes of the whole step, {seconds(end_s)}: drag over a part to see it above."
    return figure("overview", chart, "Overview of the timeline", description)


def lasting_spans(spans: Sequence[Span]) -> list[Span]:
    """Return the spans that take time, in their order."""
    return [span for span in spans if span.end_s > span.start_s]


def drawn_spans(spans: Sequence[Span]) -> list[Span]:
    """Return the spans that are drawn, in their order: those that take time, at most MAX_SPANS, the longest."""
    lasting = lasting_spans(spans)
    if len(lasting) <= MAX_SPANS:
        return lasting
    longest = sorted(range(len(lasting)), key=lambda index: lasting[index].start_s - lasting[index].end_s)
    return [lasting[index] for index in sorted(longest[:MAX_SPANS])]


def timeline_rows(spans: Sequence[Span]) -> tuple[TimelineRow, ...]:
    """Return a row for each pass, in the order of their starts, with what each engine works for it."""
    grouped: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        grouped.setdefault((span.layer, span.pass_name), []).append(span)
    ordered = sorted(grouped.items(), key=lambda entry: min(span.start_s for span in entry[1]))
    return tuple(_text_row(layer, pass_name, members) for (layer, pass_name), members in ordered)


def _text_row(layer: str, pass_name: str, members: Sequence[Span]) -> TimelineRow:
    busy_s = [sum(span.busy_s for span in members if span.track == track) for track in TRACKS[1:]]
    return TimelineRow(
        layer=layer,
        pass_name=pass_name.upper() if pass_name != "update" else pass_name,
        start=seconds(min(span.start_s for span in members)),
        end=seconds(max(span.end_s for span in members)),
        busy=tuple(seconds(value) if value else "" for value in busy_s),
    )


def _end_s(spans: Sequence[Span]) -> float:
    return max((span.end_s for span in spans), default=0.0)


def _tracks(names: Sequence[str]) -> alt.Y:
    """The axis of tracks; as wide in both charts, so that their times stand below each other."""
    axis = alt.Axis(ticks=False, domain=False, minExtent=_LABEL_PIXELS, maxExtent=_LABEL_PIXELS)
    return alt.Y("track:N", sort=list(names), title=None, axis=axis)


def _colours() -> alt.Scale:
    return alt.Scale(domain=[*_PASS_COLOURS, ""], range=[*_PASS_COLOURS.values(), SAMPLE])


def _legend(spans: Sequence[Span]) -> tuple[LegendEntry, ...]:
    present = {span.pass_name for span in spans}
    return tuple(
        LegendEntry("update" if name == "update" else name.upper(), colour)
        for name, colour in _PASS_COLOURS.items()
        if name in present
    )


def _bar(span: Span) -> dict[str, Any]:
    length_s = span.end_s - span.start_s
    return {
        "track": span.track,
        "layer": span.layer,
        "pass": span.pass_name if span.pass_name in _PASS_COLOURS else "",
        "pass_text": span.pass_name,
        "start_s": span.start_s,
        "end_s": span.end_s,
        "start": seconds(span.start_s),
        "length": seconds(length_s),
        "busy": percent(span.busy_s / length_s),
    }
