"""``heddle doctor``: which tools are there, which are missing, and how to get them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.table import Table

from heddle.arch.run_dir import tool_version
from heddle.cli.exit_codes import SUCCESS
from heddle.cli.options.doctor import DoctorOptions
from heddle.cli.output import print_json, print_tables
from heddle.cli.tools import Tool, find_tools
from heddle.reports.breakable import Breakable


def run(options: DoctorOptions) -> int:
    """Print the tools; always SUCCESS, for no missing tool keeps the rest from working."""
    tools = find_tools()
    if options.json:
        print_json({"heddle": tool_version(), "tools": [asdict(tool) for tool in tools]})
    else:
        print_tables([_table(tools)])
    return SUCCESS


def _table(tools: Sequence[Tool]) -> Table:
    table = Table(title=f"Heddle {tool_version()}: tools", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("tool", "state", "where, or how to get it", "needed for"):
        table.add_column(heading, overflow="fold")
    for tool in tools:
        state = (tool.version or "found") if tool.found else "missing"
        where = (tool.path or "") if tool.found else tool.remedy
        table.add_row(tool.name, state, Breakable(where), tool.needed_for)
    return table
