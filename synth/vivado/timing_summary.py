"""Reads ``report_timing_summary``: the design's slacks, its clocks, and whether timing is met."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile, takewhile
from pathlib import Path

from heddle.synth.vivado.header import Document
from heddle.synth.vivado.report_tables import quoted, shortened, unsigned
from heddle.synth.vivado.reports import Clock, Slack, TimingReport, Unread

SUMMARY = "Design Timing Summary"
CLOCKS = "Clock Summary"
#: Titles of the sections that ``read_timing`` reads.
TITLES = (SUMMARY, CLOCKS)

_VERDICTS = {
    "All user specified timing constraints are met.": True,
    "Timing constraints are not met.": False,
    "There are no user specified timing constraints.": None,
}
_CHECKS = (("WNS", "TNS"), ("WHS", "THS"), ("WPWS", "TPWS"))
_SUMMARY_COLUMNS = tuple(
    column
    for worst, total in _CHECKS
    for column in (f"{worst}(ns)", f"{total}(ns)", f"{total} Failing Endpoints", f"{total} Total Endpoints")
)
_CLOCK_COLUMNS = ("Clock", "Waveform(ns)", "Period(ns)", "Frequency(MHz)")
_BETWEEN_COLUMNS = re.compile(r" {2,}")
_RULE = re.compile(r"-+")
_SLACK = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,12})?")
_COUNT = re.compile(r"[0-9]{1,15}")
_NO_PATHS = ("NA", "inf")
_HZ_PER_MHZ = 1_000_000
_NS_MHZ = 1000
_ROUNDING = 0.001


def read_timing(document: Document, path: Path) -> tuple[TimingReport, tuple[Unread, ...]]:
    """Return the report and what of it could not be read; NA and inf say that there are no such paths: None."""
    values, reasons = _summary_values(_section(document, SUMMARY))
    (setup, hold, pulse_width), slack_reasons = _slacks(values)
    met, met_reasons = _verdict(_section(document, SUMMARY), (setup, hold, pulse_width))
    clocks, clock_reasons = _clocks(_section(document, CLOCKS))
    unread = [Unread(path, SUMMARY, reason) for reason in (*reasons, *slack_reasons, *met_reasons)]
    unread += [Unread(path, CLOCKS, reason) for reason in clock_reasons]
    report = TimingReport(path, document.header, setup, hold, pulse_width, clocks, met)
    # Vivado calls the constraints met where there was nothing to time.
    return (report if report.times_a_path or not met else replace(report, met=None)), tuple(unread)


def _section(document: Document, title: str) -> tuple[str, ...] | str:
    """Return the section's lines without the rule that frames the titles, or the reason why there are none."""
    if title in document.repeated:
        return "the report has more than one such section"
    if title not in document.sections:
        return "the report has no such section"
    return tuple(line for line in document.sections[title] if not _RULE.fullmatch(line.strip()))


def _summary_values(lines: tuple[str, ...] | str) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Return the one row of the summary, its texts by column."""
    if isinstance(lines, str):
        return {}, (lines,)
    content = [line.strip() for line in dropwhile(lambda line: not line.strip(), lines)]
    heading, rule, row, behind = (*content[:4], *4 * ["?"])[:4]
    columns = _BETWEEN_COLUMNS.split(heading)
    if len(set(columns)) < len(columns) or not set(columns) <= set(_SUMMARY_COLUMNS):
        return {}, (f"the table {SUMMARY!r} has no known columns: {quoted(heading)}",)
    texts = row.split()
    if not _underlines(rule, len(columns)) or len(texts) != len(columns) or behind:  # a row cut in two goes on there
        return {}, (f"the table {SUMMARY!r} has no single row of {len(columns)} values",)
    return dict(zip(columns, texts, strict=True)), ()


def _underlines(line: str, columns: int) -> bool:
    marks = line.split()
    return len(marks) == columns and all(_RULE.fullmatch(mark) for mark in marks)


def _slacks(values: Mapping[str, str]) -> tuple[tuple[Slack, Slack, Slack], tuple[str, ...]]:
    """Return the slacks of setup, hold and pulse width; a column that the report lacks is None."""
    reasons = [
        f"{column!r} is {quoted(text)}"
        for column, text in values.items()
        if text not in _NO_PATHS and not (_SLACK if column.endswith("(ns)") else _COUNT).fullmatch(text)
    ]
    setup, hold, pulse_width = (
        Slack(
            worst_ns=_slack(values.get(f"{worst}(ns)", "")),
            total_ns=_slack(values.get(f"{total}(ns)", "")),
            failing=_count(values.get(f"{total} Failing Endpoints", "")),
            endpoints=_count(values.get(f"{total} Total Endpoints", "")),
        )
        for worst, total in _CHECKS
    )
    return (setup, hold, pulse_width), tuple(reasons)


def _slack(text: str) -> float | None:
    return float(text) if _SLACK.fullmatch(text) else None


def _count(text: str) -> int | None:
    return int(text) if _COUNT.fullmatch(text) else None


def _verdict(lines: tuple[str, ...] | str, slacks: Sequence[Slack]) -> tuple[bool | None, tuple[str, ...]]:
    """Return whether timing is met, by the report's own sentence; not where its figures say otherwise."""
    if isinstance(lines, str):
        return None, ()
    found = [line.strip() for line in lines if line.strip() in _VERDICTS]
    if len(found) != 1:
        return None, ("does not say, once, whether the timing constraints are met",)
    met = _VERDICTS[found[0]]
    if met and any((slack.worst_ns or 0) < 0 or (slack.failing or 0) > 0 for slack in slacks):
        return None, ("says that the timing constraints are met, but has a negative slack or a failing endpoint",)
    return met, ()


def _clocks(lines: tuple[str, ...] | str) -> tuple[tuple[Clock, ...], tuple[str, ...]]:
    """Return the clocks in the report's order, generated ones after the clock that they come from."""
    if isinstance(lines, str):
        return (), (lines,)
    content = [line.rstrip() for line in dropwhile(lambda line: not line.strip(), lines)]
    if not content:
        return (), ()  # a design without clocks has the title and no table
    columns = tuple(_BETWEEN_COLUMNS.split(content[0].strip()))
    if columns != _CLOCK_COLUMNS or len(content) < 2 or not _underlines(content[1], len(columns)):
        return (), (f"the table {CLOCKS!r} has no known columns: {quoted(content[0])}",)
    rows = list(takewhile(bool, content[2:]))
    read = [(row, _clock(row)) for row in rows]
    faults = [f"{quoted(row)} is no clock" for row, clock in read if clock is None]
    if len(rows) == len(content) - 2:  # a blank line follows a whole table
        faults.append(f"ends inside the table {CLOCKS!r}")
    return tuple(clock for _, clock in read if clock is not None), shortened(faults)


def _clock(row: str) -> Clock | None:
    """Read a name, which may hold any sign, a waveform in braces, a period and a frequency."""
    front, _, back = row.rpartition("}")
    name, brace, _ = front.rpartition("{")
    numbers = [unsigned(text) for text in back.split()]
    if not brace or not name.strip() or len(numbers) != 2:
        return None
    period_ns, frequency_mhz = numbers
    if not period_ns or not frequency_mhz or not _agree(period_ns, frequency_mhz):
        return None
    return Clock(name.strip(), period_ns, float(round(frequency_mhz * _HZ_PER_MHZ)))


def _agree(period_ns: float, frequency_mhz: float) -> bool:
    """Tell whether a period and a frequency are of one clock, as far as three decimals of each can say."""
    return abs(period_ns * frequency_mhz - _NS_MHZ) <= _ROUNDING * (period_ns + frequency_mhz)
