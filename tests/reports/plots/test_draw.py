"""The plots: what they show, letter by letter, and that equal input gives equal bytes."""

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import image

from heddle.arch.design_io import load_design
from heddle.reports.plots.draw import (
    layers_figure,
    pareto_figures,
    plot_layers,
    plot_pareto,
    plot_roofline,
    roofline_figure,
)
from heddle.reports.plots.figures import plain
from heddle.reports.plots.pareto import best_for_both, knee, objective_pairs

TITLE = "net, batch 8, bdwp on vcu1525"


def names(paths):
    return [path.name for path in paths]


def plot_all(step, front, sample, board, folder):
    return (
        plot_pareto(front, sample, ("time", "energy", "lut"), TITLE, folder)
        + plot_layers(step, folder)
        + plot_roofline(step, board, folder)
    )


@pytest.fixture(scope="module")
def drawn(step, front, sample, board, tmp_path_factory):
    """Every plot of the example step and front, drawn once."""
    return plot_all(step, front, sample, board, tmp_path_factory.mktemp("plots"))


@pytest.fixture(scope="module")
def svg(drawn):
    """Each SVG by its stem; matplotlib leaves every string as a comment beside its outlines."""
    return {path.stem: path.read_text() for path in drawn if path.suffix == ".svg"}


def test_every_plot_is_written_as_svg_and_png(drawn):
    assert all(path.stat().st_size > 1000 for path in drawn)
    assert names(drawn[4:]) == ["layers.svg", "layers.png", "roofline.svg", "roofline.png"]


def test_each_other_objective_is_plotted_against_the_first(drawn):
    assert names(drawn[:4]) == [
        "pareto-time-energy.svg",
        "pareto-time-energy.png",
        "pareto-time-lut.svg",
        "pareto-time-lut.png",
    ]


def test_a_single_objective_is_plotted_against_time_or_energy():
    assert objective_pairs(["time"]) == [("time", "energy")]
    assert objective_pairs(["lut"]) == [("lut", "time")]


def test_a_pareto_plot_letters_its_ends_and_its_knee(svg):
    svg = svg["pareto-time-lut"]
    assert "A least time: 4.00 ms, 1,176,824 LUT (32×64, 2:8, 225 MHz)" in svg
    assert "B knee: 20.0 ms, 280,000 LUT (16×16, 2:8, 225 MHz)" in svg
    assert "C least LUT: 100 ms, 134,104 LUT (8×8, 2:8, 225 MHz)" in svg
    assert "3 designs on the front" in svg
    assert "6 of the explored points" in svg


def test_accuracy_is_plotted_with_the_best_designs_at_the_upper_end(front, sample, tmp_path):
    measured, others = front.assign(accuracy=[94.0, 95.0, 95.85]), sample.assign(accuracy=94.0)
    svg = plot_pareto(measured, others, ("time", "accuracy"), TITLE, tmp_path)[0].read_text()
    assert "upper left is better" in svg
    assert "accuracy, %" in svg
    assert "A least time, knee: 4.00 ms, 94.00 % accuracy (32×64, 2:8, 225 MHz)" in svg
    assert "B highest accuracy: 100 ms, 95.85 % accuracy (8×8, 2:8, 225 MHz)" in svg
    turned = plot_pareto(measured, others, ("accuracy", "lut"), TITLE, tmp_path)[0].read_text()
    assert "lower right is better" in turned
    assert "A highest accuracy, least LUT, knee: 95.85 % accuracy, 134,104 LUT" in turned


def test_one_design_that_is_best_in_both_has_one_letter(svg):
    line = "A least time, least energy, knee: 4.00 ms, 200 mJ (32×64, 2:8, 225 MHz)"
    assert line in svg["pareto-time-energy"]


def test_a_front_without_sample_or_with_equal_costs_is_plotted(front, sample, tmp_path):
    same = front.iloc[:1]
    assert len(plot_pareto(same, sample.iloc[:0], ("time", "uram"), TITLE, tmp_path)) == 2


def test_an_empty_front_has_no_plot(front, sample, tmp_path):
    assert plot_pareto(front.iloc[:0], sample, ("time", "lut"), TITLE, tmp_path) == []


costs = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=40)


@given(costs)
@settings(max_examples=80)
def test_the_line_of_a_plot_joins_what_nothing_beats_in_both(points):
    x, y = (np.array(column, float) for column in zip(*points, strict=True))
    kept = {points[index] for index in best_for_both(x, y)}
    unbeaten = {p for p in points if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)}
    assert kept == unbeaten
    assert len(best_for_both(x, y)) == len(unbeaten)


def test_the_knee_is_nearest_to_both_lowest_costs():
    assert knee(np.array([1.0, 2.0, 100.0]), np.array([100.0, 2.0, 1.0])) == 1
    assert knee(np.array([1.0, 2.0]), np.array([0.0, 0.0])) == 0


def test_the_layer_plot_names_layers_parts_and_shares(svg):
    for words in ("conv1", "fc", "FF (forward)", "exposed update", "70.0 %", "utilisation"):
        assert words in svg["layers"]


def test_above_the_limit_of_rows_the_fastest_layers_are_one(new_step, new_pass, tmp_path, monkeypatch):
    monkeypatch.setattr("heddle.reports.plots.layers.MAX_ROWS", 4)
    step = new_step(new_pass(f"conv{i}", "ff", "os", 1000 + i, 800) for i in range(9))
    svg = plot_layers(step, tmp_path)[0].read_text()
    assert "6 faster layers" in svg
    assert "<!-- conv5 -->" not in svg
    assert "<!-- conv6 -->" in svg
    assert "66.6 % ▸" in svg  # longer than all others together: it leaves the axes and does not squeeze them


def test_a_sign_that_no_font_has_is_a_number_and_no_box():
    assert plain("层1 $x") in ("层1 \\$x", "[U+5C42]1 \\$x")
    assert plain("\U000fffff") == "[U+FFFFF]"


def test_the_roofline_names_its_roof_and_the_slowest_passes(svg):
    assert "array peak 3.20 GFLOP/s" in svg["roofline"]
    assert "A fc, WU OS: 30.0 % of the time, 11.7 FLOP/B, 3.20 GFLOP/s" in svg["roofline"]


def test_the_roofline_says_where_memory_has_no_limit(new_step, new_pass, board, tmp_path):
    step = new_step([new_pass("a", "ff", "os", 100, 800)], design=load_design("ideal-32x32"))
    assert "DRAM not limited" in plot_roofline(step, board, tmp_path)[0].read_text()


def test_a_step_of_no_cycles_has_no_plots(new_step, board, tmp_path):
    assert plot_layers(new_step([]), tmp_path) == []
    assert plot_roofline(new_step([]), board, tmp_path) == []
    assert layers_figure(new_step([])) is None
    assert roofline_figure(new_step([]), board) is None


def test_the_same_input_gives_the_same_bytes(drawn, step, front, sample, board, tmp_path):
    again = plot_all(step, front, sample, board, tmp_path)
    assert names(again) == names(drawn)
    assert all(one.read_bytes() == two.read_bytes() for one, two in zip(again, drawn, strict=True))


def test_a_person_s_own_plot_settings_change_nothing(drawn, step, board, tmp_path):
    with mpl.rc_context({"font.size": 20.0, "lines.linewidth": 9.0, "savefig.dpi": 20}):
        again = plot_roofline(step, board, tmp_path)
    assert again[0].read_bytes() == drawn[-2].read_bytes()


def test_a_figure_keeps_its_style_where_it_is_saved_later(step, front, sample, board, drawn, tmp_path):
    figures = [
        *pareto_figures(front, sample, ("time", "energy", "lut"), TITLE),
        layers_figure(step),
        roofline_figure(step, board),
    ]
    assert [figure.stem for figure in figures] == [path.stem for path in drawn if path.suffix == ".svg"]
    with mpl.rc_context({"font.size": 20.0, "lines.linewidth": 9.0, "savefig.dpi": 20}):
        figures[-1].savefig(tmp_path / "later.png", dpi=150)
    later, written = (image.imread(path) for path in (tmp_path / "later.png", drawn[-1]))
    assert np.array_equal(later, written)


def test_a_formula_in_a_layer_s_name_is_drawn_as_it_stands(new_step, new_pass, board, tmp_path):
    step = new_step([new_pass("$\\frac", "ff", "os", 100, 800)], network="$x_{")
    assert len(plot_layers(step, tmp_path) + plot_roofline(step, board, tmp_path)) == 4
