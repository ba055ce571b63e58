"""What all plots share: axes, names, and files without a date."""

import numpy as np
import pytest

from heddle.reports.plots.figures import elided, engineering_axis, new_plot, plain, save


def test_long_names_lose_their_middle():
    assert elided("conv1", 10) == "conv1"
    assert (
        elided("encoder.layer.11.attention.output.dense", 30)
        == "encoder.la…tention.output.dense"[:10] + "…" + ("encoder.layer.11.attention.output.dense"[-19:])
    )
    assert len(elided("x" * 200, 30)) == 30


def test_dollars_are_no_formulas_and_lines_are_joined():
    assert plain("a$b$\nc") == r"a\$b\$ c"


@pytest.mark.parametrize(("values", "scale"), [([1.0, 2.0], "linear"), ([1.0, 100.0], "log"), ([0.0, 9.0], "linear")])
def test_an_axis_is_logarithmic_where_the_values_span_much(values, scale):
    with new_plot("empty", 4.0, "title", "subtitle") as figure:
        axes = figure.add_subplot()
        engineering_axis(axes, "x", np.array(values), "s")
        assert axes.get_xscale() == scale


def test_a_figure_is_saved_as_svg_and_png_without_a_date(tmp_path):
    with new_plot("empty", 2.0, "A title", "subtitle") as plot:
        plot.description = "What it <shows>"
    paths = save([plot], tmp_path)
    assert [path.name for path in paths] == ["empty.svg", "empty.png"]
    svg = paths[0].read_text()
    assert "<title>A title</title>" in svg
    assert "What it &lt;shows&gt;" in svg
    assert "dc:date" not in svg
    assert paths[1].read_bytes().startswith(b"\x89PNG")
