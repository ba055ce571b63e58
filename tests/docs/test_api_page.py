"""docs/api.md is what the docstrings say, and leaves no name of the API out."""

from __future__ import annotations

import pytest

import heddle
from benchmarks import docs_api


def test_the_page_is_what_the_docstrings_say() -> None:
    assert docs_api.PAGE.read_text(encoding="utf-8") == docs_api.page(), "python -m benchmarks.docs_api writes it anew"


def test_the_page_has_every_name_of_the_api_once() -> None:
    named = [name for names in docs_api.GROUPS.values() for name in names]
    assert sorted(named) == sorted({*heddle.__all__, *(name for name in heddle._HOMES)})


@pytest.mark.parametrize("name", [name for name in heddle._HOMES if name.islower()])
def test_every_function_says_what_it_is(name: str) -> None:
    assert (getattr(heddle, name).__doc__ or "").strip()
