"""Pages from templates: names in their tables."""

from dataclasses import replace

import reviews

from heddle.reports.review.page import review_html


def test_a_name_in_a_table_may_break_behind_each_of_its_parts():
    part = reviews.step_part()
    passes = tuple(replace(item, layer="layer2.0.down<sample") for item in part.result.passes)
    step = replace(part, result=replace(part.result, passes=passes))
    html = review_html(replace(reviews.full_review(), step=step))
    assert '<th scope="row" class="name">layer2.<wbr>0.<wbr>down&lt;sample</th>' in html
