"""What goes to which stream."""

from __future__ import annotations

import pytest
from rich.table import Table

from heddle.arch.json_file import json_text
from heddle.cli.output import print_failures, print_tables
from heddle.dataflow.scheduler import Failure


def test_a_number_that_is_not_finite_never_reaches_a_document() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"time_s": float("nan")})


def test_text_that_looks_like_markup_is_printed_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(title="a [bold]design[/]")
    table.add_column("how [to]")
    table.add_row("pip install 'heddle-npu[train]' :warning:")
    print_tables([table])
    printed = capsys.readouterr().out
    for text in ("a [bold]design[/]", "how [to]", "pip install 'heddle-npu[train]' :warning:"):
        assert text in printed


def test_a_long_list_of_failures_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_failures([Failure(f"layer{index}", "ff", "too large") for index in range(23)])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21
    assert lines[0] == "heddle: layer layer0, pass ff: cannot be mapped: too large"
    assert lines[-1] == "heddle: and 3 more passes"
