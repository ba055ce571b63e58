"""The figures of a page, as JSON."""

from __future__ import annotations

from dataclasses import replace

from reviews import full_review

from heddle.reports.runs.documents.figures import Figures
from heddle.synth.vivado.reports import Slack

NOTHING = Slack(None, None, None, None)


def test_the_figures_are_those_of_the_page() -> None:
    review = full_review()
    figures = Figures.of(review)
    assert review.step is not None
    assert review.agreement is not None
    assert review.vivado is not None
    assert figures.step is not None
    assert figures.step.time_s == review.step.result.time_s
    assert figures.agreement is not None
    assert figures.agreement.cases == len(review.agreement.rows)
    assert [each.accuracy_mean for each in figures.training] == [each.accuracy_mean for each in review.training]
    assert figures.vivado is not None
    lut = review.vivado.utilisation[0].lut
    assert lut is not None
    assert figures.vivado.utilisation[0].lut == lut.used
    assert figures.vivado.timing[0].setup.worst_ns == review.vivado.timing[0].setup.worst_ns
    assert [each.total_w for each in figures.vivado.power] == [each.total_w for each in review.vivado.power]


def test_a_timing_summary_without_a_timed_path_says_so() -> None:
    review = full_review()
    assert review.vivado is not None
    timed = review.vivado.timing[0]
    untimed = replace(timed, met=None, setup=NOTHING, hold=NOTHING, pulse_width=NOTHING)
    figures = Figures.of(replace(review, vivado=replace(review.vivado, timing=(timed, untimed))))
    assert figures.vivado is not None
    assert [(each.met, each.times_a_path) for each in figures.vivado.timing] == [(timed.met, True), (None, False)]


def test_what_is_not_there_has_no_figures() -> None:
    bare = replace(full_review(), step=None, front=None, agreement=None, training=(), vivado=None)
    assert Figures.of(bare) == Figures(step=None, designs_on_front=None, agreement=None, training=(), vivado=None)
