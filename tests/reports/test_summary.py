"""The headline figures as text."""

from dataclasses import replace

from samples import BOARD, TINY, step_of

from heddle.dataflow.zoo import zoo_network
from heddle.reports.summary import (
    ENERGY_PARTS,
    energy_rows,
    headline,
    machine_line,
    pass_text,
    size_text,
    speedup_over,
    summary_rows,
)
from heddle.sim.estimate import estimate


def test_the_headline_says_what_was_run_and_on_what(step):
    assert headline(step) == "net, batch 8, bdwp 2:8 on tiny (estimate)"
    assert machine_line(step) == "4 × 4 PEs at 100 MHz, 1 DRAM channel"


def test_several_channels_are_a_plural(step):
    memory = step.design.memory.model_copy(update={"channels": 4})
    several = replace(step, design=step.design.model_copy(update={"memory": memory}))
    assert machine_line(several).endswith("4 DRAM channels")


def test_the_figures_have_units(step):
    assert {row.name: row.value for row in summary_rows(step, None)} == {
        "time of a step": "100 µs",
        "cycles": "10,000",
        "multiply-adds executed": "132 kMAC",
        "array utilisation": "82.5 %",
        "achieved rate": "2.64 GFLOP/s",
        "DRAM traffic": "73.7 kB",
        "mean DRAM rate": "737 MB/s",
        "energy of a step": "10.0 µJ",
    }


def test_a_dense_step_stands_beside_with_the_gain_of_each_cost(step, dense_step):
    rows = {row.name: row for row in summary_rows(step, dense_step)}
    assert rows["time of a step"].dense == "200 µs"
    assert rows["time of a step"].ratio == "2.00×"
    assert rows["multiply-adds executed"].ratio == "4.00×"
    assert rows["array utilisation"].ratio == ""
    assert speedup_over(step, dense_step) == 2.0


def test_energy_is_by_part_the_largest_first_without_empty_parts(step):
    assert [(row.name, row.value, row.share) for row in energy_rows(step)] == [
        ("leakage and clock tree", "7.50 µJ", 0.75),
        ("multiply-adds", "2.50 µJ", 0.25),
    ]


def test_a_step_of_no_cycles_has_figures_too(new_step):
    rows = {row.name: row.value for row in summary_rows(new_step([]), None)}
    assert rows["time of a step"] == "0 s"
    assert rows["achieved rate"] == "–"


def test_passes_and_sizes_read_short(new_pass):
    assert pass_text(new_pass("a", "ff", "os", 1)) == "FF OS"
    assert pass_text(new_pass("a", "bp", "vector", 1)) == "BP vector"
    assert pass_text(new_pass("a", "update", "update", 1)) == "update"
    assert size_text(new_pass("a", "ff", "os", 1)) == "64×32×16"
    assert size_text(new_pass("a", "ff", "os", 1, count=12)) == "12 × 64×32×16"
    assert size_text(new_pass("a", "ff", "vector", 1)) == "4.10 k elem."


def test_every_part_of_energy_has_words():
    step = step_of(zoo_network("mlp"))
    assert set(ENERGY_PARTS) == set(estimate(step, TINY, BOARD).energy_by_part_j)
