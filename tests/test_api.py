"""``import heddle``: the names that notebooks hold on to."""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import heddle


def test_every_promised_name_is_there() -> None:
    assert [name for name in heddle.__all__ if not hasattr(heddle, name)] == []


def test_every_promised_name_has_a_home_that_types_know_too() -> None:
    source = ast.parse(Path(heddle.__file__).read_text())
    (typed,) = (node for node in source.body if isinstance(node, ast.If))
    homes = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in typed.body
        if isinstance(node, ast.ImportFrom) and node.module != "typing"
        for alias in node.names
    }
    assert homes == {name: home for name, home in heddle._HOMES.items() if name in heddle.__all__}


def test_importing_heddle_loads_nothing_heavy() -> None:
    code = "import sys, heddle; print(*{'numpy', 'numba', 'pandas', 'amaranth', 'torch'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


def test_the_promised_names_are_sorted_and_unique() -> None:
    assert len(set(heddle.__all__)) == len(heddle.__all__)


def test_the_example_of_the_module_runs_as_printed() -> None:
    outcome = doctest.testmod(heddle)
    assert outcome.attempted >= 9
    assert outcome.failed == 0


def test_both_levels_take_the_same_arguments() -> None:
    design = heddle.load_design("tiny")
    board = heddle.load_board(design.board)
    network = heddle.zoo_network("mlp")
    step = heddle.training_step(network, heddle.recipe_named("bdwp"), design.sparsity, heddle.StepOptions(batch=4))
    estimated, simulated = heddle.estimate(step, design, board), heddle.simulate(step, design, board)
    assert (estimated.level, simulated.level) == ("estimate", "engines")
    assert estimated.macs == simulated.macs


def test_a_schedule_covers_every_product_of_the_step() -> None:
    design = heddle.load_design("tiny")
    step = heddle.training_step(
        heddle.load_network("mlp"), heddle.recipe_named("dense"), design.sparsity, heddle.StepOptions(batch=4)
    )
    schedule = heddle.schedule(step, design, heddle.load_board(design.board))
    assert not schedule.failures
    assert {entry.product.dense_macs for entry in schedule.by_product.values()}


def test_packed_operands_unpack_to_what_the_mask_keeps() -> None:
    dense = np.array([3.0, -1.0, 0.5, -4.0], np.float32)
    kept = heddle.mask(dense, 2, 4)
    assert np.array_equal(heddle.unpack(heddle.pack(dense, 2, 4)), dense * kept)


def test_bad_input_is_one_line() -> None:
    with pytest.raises(heddle.HeddleError, match=r"^unknown preset 'tinny'; did you mean 'tiny'\?"):
        heddle.load_design("tinny")


def test_the_names_of_training_are_there_where_pytorch_is() -> None:
    import heddle.training.export
    import heddle.training.network_of

    assert heddle.sparsify is heddle.training.sparsify
    assert heddle.export_weights is heddle.training.export.export_weights
    assert heddle.model_network is heddle.training.network_of.network_of


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'heddle' has no attribute 'sparsfy'"):
        _ = heddle.sparsfy


def test_every_result_is_a_table_too() -> None:
    design = heddle.load_design("tiny")
    board = heddle.load_board(design.board)
    network = heddle.zoo_network("mlp")
    step = heddle.training_step(network, heddle.recipe_named("bdwp"), design.sparsity, heddle.StepOptions(batch=4))
    schedule, result = heddle.schedule(step, design, board), heddle.estimate(step, design, board)
    passes, mappings = result.frame(), schedule.frame()
    assert passes["cycles"].sum() == pytest.approx(result.cycles)
    assert passes["dram_bytes"].sum() == result.dram_bytes
    assert set(mappings["sparsity"]) == {"2:4", "1:1"}
    assert list(mappings["layer"].unique()) == [layer for layer in passes["layer"].unique() if "fc" in layer]


def test_rtl_is_written_where_it_is_asked_for_and_a_report_says_what_of_it_could_not_be_read(tmp_path: Path) -> None:
    generated = heddle.generate(heddle.load_design("tiny"), tmp_path)
    written = {path.name: path.read_text() for path in tmp_path.iterdir() if path.name != "provenance.json"}
    assert written == generated.files
    (tmp_path / "verify").mkdir()
    (tmp_path / "verify" / "verify.json").write_text("{")
    made = heddle.report(tmp_path)
    assert made.html == tmp_path / "report.html"
    assert made.html.is_file()
    assert "verify.json: is not valid JSON" in made.problems[0]


def test_two_steps_are_held_against_each_other_as_figures_and_as_a_page(tmp_path: Path) -> None:
    design = heddle.load_design("tiny")
    board = heddle.load_board(design.board)
    options = heddle.StepOptions(batch=4)
    recipes = [heddle.recipe_named(name) for name in ("dense", "bdwp")]
    steps = [heddle.training_step(heddle.zoo_network("mlp"), each, design.sparsity, options) for each in recipes]
    dense, sparse = (heddle.estimate(step, design, board) for step in steps)
    comparison = heddle.compare(dense, sparse, tmp_path / "comparison.html")
    assert [change.key for change in comparison.conditions] == ["recipe"]
    assert comparison.changed == ()
    time = next(row for row in comparison.figures if row.name == "time of a step")
    assert time.ratio == pytest.approx(sparse.time_s / dense.time_s)
    assert (tmp_path / "comparison.html").read_text().startswith("<!doctype html>")


EXAMPLES = [name for name in (*heddle.__all__, "train") if callable(getattr(heddle, name))]


@pytest.mark.parametrize("name", [name for name in EXAMPLES if not isinstance(getattr(heddle, name), type)])
def test_the_example_of_a_function_runs_as_printed(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    design = heddle.load_design("tiny")
    network = heddle.load_network("mlp")
    step = heddle.training_step(network, heddle.recipe_named("bdwp"), design.sparsity, heddle.StepOptions(batch=4))
    given = {"heddle": heddle, "np": np, "design": design, "network": network, "step": step}
    given["board"] = heddle.load_board(design.board)
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder(recurse=False).find(getattr(heddle, name), name, module=False, globs=given):
        runner.run(example)
    assert runner.failures == 0
