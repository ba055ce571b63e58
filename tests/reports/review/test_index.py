"""The small page of a run: its figures, its plots, the way to the whole page; it needs nothing from outside."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from heddle.dataflow.scheduler import Failure
from heddle.reports.plots.curves import TrainingCurve
from heddle.reports.plots.draw import plot_layers, plot_pareto, plot_roofline, plot_training
from heddle.reports.render import inline_plots
from heddle.reports.review.index import explore_index, step_index, training_index, write_index
from heddle.reports.runs.documents.exploration import ExplorationFacts

VOID = {"meta", "br", "link", "img", "input"}
FACTS = ExplorationFacts(
    workload="net",
    batch=8,
    recipe="bdwp",
    board="vcu1525",
    space="small",
    objectives=("time", "lut"),
    points=640,
    skipped={"does not fit the board": 128, "clock above its limit": 0},
    seconds=0.5,
    points_per_second=1280.0,
    resumed_points=0,
)


class Outline(HTMLParser):
    """What a page is made of: open and closed tags in order, ids, and the words that are not style."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.targets, self.words = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.targets += re.findall(r"#([\w.-]+)", " ".join(values.get(k) or "" for k in ("href", "xlink:href")))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


def outline(path):
    parser = Outline()
    parser.feed(path.read_text())
    parser.close()
    assert parser.open == []
    return parser


def words(path):
    return " ".join(" ".join(outline(path).words).split())


@pytest.fixture(scope="module")
def simulated(step, dense_step, board, tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    plots = plot_layers(step, folder) + plot_roofline(step, board, folder)
    return write_index(step_index(step, dense_step), plots, folder)


@pytest.fixture(scope="module")
def explored(front, sample, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explored")
    plots = plot_pareto(front, sample, FACTS.objectives, "net", folder)
    return write_index(explore_index(FACTS, front), plots, folder)


@pytest.fixture(scope="module")
def trained_page(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    curve = TrainingCurve("bdwp 2:8", [1, 2], [1.0, 0.5], [0.1, 0.1], [90.0, 95.5], [0.5, 0.25])
    return write_index(training_index(trained), plot_training([curve], "mlp", folder), folder)


def test_a_simulation_s_page_has_the_figures_and_the_dense_step_s(simulated):
    text = words(simulated)
    assert "Training step: net, batch 8, bdwp 2:8 on tiny (estimate)" in text
    assert "4 × 4 PEs at 100 MHz, 1 DRAM channel." in text
    assert "time of a step 100 µs 200 µs 2.00×" in text
    assert "of the energy: leakage and clock tree 7.50 µJ" in text


@pytest.mark.parametrize("page", ["simulated", "explored", "trained_page"])
def test_a_page_leads_to_the_whole_one_and_says_what_makes_it(page, request):
    path = request.getfixturevalue(page)
    assert "Make it, in this folder, with heddle report . " in words(path)
    assert str(path.parent) not in path.read_text()
    assert '<a href="report.html">' in path.read_text()


def test_a_step_alone_is_compared_with_nothing(step, tmp_path):
    for dense in (None, step):
        text = words(write_index(step_index(step, dense), [], tmp_path))
        assert "dense" not in text
        assert "Plots" not in text


def test_passes_that_cannot_be_mapped_are_named_first(step, tmp_path):
    failed = replace(step, failures=(Failure("conv9", "bp", "the smallest tile is too large"),))
    text = words(write_index(step_index(failed, None), [], tmp_path))
    assert "1 passes cannot be mapped and are missing from every figure here." in text
    assert "conv9, BP: the smallest tile is too large" in text


def test_a_step_without_passes_has_a_page(new_step, tmp_path):
    assert "time of a step 0 s" in words(write_index(step_index(new_step([]), None), [], tmp_path))


def test_an_exploration_s_page_has_the_best_designs_and_what_was_left_out(explored):
    text = words(explored)
    assert "640 designs of the space “small” evaluated" in text
    assert "3 of them are on the Pareto front over time, LUT" in text
    assert "least time 4.00 ms 32×64, 2:8, 225 MHz" in text
    assert "least LUT 134,104 8×8, 2:8, 225 MHz" in text
    assert "designs left out 128 does not fit the board" in text
    assert "clock above its limit" not in text
    assert "ccuracy" not in text


def test_measured_accuracies_are_on_the_page_with_their_source(front, tmp_path):
    measured = front.assign(accuracy=[95.0, 95.85, 94.25])
    facts = FACTS.model_copy(update={"objectives": ("time", "accuracy"), "accuracy_source": "mlp on <digits>"})
    text = words(write_index(explore_index(facts, measured), [], tmp_path))
    assert "highest accuracy 95.85 % 16×16, 2:8, 225 MHz" in text
    assert "Accuracy is measured, not simulated: mlp on <digits>. Designs of one sparsity share it." in text


def test_points_of_an_earlier_run_are_said_to_be_so(front, tmp_path):
    path = write_index(explore_index(FACTS.model_copy(update={"resumed_points": 600}), front), [], tmp_path)
    assert "designs 640 evaluated, 600 of them by earlier runs, 40 in 500 ms" in words(path)


def test_an_empty_front_has_a_page(front, tmp_path):
    text = words(write_index(explore_index(FACTS, front.iloc[:0]), [], tmp_path))
    assert "0 of them are on the Pareto front" in text
    assert "designs left out 128 does not fit the board" in text


def test_a_training_run_s_page_has_its_figures(trained_page):
    text = words(trained_page)
    assert "Training: mlp on digits, bdwp 2:8" in text
    assert "3 seeds of 30 epochs, float arithmetic." in text
    assert "test accuracy 95.50 ± 0.25 % 95.75 ± 0.50 % −0.25 ± 0.66 points" in text
    assert "time of a step 1.00 ms 1.85 ms 1.85× less" in text


def test_a_training_run_without_dense_runs_compares_nothing(trained, tmp_path):
    alone = replace(
        trained, dense_accuracies=(), dense_accuracy_mean=None, difference_mean=None, dense_step_time_s=None
    )
    text = words(write_index(training_index(replace(alone, dense_step_energy_j=None)), [], tmp_path))
    assert "compared" not in text
    assert "Plots" not in text


@pytest.mark.parametrize("page", ["simulated", "explored", "trained_page"])
def test_a_page_is_whole_and_needs_nothing_from_outside(page, request):
    path = request.getfixturevalue(page)
    html, parts = path.read_text(), outline(path)
    assert html.startswith('<!doctype html>\n<html lang="en">')
    assert "://" not in html
    assert not {"script", "link", "iframe", "img"} & set(parts.tags)
    assert not re.search(r"url\((?!#)", html)
    references = re.findall(r'href="(?!#)([^"]*)"', html)
    assert all(reference == "report.html" or reference.startswith("data:") for reference in references)
    assert "prefers-color-scheme: dark" in html


@pytest.mark.parametrize(("page", "plots"), [("simulated", 2), ("explored", 1), ("trained_page", 1)])
def test_a_page_s_plots_have_names_and_its_ids_are_unique(page, plots, request):
    parts = outline(request.getfixturevalue(page))
    assert parts.tags.count("svg") == plots
    assert parts.tags.count("desc") == plots
    assert len(parts.ids) == len(set(parts.ids))
    assert set(parts.targets) <= set(parts.ids)


@pytest.mark.parametrize("page", ["simulated", "explored", "trained_page"])
def test_every_table_has_column_and_row_headings(page, request):
    html = request.getfixturevalue(page).read_text()
    tables = re.findall(r"<table.*?</table>", html, re.DOTALL)
    assert tables
    assert all('<th scope="col"' in table and '<th scope="row"' in table for table in tables)


def test_names_are_escaped_everywhere(new_step, new_pass, board, tmp_path):
    evil = "<script>alert('&')</script>"
    step = new_step([new_pass(evil, "ff", "os", 100, 800)], network=evil, failures=(Failure(evil, "bp", evil),))
    plots = plot_layers(step, tmp_path) + plot_roofline(step, board, tmp_path)
    path = write_index(step_index(step, None), plots, tmp_path)
    assert "<script" not in path.read_text()
    assert evil in words(path)


def test_the_same_run_gives_the_same_page(step, dense_step, board, tmp_path):
    pages = [
        write_index(step_index(step, dense_step), plot_roofline(step, board, tmp_path), tmp_path).read_bytes()
        for _ in range(2)
    ]
    assert pages[0] == pages[1]


def test_plots_on_a_page_follow_the_reader_s_colours(step, tmp_path):
    (plot,) = inline_plots(plot_layers(step, tmp_path))
    assert plot.title == "Time by layer: net, batch 8, bdwp 2:8 on tiny (estimate)"
    assert "var(--ink)" in plot.svg
    assert "#24292f" not in plot.svg


def test_the_page_s_builder_loads_no_chart_library():
    heavy = {"pandas", "matplotlib", "pyarrow", "altair", "vl_convert"}
    code = f"import sys, heddle.reports.review.index; print(*{heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert run.stdout.split() == []
