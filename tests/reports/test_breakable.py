"""Names in narrow tables."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from heddle.reports.breakable import Breakable


@pytest.mark.parametrize(
    ("name", "width", "lines"),
    [
        ("layer1.0.conv1", 14, ["layer1.0.conv1"]),
        ("layer1.0.conv1", 13, ["layer1.0.", "conv1"]),
        ("layer1.0.conv1", 5, ["layer1.", "0.", "conv1"]),
        ("/usr/local/bin/yosys", 12, ["/usr/local/", "bin/yosys"]),
        ("pip install heddle", 12, ["pip install", "heddle"]),
        ("[red]x[/]", 20, ["[red]x[/]"]),
        ("", 3, [""]),
    ],
)
def test_a_name_breaks_between_its_parts(name: str, width: int, lines: list[str]) -> None:
    assert Breakable(name).lines(width) == lines


def test_in_a_table_no_part_is_broken_while_there_is_room_for_it() -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("layer")
    table.add_column("time", no_wrap=True)
    table.add_row(Breakable("encoder.layers.11.attention.self.query"), "1234567890")
    stream = io.StringIO()
    Console(file=stream, width=30).print(table)
    shown = [line.split()[0] for line in stream.getvalue().splitlines()[1:]]
    assert "".join(shown) == "encoder.layers.11.attention.self.query"
    assert all(part.endswith((".", "query")) for part in shown)
