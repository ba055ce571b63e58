"""What ``heddle report --json`` prints of one folder: the page's path, and what is on it, missing and not readable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.reports.runs.documents.figures import Figures

if TYPE_CHECKING:
    from heddle.reports.review.content import Review


class MissingEntry(Document):
    """A section that nothing in the folder fills, the command that makes what is missing, and what that takes."""

    section: str
    reason: str
    command: str
    takes: str


class ReviewDocument(Document):
    """A page of one folder; ``unread`` tells in a line each what could not be read, ``figures`` what the page shows."""

    html: str
    design: Design
    sections: tuple[str, ...]
    missing: tuple[MissingEntry, ...]
    unread: tuple[str, ...]
    notes: tuple[str, ...]
    figures: Figures

    @classmethod
    def of(cls, page: Path, review: Review, sections: tuple[str, ...], unread: Iterable[str]) -> Self:
        """Return the document of ``review`` as it was written to ``page``."""
        return cls(
            html=str(page),
            design=review.design,
            sections=sections,
            missing=tuple(MissingEntry(**asdict(each)) for each in review.missing),
            unread=tuple(unread),
            notes=review.notes,
            figures=Figures.of(review),
        )
