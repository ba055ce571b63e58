"""The result files of a simulated step: every pass as CSV and Parquet, the totals as JSON, the design as TOML."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from heddle.arch.design_io import to_toml
from heddle.arch.names import csv_text
from heddle.arch.run_dir import atomic_file, write_atomically
from heddle.reports.runs.documents.step import StepTotals
from heddle.sim.result import TEXT, WHOLE, StepResult, columns, pass_records

PASSES_CSV, PASSES_PARQUET = "passes.csv", "passes.parquet"
TOTALS_JSON, DESIGN_TOML = "totals.json", "design.toml"


def write_results(result: StepResult, folder: Path) -> list[Path]:
    """Write a step's passes, totals and design into ``folder`` (which exists), and return the files' paths.

    The same result gives the same bytes. Raises HeddleError when a file cannot be written.
    """
    return [
        write_atomically(folder / PASSES_CSV, _csv(result).encode()),
        _write_parquet(folder / PASSES_PARQUET, result),
        StepTotals.of(result).write(folder / TOTALS_JSON),
        write_atomically(folder / DESIGN_TOML, to_toml(result.design).encode()),
    ]


def _csv(result: StepResult) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns(result), lineterminator="\n")
    writer.writeheader()
    writer.writerows(record | {name: csv_text(str(record[name])) for name in TEXT} for record in pass_records(result))
    return text.getvalue()


def _write_parquet(path: Path, result: StepResult) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = dict.fromkeys(TEXT, pa.string()) | dict.fromkeys(WHOLE, pa.int64())
    schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in columns(result)])
    with atomic_file(path) as temporary:
        pq.write_table(pa.Table.from_pylist(pass_records(result), schema=schema), temporary, compression="zstd")
    return path
