"""Every table of figures in the pages is what its maker gives, and every marker has a maker."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import rtl_agreement, scalesim
from benchmarks.agreement import RECIPES
from benchmarks.docs_tables import __main__ as command
from benchmarks.docs_tables import stored
from benchmarks.docs_tables.pages import PageError, Table, marked_names, measured_names, rewritten, table, tables_of
from benchmarks.docs_tables.registry import COMPUTED, made, note, stored_tables
from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.zoo import zoo_names, zoo_network
from heddle.sim.estimate import estimate

PAGES = command.pages()


def of_the_page(page: Path) -> str:
    return str(page.relative_to(stored.ROOT))


@pytest.mark.parametrize("page", PAGES, ids=of_the_page)
def test_every_table_with_figures_says_what_makes_it(page: Path) -> None:
    placed = tables_of(page.read_text())
    assert [each.start + 1 for each in placed if each.table.has_figures and each.name is None] == []


@pytest.mark.parametrize("page", PAGES, ids=of_the_page)
def test_every_table_is_the_one_that_its_maker_gives(page: Path) -> None:
    text = page.read_text()
    for each in tables_of(text):
        if each.name is not None:
            assert each.table == made(each.name), f"{each.name}: python -m benchmarks.docs_tables writes it anew"
    assert rewritten(text, made, note) == text


def test_every_maker_has_its_table_in_one_page() -> None:
    marked = [name for page in PAGES for name in marked_names(page.read_text())]
    assert sorted(marked) == sorted({*COMPUTED, *stored_tables()})


@pytest.mark.parametrize("data", stored.data_names())
def test_a_page_says_when_and_how_its_measurements_were_made(data: str) -> None:
    pages = {page for page in PAGES for name in stored.read(data).tables if name in marked_names(page.read_text())}
    assert [page for page in PAGES if data in measured_names(page.read_text())] == list(pages)


@pytest.mark.parametrize(("data", "batch"), [("agreement-16", 16), ("agreement-512", 512)])
def test_the_stored_estimates_are_those_of_today_s_closed_form(data: str, batch: int) -> None:
    rows = stored.read(data).tables[data].rows
    shown = {(row[0], row[1], row[2]): row[3] for row in rows}
    designs = [load_design(preset) for preset in sorted({row[0] for row in rows})]
    options = StepOptions(batch=batch)
    for network in zoo_names():
        for recipe, sparsity in RECIPES:
            step = training_step(zoo_network(network), recipe_named(recipe), parse_sparsity(sparsity), options)
            label = recipe if recipe == "dense" else f"{recipe} {sparsity}"
            for design in designs:
                cycles = estimate(step, design, load_board(design.board)).cycles
                assert shown.pop((design.name, network, label)) == f"{cycles:,.0f}"
    assert not shown


def test_the_stored_rtl_cycles_are_those_of_today_s_closed_form() -> None:
    rows = {row[:4]: row[4] for row in stored_tables()["rtl-agreement"].rows}
    for design in rtl_agreement.machines():
        for run in rtl_agreement.suite(design):
            size = f"{run.extents.m} × {run.extents.k} × {run.extents.n}"
            kind = "dense" if run.is_dense else f"{run.sparsity.n}:{run.sparsity.m}"
            cycles = f"{rtl_agreement.estimate_cycles(run, design):,.0f}"
            assert rows.pop((design.name, size, kind, run.dataflow)) == cycles
    assert not rows


def test_the_cycles_beside_scalesim_s_are_today_s() -> None:
    rows = stored_tables()["scalesim-cycles"].rows
    _, result = scalesim.run_heddle(scalesim.forward_products(len(rows)), repeats=1)
    assert [(item.layer, f"{item.cycles:,.0f}") for item in result.passes] == [row[:2] for row in rows]


def test_a_changed_figure_is_seen() -> None:
    page = (stored.ROOT / "docs" / "arch.md").read_text()
    (shown,) = [each for each in tables_of(page) if each.name == "preset-resources"]
    figure = shown.table.rows[0][1]
    changed = page.replace(f"| {figure} |", "| 1,234,567 |")
    assert changed != page
    assert [each.table for each in tables_of(changed) if each.name == "preset-resources"] != [made("preset-resources")]
    assert rewritten(changed, made, note) == page


def test_rows_of_another_table_do_not_get_below_a_marker() -> None:
    page = "<!-- figures: presets -->\n" + "\n".join(made("preset-resources").lines) + "\n"
    with pytest.raises(PageError, match=r"line 2: the table below the marker of presets is headed preset on vcu1525"):
        rewritten(page, made, note)


def test_a_marker_that_nobody_makes_is_refused() -> None:
    with pytest.raises(PageError, match=r"nothing makes preset \(valid: accuracy-mlp, "):
        rewritten("<!-- figures: preset -->\n| a |\n|---|\n| 1 |\n", made, note)


def test_a_marker_without_a_table_is_refused() -> None:
    with pytest.raises(PageError, match="no table on the line below the marker of presets"):
        rewritten("<!-- figures: presets -->\n\n| a |\n|---|\n", made, note)


def test_only_the_table_below_its_marker_is_written() -> None:
    other, wanted = Table(("a", "b"), (("x", "1"),)), Table(("a", "b"), (("x", "2"),))
    unmarked = "\n".join(other.lines)
    page = f"{unmarked}\n\n<!-- figures: mine -->\n{unmarked}\n"
    new = "\n".join(wanted.lines)
    assert rewritten(page, lambda name: wanted, note) == f"{unmarked}\n\n<!-- figures: mine -->\n{new}\n"


def test_what_stands_between_fences_is_no_table() -> None:
    assert tables_of("```\n| a |\n|---|\n| 1 |\n```\n") == []


@pytest.mark.parametrize(
    "cell", ["1", "12,345", "+0.7%", "−0.58 points", "**1.88**", "-0.29 ± 0.17", "≥ 4", "4 × 4", "`2:8`"]
)
def test_a_cell_that_starts_with_a_number_is_a_figure(cell: str) -> None:
    assert table(["a"], [[cell]]).has_figures


@pytest.mark.parametrize("cell", ["", "DDR4-2400", "`--limit` 20", "FP32", "layer1.0", "N:M", "-", "ceil(w / 72)"])
def test_a_cell_that_merely_holds_a_digit_is_none(cell: str) -> None:
    assert not table(["a"], [[cell]]).has_figures


def test_the_command_checks_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    shown = "\n".join(made("clock-coefficients").lines)
    page.write_text(f"<!-- figures: clock-coefficients -->\n{shown.replace('1.1', '1.2')}\n")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "pages", lambda: [page])
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().out == "differs: page.md\n"
    assert command.main([]) == 0
    assert page.read_text() == f"<!-- figures: clock-coefficients -->\n{shown}\n"
    assert command.main(["--check"]) == 0


def test_the_command_names_the_page_that_it_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- figures: nothing -->\n| a |\n|---|\n| 1 |\n")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "pages", lambda: [page])
    assert command.main([]) == 2
    assert capsys.readouterr().err.startswith("docs_tables: error: page.md: nothing makes nothing (valid: ")


def test_a_measurement_comes_back_as_it_was_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = stored.Measurement(
        "python -m x", "2026-01-02", "two cores", {"yosys": "1"}, {"t": table(["a", "b"], [[1, "−"]])}
    )
    monkeypatch.setattr(stored, "DATA", tmp_path)
    stored.write("x", kept)
    assert stored.data_names() == ("x",)
    assert stored.read("x") == kept


def test_the_line_of_a_measurement_is_written_below_its_marker() -> None:
    page = "<!-- measured: headline -->\nof old\n\ntext\n"
    assert rewritten(page, made, note) == f"<!-- measured: headline -->\n{stored.read('headline').note}\n\ntext\n"
