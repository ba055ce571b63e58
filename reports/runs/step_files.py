"""The result files of a simulated step: every pass as CSV and Parquet, the totals as JSON, the design as TOML."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from heddle.arch.design_io import to_toml
from heddle.arch.names import csv_text
from heddle.arch.run_dir import atomic_file, write_atomically, write_pieces
from heddle.reports.runs.documents.step import StepTotals
from heddle.sim.result import TEXT, WHOLE, Record, StepResult, pass_records

PASSES_CSV, PASSES_PARQUET = "passes.csv", "passes.parquet"
TOTALS_JSON, DESIGN_TOML = "totals.json", "design.toml"


#: Passes of a row group of the Parquet file.
_GROUP_ROWS = 1 << 20


def write_results(result: StepResult, folder: Path) -> list[Path]:
    """Write a step's passes, totals and design into ``folder`` (which exists), and return the files' paths.

    The same result gives the same bytes. Raises HeddleError when a file cannot be written.
    """
    return [
        write_pieces(folder / PASSES_CSV, _csv(result)),
        _write_parquet(folder / PASSES_PARQUET, result),
        StepTotals.of(result).write(folder / TOTALS_JSON),
        write_atomically(folder / DESIGN_TOML, to_toml(result.design).encode()),
    ]


class _Lines:
    """A file for ``csv.writer`` whose ``writerow`` then returns the line."""

    def write(self, line: str) -> str:
        return line


def _csv(result: StepResult) -> Iterator[str]:
    """Yield the text of the CSV file; what follows a layer's name is made once for each distinct pass."""
    line = csv.writer(_Lines(), lineterminator="\n").writerow
    open_line = csv.writer(_Lines(), lineterminator="").writerow
    yield line(result.columns)
    names = [open_line((csv_text(name), "")) for name in result.rows.names]
    passes = [line(_after_name(record)) for record in pass_records(result)]
    yield from result.rows.text(names, passes)


def _after_name(record: Record) -> list[object]:
    cells = record | {name: csv_text(str(record[name])) for name in TEXT}
    return list(cells.values())[1:]


def _write_parquet(path: Path, result: StepResult) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = dict.fromkeys(TEXT, pa.string()) | dict.fromkeys(WHOLE, pa.int64())
    schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in result.columns])
    rows, passes = result.rows, pa.Table.from_pylist(pass_records(result), schema=schema)
    names = pa.array(rows.names, pa.string())
    with atomic_file(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for first in range(0, max(1, len(rows)), _GROUP_ROWS):
            group = slice(first, first + _GROUP_ROWS)
            table = passes.take(pa.array(rows.which[group]))
            writer.write_table(table.set_column(0, schema.field(0), names.take(pa.array(rows.owner[group]))))
    return path
