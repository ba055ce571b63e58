"""Two designs or runs against each other: what differs, the figures' ratios, and the page of it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from samples import BOARD, IDEAL, SAT, SMALL, TINY, machines, step_of

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.arch.resources import resources
from heddle.dataflow.zoo import zoo_network
from heddle.reports.review.compare import Comparison, Side, compare, design_changes, fit_line, ratio_text
from heddle.reports.review.compare_page import write_comparison
from heddle.sim.estimate import estimate
from heddle.sim.result import StepResult

CONDITIONS = {"workload": "mlp", "batch": "1", "recipe": "bdwp"}


@cache
def ran(design: Design, recipe: str = "bdwp") -> StepResult:
    return estimate(step_of(zoo_network("mlp"), recipe, "2:4"), design, BOARD)


def side(name: str, design: Design, *, runs: bool = True) -> Side:
    if not runs:
        return Side(name, design, BOARD, None, None, {})
    return Side(name, design, BOARD, ran(design), ran(design, "dense"), CONDITIONS)


def figures(comparison: Comparison) -> dict[str, tuple[float | None, float | None, float | None]]:
    return {row.name: (row.a, row.b, row.ratio) for row in comparison.figures}


def test_a_design_differs_from_itself_in_nothing() -> None:
    comparison = compare(side("a", TINY), side("b", TINY.model_copy(update={"name": "renamed"})))
    assert comparison.changed == ()
    assert comparison.conditions == ()
    assert all(row.ratio in (None, 1.0) for row in comparison.figures)
    assert all(row.difference_s == 0 for row in (*comparison.layers, *comparison.passes))


def test_the_keys_that_differ_are_those_of_a_design_file_with_both_values() -> None:
    other = override(TINY, {"array.rows": 8, "clock_hz": 250e6, "array.dataflows": ("ws",), "memory.unlimited": True})
    assert [(change.key, change.a, change.b) for change in design_changes(TINY, other)] == [
        ("clock_hz", "175000000", "250000000"),
        ("array.rows", "4", "8"),
        ("array.dataflows", "os+ws", "ws"),
        ("memory.unlimited", "false", "true"),
    ]


@settings(max_examples=30)
@given(machines(), machines())
def test_putting_the_changes_into_one_design_gives_the_other(one: Design, other: Design) -> None:
    flat = {f"{section}.{key}": value for section, table in other.model_dump().items() if isinstance(table, dict)
            for key, value in table.items()} | {"clock_hz": other.clock_hz, "board": other.board}  # fmt: skip
    changed = override(one, {change.key: flat[change.key] for change in design_changes(one, other)})
    assert changed.model_copy(update={"name": other.name}) == other


def test_figures_are_those_of_the_two_runs_and_ratios_are_b_over_a() -> None:
    a, b = ran(TINY), ran(SMALL)
    found = figures(compare(side("a", TINY), side("b", SMALL)))
    assert found["time of a step"] == (a.time_s, b.time_s, b.time_s / a.time_s)
    assert found["energy of a step"] == (a.energy_j, b.energy_j, b.energy_j / a.energy_j)
    assert found["DRAM traffic"][:2] == (a.dram_bytes, b.dram_bytes)
    assert found["speed-up over dense"][0] == ran(TINY, "dense").cycles / a.cycles
    assert found["processing elements"] == (16, 64, 4.0)
    assert found["peak rate"][0] == 2 * 16 * 175e6


def test_designs_without_runs_have_only_figures_of_their_own() -> None:
    comparison = compare(side("a", TINY, runs=False), side("b", SMALL, runs=False))
    assert list(figures(comparison)) == ["processing elements", "clock", "peak rate", "peak DRAM rate"]
    assert (comparison.layers, comparison.passes, comparison.conditions) == ((), (), ())


def test_a_figure_that_one_side_lacks_has_no_ratio() -> None:
    found = figures(compare(side("a", TINY), side("b", IDEAL, runs=False)))
    assert found["time of a step"][1:] == (None, None)
    assert found["peak DRAM rate"][1] is None


def test_the_dram_rate_is_the_lesser_of_port_and_memory() -> None:
    found = figures(compare(side("a", TINY, runs=False), side("b", SAT, runs=False)))
    assert found["peak DRAM rate"][0] == TINY.memory.axi_bits / 8 * TINY.clock_hz
    wide = override(SAT, {"memory.axi_bits": 1024})
    found = figures(compare(side("a", wide, runs=False), side("b", SAT, runs=False)))
    assert found["peak DRAM rate"][0] == 4 * BOARD.memory.channel_bytes_per_s


def test_resources_are_the_models_with_what_each_board_lets_use() -> None:
    rows = {row.resource: row for row in compare(side("a", TINY), side("b", SMALL)).resources}
    assert (rows["lut"].a, rows["lut"].b) == (resources(TINY, BOARD).lut, resources(SMALL, BOARD).lut)
    assert rows["dsp"].usable_a == BOARD.resources.dsp
    assert rows["uram"].ratio is None


def test_times_add_up_to_the_difference_of_the_steps() -> None:
    comparison = compare(side("a", TINY), side("b", SMALL))
    gained = ran(SMALL).time_s - ran(TINY).time_s
    for rows in (comparison.layers, comparison.passes):
        assert math.fsum(row.difference_s for row in rows) == pytest.approx(gained)
        sizes = [abs(row.difference_s) for row in rows]
        assert sizes == sorted(sizes, reverse=True)


def test_a_pass_is_the_same_one_whatever_its_dataflow() -> None:
    rows = compare(side("a", TINY), side("b", override(TINY, {"array.dataflows": ("os",)}))).passes
    assert all(row.a_s is not None and row.b_s is not None for row in rows)
    assert {row.pass_name for row in rows} == {"FF", "BP", "WU", "update", "FF vector", "BP vector"}


def test_a_pass_that_one_side_does_not_run_has_no_time_there() -> None:
    only_ff = replace(ran(SMALL), passes=tuple(item for item in ran(SMALL).passes if item.pass_name == "ff"))
    rows = compare(side("a", TINY), replace(side("b", SMALL), result=only_ff)).passes
    assert {row.b_s is None for row in rows if row.pass_name == "update"} == {True}
    assert all(row.ratio is None for row in rows if row.b_s is None)


def test_conditions_that_differ_are_named_with_what_one_side_lacks() -> None:
    other = replace(side("b", SMALL), conditions={"workload": "mlp", "batch": "8", "optimizer": "adam"})
    changes = compare(side("a", TINY), other).conditions
    assert [(change.key, change.a, change.b) for change in changes] == [
        ("batch", "1", "8"),
        ("recipe", "bdwp", ""),
        ("optimizer", "", "adam"),
    ]


def test_whether_a_design_fits_is_said_in_a_line() -> None:
    assert fit_line(TINY, BOARD) == "fits vcu1525 (estimate)"
    assert fit_line(IDEAL, BOARD) == "idealised: a textbook design, not to be built"
    assert fit_line(override(SAT, {"array.rows": 512}), BOARD).startswith(
        "no: design 'sat-vcu1525' does not fit board 'vcu1525': it needs "
    )


@pytest.mark.parametrize(
    ("ratio", "text"), [(None, ""), (0.0, "0.00×"), (0.0625, "0.0625×"), (1.0, "1.00×"), (15.678, "15.68×")]
)
def test_a_ratio_keeps_its_digits_when_it_is_small(ratio: float | None, text: str) -> None:
    assert ratio_text(ratio) == text


def page(comparison: Comparison, folder: Path) -> str:
    return write_comparison(comparison, folder / "comparison.html").read_text()


def test_the_page_holds_everything_and_fetches_nothing(tmp_path: Path) -> None:
    html = page(compare(side("runs/a", TINY), side("small", SMALL)), tmp_path)
    for heading in ("Figures", "What changed", "Resources", "Time by layer", "Time by pass", "Designs"):
        assert f"<h2>{heading}</h2>" in html
    assert "A step of mlp, batch 1, bdwp, on the engines." in html
    assert "array.rows" in html
    assert "calibrated on " in html
    assert "Uncalibrated estimate" not in html
    assert "0.000 ps" not in html
    assert not re.search(r'(src|href)="(?!#)|url\(|<script', html)


def test_the_page_calls_no_resources_uncalibrated_that_it_calls_calibrated(tmp_path: Path) -> None:
    words = " ".join(page(compare(side("runs/a", TINY), side("small", SMALL)), tmp_path).split())
    assert "array, sore, wuve: calibrated on" in words
    assert "FPGA resources are of a model, which is calibrated on syntheses in part" in words
    assert re.findall("[^.:]*uncalibrated[^.:]*", words) == [
        " Energy is an uncalibrated estimate where it is not said to be of Vivado"
    ]


def test_the_page_of_two_designs_says_how_to_run_them(tmp_path: Path) -> None:
    html = page(compare(side("tiny", TINY, runs=False), side("tiny", TINY, runs=False)), tmp_path)
    assert "Nothing was run on both: --workload simulates a training step on each design." in html
    assert "The designs are the same." in html
    assert "Time by layer" not in html


def test_names_are_escaped(tmp_path: Path) -> None:
    assert "<script>" not in page(compare(side("<script>", TINY), side("b", SMALL)), tmp_path)


def test_the_same_comparison_gives_the_same_bytes(tmp_path: Path) -> None:
    comparison = compare(side("a", TINY), side("b", SMALL))
    assert page(comparison, tmp_path) == page(comparison, tmp_path)
