"""The charts of a review: their rows, their texts, and what they leave out."""

import re
from dataclasses import replace

import pandas as pd
import pytest
import reviews
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.reports.review import chart_timeline
from heddle.reports.review import step_view as step_view_module
from heddle.reports.review.chart_energy import energy_figure
from heddle.reports.review.chart_front import front_figure
from heddle.reports.review.chart_modules import modules_figure, resource_uses
from heddle.reports.review.chart_roofline import roofline_figure, roofline_rows
from heddle.reports.review.chart_time import time_figure, waiting_figure
from heddle.reports.review.chart_timeline import drawn_spans, overview_figure, timeline_figure, timeline_rows
from heddle.reports.review.content import EnergyLine, ModuleRow
from heddle.reports.review.front_section import front_section
from heddle.reports.review.front_view import MAX_DESIGNS, front_view
from heddle.reports.review.hardware_rows import agreement_text, module_texts
from heddle.reports.review.page import review_html
from heddle.reports.review.share_rows import design_rows, work_rows
from heddle.reports.review.step_view import step_view
from heddle.reports.review.vega import log_ticks
from heddle.reports.step_rows import schedule_rows
from heddle.reports.units import seconds
from heddle.sim.spans import Span


def rows_of(figure, name):
    return next(data["values"] for data in figure.document["data"] if data["name"] == name)


def texts_of(figure):
    return re.findall(r"<text[^>]*>([^<]*)</text>", figure.svg)


@pytest.fixture(scope="module")
def part():
    return reviews.step_part()


def test_the_bars_of_time_sum_to_the_step(part):
    figure = time_figure(part.result)
    rows = rows_of(figure, "time")
    assert sum(row["time_s"] for row in rows) == pytest.approx(part.result.time_s)
    assert list(dict.fromkeys(row["layer"] for row in rows)) == ["conv1", "conv2", "fc"]
    assert [entry.label for entry in figure.legend][:3] == ["FF", "BP", "WU"]
    assert "The slowest is conv2" in figure.description
    assert "conv2" in texts_of(figure)


def test_a_step_of_no_time_has_no_charts(part):
    empty = replace(part.result, passes=(), cycles=0.0)
    assert time_figure(empty) is None
    assert waiting_figure(empty) is None
    assert roofline_figure(empty, reviews.BOARD) is None
    assert timeline_figure(()) is None
    assert overview_figure(()) is None
    assert energy_figure(()) is None
    assert modules_figure((), reviews.BOARD) is None


def test_the_array_s_time_is_computing_and_waiting(part):
    rows = rows_of(waiting_figure(part.result), "waiting")
    computing = sum(row["time_s"] for row in rows if row["part"] == "computing")
    assert computing == pytest.approx(part.result.compute_cycles / part.result.design.clock_hz)
    assert sum(row["time_s"] for row in rows) == pytest.approx(part.result.time_s)
    estimated = replace(part.result, passes=tuple(replace(item, stall_cycles={}) for item in part.result.passes))
    assert waiting_figure(estimated) is None


def test_every_array_pass_is_on_the_roofline_and_none_above_its_roof(part):
    figure = roofline_figure(part.result, reviews.BOARD)
    marks = rows_of(figure, "passes")
    assert len(marks) == sum(item.on_array for item in part.result.passes)
    assert all(float(mark["of_bound"].removesuffix(" %")) <= 100.0 for mark in marks)
    labels = texts_of(figure)
    assert "array peak 25.6 GFLOP/s" in labels
    assert "DRAM of the board 76.8 GB/s" in labels
    assert any(label.startswith("DRAM of the design") for label in labels)
    assert [row.share for row in roofline_rows(part.result, reviews.BOARD)] == [mark["percent"] for mark in marks]


def test_a_design_without_a_memory_limit_has_only_the_peak_s_roof(part):
    memory = part.result.design.memory.model_copy(update={"unlimited": True})
    result = replace(part.result, design=part.result.design.model_copy(update={"memory": memory}))
    labels = texts_of(roofline_figure(result, reviews.BOARD))
    assert "array peak 25.6 GFLOP/s" in labels
    assert not any(label.startswith("DRAM") for label in labels)


def test_the_timeline_has_a_bar_for_each_span_that_lasts(part):
    rows = rows_of(timeline_figure(part.spans), "spans")
    lasting = [span for span in part.spans if span.end_s > span.start_s]
    assert [(row["track"], row["layer"], row["start_s"], row["end_s"]) for row in rows] == [
        (span.track, span.layer, span.start_s, span.end_s) for span in lasting
    ]
    assert all(len(row.busy) == 5 for row in timeline_rows(part.spans))


@settings(max_examples=20)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_of_many_spans_the_longest_are_drawn_in_their_order(lengths):
    spans = [Span("load", "a", "ff", float(n), float(n + length), 0.0) for n, length in enumerate(lengths)]
    limit = chart_timeline.MAX_SPANS
    try:
        chart_timeline.MAX_SPANS = 10
        drawn = drawn_spans(spans)
    finally:
        chart_timeline.MAX_SPANS = limit
    lasting = [span for span in spans if span.end_s > span.start_s]
    assert len(drawn) == min(len(lasting), 10)
    assert drawn == sorted(drawn, key=lambda span: span.start_s)
    shortest = min((span.end_s - span.start_s for span in drawn), default=0.0)
    assert all(span in drawn or span.end_s - span.start_s <= shortest for span in lasting)


def test_a_row_of_the_timeline_joins_a_pass_s_engines():
    spans = (
        Span("passes", "a", "ff", 0.0, 2.0, 2.0),
        Span("load", "a", "ff", 0.0, 1.0, 0.5),
        Span("compute", "a", "ff", 0.5, 2.0, 1.5),
        Span("update", "a", "update", 2.0, 3.0, 1.0),
    )
    first, second = timeline_rows(spans)
    assert (first.pass_name, first.start, first.end) == ("FF", "0 s", "2.00 s")
    assert first.busy == ("500 ms", "1.50 s", "", "", "")
    assert (second.pass_name, second.busy) == ("update", ("", "", "", "1.00 s", ""))


def test_energy_bars_are_largest_first_with_the_bounds_of_their_uncertainty():
    lines = (EnergyLine("a", 1.0, 0.5, "model"), EnergyLine("b", 3.0, None, "Vivado"), EnergyLine("c", 0.0, 0.1, "-"))
    first, second = rows_of(energy_figure(lines), "energy")
    assert (first["part"], first["low_j"], first["uncertainty"]) == ("b", None, "unknown")
    assert (second["part"], second["low_j"], second["high_j"], second["uncertainty"]) == ("a", 0.5, 1.5, "±50 %")


def test_shares_of_the_board_are_those_of_its_parts_and_not_of_their_modules():
    rows = reviews.hardware_part().rows
    figure = modules_figure(rows, reviews.BOARD)
    bars = [row for row in rows_of(figure, "modules") if row["resource"] == "LUT"]
    uses = {use.resource: use for use in resource_uses(rows, reviews.BOARD)}
    assert sum(row["share"] for row in bars) == pytest.approx(uses["lut"].share)
    assert uses["lut"].used == sum(row.amounts["lut"] for row in rows if not row.parent)
    assert [entry.label for entry in figure.legend] == [
        "array", "buffers", "SORE", "WUVE", "vector unit", "DRAM controllers", "other",
    ]  # fmt: skip


def test_modules_stand_behind_their_part_and_those_of_no_part_last():
    amounts = {"lut": 1.0}
    rows = [
        ModuleRow("lost", "nowhere", 1, amounts, "yosys"),
        ModuleRow("a1", "a", 2, amounts, "yosys"),
        ModuleRow("a", "", 1, amounts, "yosys"),
        ModuleRow("b", "", 1, amounts, "Vivado"),
    ]
    texts = module_texts(rows)
    assert [text.name for text in texts] == ["a", "a1", "b", "lost"]
    assert texts[1].amounts == ("1", "", "", "", "", "")


def test_a_front_s_marks_hold_the_cells_of_the_table():
    view = front_view(reviews.front_part())
    figure = front_figure(view, reviews.facts())
    designs = rows_of(figure, "designs")
    assert len(designs) == len(view.rows) == 24
    headings = [*view.design_headings, *view.cost_headings]
    assert headings == ["array", "N:M", "dataflows", "time", "energy", "LUT", "FF", "DSP", "BRAM36", "URAM"]
    assert [designs[0][key] for key in ("d0", "d1", "d2", "c0")] == [*view.rows[0].design, view.rows[0].costs[0]]
    assert [axis.title for axis in view.axes] == ["time", "energy", "LUT", "FF", "DSP", "BRAM36"]
    assert (view.across, view.axes[view.up].title) == (0, "LUT")
    assert [(facet.heading, facet.values) for facet in view.facets] == [
        ("N:M", ("1:8", "2:8", "4:8")),
        ("dataflows", ("os+ws", "ws")),
    ]
    assert [limit.heading for limit in view.limits] == ["time", "energy", "LUT"]
    assert [entry.label for entry in figure.legend] == ["N:M 1:8", "N:M 2:8", "N:M 4:8"]


def test_every_design_lies_within_its_axes():
    view = front_view(reviews.front_part())
    for axis in view.axes:
        assert all(axis.low < row.values[axis.column] < axis.high for row in view.rows)


def test_a_front_of_one_design_has_axes_around_it():
    part = reviews.front_part()
    one = replace(part, front=part.front.iloc[:1], toml=part.toml[:1])
    section = front_section(one)
    assert section.figure is not None
    assert [axis.title for axis in section.view.axes] == ["time", "energy"]
    assert (section.view.across, section.view.up) == (0, 1)
    assert section.view.facets == section.view.limits == ()
    assert all(axis.low < axis.high for axis in section.view.axes)
    assert front_section(replace(part, front=part.front.iloc[:0], toml=())) is None


def test_a_large_front_is_spread_and_the_design_picked_is_kept():
    part = reviews.front_part()
    front = pd.concat([part.front] * 100, ignore_index=True)
    view = front_view(replace(part, front=front, toml=part.toml * 100, picked=1234))
    assert (view.size, len(view.rows) in (MAX_DESIGNS, MAX_DESIGNS + 1)) == (2400, True)
    assert 1234 in [row.row for row in view.rows]
    assert view.rows[-1].row == 2399


def test_the_schedule_has_a_row_for_each_product(part):
    rows = schedule_rows(part.schedule)
    assert len(rows) == 9
    assert {row.dataflow for row in rows} <= {"OS", "WS"}
    assert rows[0].size == "256×72×16"


def test_work_is_compared_with_the_dense_step(part):
    rows = work_rows(part.result, part.dense)
    assert sum(row.share for row in rows) == pytest.approx(1.0)
    assert rows[0].name == "FF on the array"
    assert float(rows[0].ratio.removesuffix("×")) > 3
    assert {row.dense for row in work_rows(part.result, None)} == {""}
    assert rows[0].value == seconds(rows[0].share * part.result.time_s)


def test_a_design_s_values_say_what_is_idealised():
    ideal = reviews.SMALL.model_copy(
        update={
            "array": reviews.SMALL.array.model_copy(update={"drain": "direct"}),
            "memory": reviews.SMALL.memory.model_copy(update={"unlimited": True}),
        }
    )
    values = {row.name: row.value for row in design_rows(ideal)}
    assert values["results leave"] == "a wire for every PE (idealised)"
    assert values["DRAM channels"] == "unlimited (idealised)"


@pytest.mark.parametrize(
    ("rtl", "sim", "expected"),
    [(1000, 1010, "+10 (1.0 %)"), (1000, 990, "−10 (1.0 %)"), (1000, 1000, "0"), (1000, None, ""), (None, None, "")],
)
def test_a_difference_has_its_sign_and_its_share(rtl, sim, expected):
    row = replace(reviews.agreement_part().rows[0], rtl_cycles=rtl, sim_cycles=sim)
    assert agreement_text(row).difference == expected


@settings(max_examples=50)
@given(st.floats(-12, 12), st.floats(0.1, 9))
def test_a_logarithmic_axis_has_a_few_ticks_within_its_range(exponent, decades):
    low, high = 10.0**exponent, 10.0 ** (exponent + decades)
    ticks = log_ticks(low, high)
    assert all(low <= tick <= high for tick in ticks)
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= 12
    assert decades < 0.3 or ticks


def test_a_long_table_is_cut_and_says_how_much_is_left_out(part, monkeypatch):
    monkeypatch.setattr(step_view_module, "MAX_ROWS", 5)
    view = step_view(part, reviews.BOARD)
    assert (len(view.passes.rows), view.passes.hidden, view.passes.size) == (5, 9, 14)
    assert (view.layers.hidden, view.layers.size) == (0, 4)
    assert "The last 9 rows are left out." in review_html(replace(reviews.bare_review(), step=part))


def test_of_many_layers_only_some_are_named(part):
    passes = tuple(replace(item, layer=f"{block}.{item.layer}") for block in range(30) for item in part.result.passes)
    figure = time_figure(replace(part.result, passes=passes, cycles=30 * part.result.cycles))
    assert len({row["layer"] for row in rows_of(figure, "time")}) == 90
    assert 10 < sum("." in text for text in texts_of(figure)) <= 60
