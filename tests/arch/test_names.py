"""Names from outside: no control characters in them, and no formula in a CSV."""

from __future__ import annotations

import pytest

from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.names import csv_text, printable, visible


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("conv1", "conv1"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("a\x00b\x7fc\x9bd\u2028e", "abcde"),
        ("Größe 层\xa01", "Größe 层\xa01"),
        ("\x07", "unnamed"),
    ],
)
def test_a_name_loses_its_control_characters_alone(given: str, kept: str) -> None:
    assert printable(given) == kept


def test_a_message_shows_them_as_escapes() -> None:
    assert visible("a\x1b[0m\x9b") == r"a\x1b[0m\x9b"
    assert str(HeddleError("no \x1b[31m such\n file")) == r"no \x1b[31m such file"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-x", "@SUM(A1)"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(cell: str) -> None:
    assert csv_text(cell) == f"'{cell}"


def test_other_cells_stay() -> None:
    assert [csv_text(cell) for cell in ("", "a=b", "conv1")] == ["", "a=b", "conv1"]


def test_the_name_of_a_design_loses_them_too() -> None:
    document = load_design("tiny").model_dump() | {"name": "my\x1b[1m design"}
    assert Design.model_validate(document).name == "my[1m design"
