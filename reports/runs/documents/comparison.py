"""What ``heddle report A B --json`` prints: two runs or designs against each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import Field

from heddle.arch.document import Document

if TYPE_CHECKING:
    from heddle.reports.review.compare import Change, Comparison


class ChangeEntry(Document):
    """A key of the design, or a condition of the run, that differs; "" where one side has none."""

    key: str
    a: str
    b: str


class FigureEntry(Document):
    """A figure of both sides in its own unit, counts whole; ``ratio`` is B over A, None where there is none."""

    name: str
    a: int | float | None
    b: int | float | None
    ratio: float | None


class ResourceEntry(Document):
    """What both designs take of a resource, and what can be used of it on the board of each."""

    resource: str
    a: int
    b: int
    usable_a: int
    usable_b: int


class FitsEntry(Document):
    """In a line each, whether the designs fit their boards."""

    a: str
    b: str


class PassTimes(Document):
    """The seconds of a pass on both sides; None where a side does not run it."""

    layer: str
    pass_name: str = Field(validation_alias="pass", serialization_alias="pass")
    a_s: float | None
    b_s: float | None
    ratio: float | None


class ComparisonDocument(Document):
    """Two sides and what differs; passes have the largest change first."""

    html: str
    a: str
    b: str
    changed: tuple[ChangeEntry, ...]
    conditions: tuple[ChangeEntry, ...]
    figures: tuple[FigureEntry, ...]
    resources: tuple[ResourceEntry, ...]
    fits: FitsEntry
    passes: tuple[PassTimes, ...]

    @classmethod
    def of(cls, page: Path, comparison: Comparison) -> Self:
        """Return the document of ``comparison`` as it was written to ``page``."""
        return cls(
            html=str(page),
            a=comparison.a.name,
            b=comparison.b.name,
            changed=_changes(comparison.changed),
            conditions=_changes(comparison.conditions),
            figures=tuple(FigureEntry(name=row.name, a=row.a, b=row.b, ratio=row.ratio) for row in comparison.figures),
            resources=tuple(ResourceEntry(**asdict(row)) for row in comparison.resources),
            fits=FitsEntry(a=comparison.fit_a, b=comparison.fit_b),
            passes=tuple(
                PassTimes(layer=row.layer, pass_name=row.pass_name, a_s=row.a_s, b_s=row.b_s, ratio=row.ratio)
                for row in comparison.passes
            ),
        )


def _changes(changes: Iterable[Change]) -> tuple[ChangeEntry, ...]:
    return tuple(ChangeEntry(**asdict(change)) for change in changes)
