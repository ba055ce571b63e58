"""A simulated step's files: every pass, the totals, the design."""

import csv
import errno
import json
import os
import tracemalloc
from dataclasses import replace

import pandas as pd
import pytest
from naive_step import naive_csv, naive_records, ungrouped
from samples import BOARD, TINY

from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.scalesim_import import read_scalesim
from heddle.dataflow.scheduler import Failure
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import step_work
from heddle.reports.runs.documents.step import StepTotals, step_text
from heddle.reports.runs.step_files import write_results
from heddle.sim.result import COLUMNS
from heddle.sim.step_run import run_step


def test_a_run_leaves_passes_totals_and_design(step, tmp_path):
    paths = write_results(step, tmp_path)
    assert [path.name for path in paths] == ["passes.csv", "passes.parquet", "totals.json", "design.toml"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)


def test_csv_and_parquet_hold_every_pass_in_program_order(step, tmp_path):
    csv_path, parquet_path, *_ = write_results(step, tmp_path)
    with csv_path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["layer"] for row in rows] == [item.layer for item in step.passes]
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0]["time_s"] == "1e-05"
    frame = pd.read_parquet(parquet_path)
    assert frame.to_dict("records") == naive_records(step)
    assert step.frame().to_dict("records") == naive_records(step)
    assert frame["dram_bytes"].dtype == "int64"


def test_passes_that_come_again_are_written_as_if_each_came_alone(new_step, new_pass, tmp_path):
    repeated = [new_pass("a", "ff", "os", 10, 8), new_pass('b, "2"', "wu", "ws", 7)] * 3
    step = new_step([replace(item, layer=f"{item.layer}{at}") for at, item in enumerate(repeated)])
    assert len(step.rows.distinct) == 2
    alone = replace(step, passes=ungrouped(step.rows))
    for name, each in (("grouped", step), ("alone", alone)):
        (tmp_path / name).mkdir()
        csv_path, parquet_path, *_ = write_results(each, tmp_path / name)
        assert csv_path.read_text() == naive_csv(step)
        assert pd.read_parquet(parquet_path).to_dict("records") == naive_records(step)


def test_a_layer_named_like_a_formula_is_text_in_the_csv_and_itself_in_parquet(new_step, new_pass, tmp_path):
    csv_path, parquet_path, *_ = write_results(new_step([new_pass("=1+1", "ff", "os", 10, 8)]), tmp_path)
    assert csv_path.read_text().splitlines()[1].startswith("'=1+1,ff,os,")
    assert pd.read_parquet(parquet_path)["layer"].tolist() == ["=1+1"]


def test_stalls_have_a_column_a_cause(new_step, new_pass, tmp_path):
    step = new_step([new_pass("a", "ff", "os", 10, 8, stall_cycles={"memory": 2.0}), new_pass("b", "ff", "os", 10, 8)])
    frame = pd.read_csv(write_results(step, tmp_path)[0])
    assert list(frame["stall_memory_cycles"]) == [2.0, 0.0]


def test_totals_name_the_run_and_what_could_not_be_mapped(step):
    failed = replace(step, failures=(Failure("conv9", "bp", "too large"),))
    record = json.loads(StepTotals.of(failed).text())
    assert record["cycles"] == 10_000
    assert record["time_s"] == 1e-4
    assert record["failures"] == [{"layer": "conv9", "pass": "bp", "reason": "too large"}]


def test_the_design_loads_back(step, tmp_path):
    assert load_design(str(write_results(step, tmp_path)[3])) == step.design


def test_a_step_without_passes_still_has_headings(new_step, tmp_path):
    paths = write_results(new_step([]), tmp_path)
    assert paths[0].read_text() == ",".join(COLUMNS) + "\n"
    assert list(pd.read_parquet(paths[1]).columns) == list(COLUMNS)


def test_the_same_step_gives_the_same_bytes(step, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    pairs = zip(write_results(step, tmp_path / "one"), write_results(step, tmp_path / "two"), strict=True)
    assert all(one.read_bytes() == two.read_bytes() for one, two in pairs)


def test_a_full_disk_is_one_line_and_leaves_no_half_file(step, tmp_path, monkeypatch):
    def no_space(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(HeddleError) as caught:
        write_results(step, tmp_path)
    assert str(caught.value) == f"{tmp_path / 'passes.csv'}: cannot write the file: no space left on device"
    assert list(tmp_path.iterdir()) == []


def test_a_long_topology_takes_little_memory_a_layer(tmp_path):
    def run(layers):
        rows = "".join(f"l{at}, {8 + 8 * (at % 3)}, 16, 16,\n" for at in range(layers))
        (tmp_path / "long.csv").write_text(f"Layer, M, N, K,\n{rows}")
        network = read_scalesim(tmp_path / "long.csv")
        step = run_step(step_work(network, recipe_named("bdwp"), TINY, BOARD, StepOptions(1)), "estimate")
        tracemalloc.reset_peak()  # the scheduler's room is the same for any number of layers, and free again
        write_results(step.result, tmp_path)
        return sum(map(len, step_text(step.result, step.dense, (), "the model")))

    run(10)  # what is loaded and compiled on first use is no layer's
    tracemalloc.start()
    length = run(5_000)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length > 5_000 * 1_000
    assert peak_bytes < 5_000 * 3_000  # with an object for each pass it is 11,000
