"""A long list of a document, written in pieces: the text is that of the whole document."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from heddle.arch.json_file import json_text
from heddle.arch.json_rows import named_list_text
from heddle.arch.named_rows import NamedRows


@dataclass(frozen=True)
class Part:
    name: str
    size: int


PARTS = (Part("a", 1), Part('"b"\n  "parts": [],\n', 2), Part("\u00e9", 1), Part("", 2))


@pytest.mark.parametrize("parts", [PARTS, PARTS[:1], ()])
def test_the_pieces_are_the_document(parts: tuple[Part, ...]) -> None:
    def entry(part: Part) -> dict[str, object]:
        return {"name": part.name, "size": part.size, "inner": {"parts": [], "more": [1, {"x": 2.5}]}}

    document = {"first": {"parts": []}, "parts": [entry(part) for part in parts], "last": 1}
    rows = NamedRows.of(parts, "name")
    empty = json_text(document | {"parts": []})
    pieces = named_list_text(empty, "parts", "name", rows, [entry(part) for part in rows.distinct])
    assert "".join(pieces) == json_text(document)


def test_a_list_of_many_comes_in_several_pieces() -> None:
    rows = NamedRows.of([Part(str(at), 1) for at in range(20_000)], "name")
    pieces = list(
        named_list_text(json_text({"parts": [], "last": 1}), "parts", "name", rows, [{"name": "", "size": 1}])
    )
    assert max(map(len, pieces)) < sum(map(len, pieces)) / 2
    entries = [{"name": str(at), "size": 1} for at in range(20_000)]
    assert "".join(pieces) == json_text({"parts": entries, "last": 1})
