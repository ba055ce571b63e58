"""The schedule document: its text is that of every product by itself."""

from __future__ import annotations

import json

from samples import BOARD, TINY, conv, network_of

from heddle.arch.json_file import json_text
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import step_work
from heddle.reports.runs.documents.schedule import ProductEntry, schedule_text


def test_the_text_of_a_schedule_is_that_of_every_product_by_itself() -> None:
    strided = [conv(name=f"c{at}", channels=(8, 8), stride=2) for at in range(3)]
    work = step_work(network_of(*strided), recipe_named("bdwp"), TINY, BOARD, StepOptions(1))
    schedule = schedule_step(work.step, TINY, BOARD)
    text = "".join(schedule_text(schedule, work))
    passes = [ProductEntry.of(row).model_dump(mode="json", by_alias=True) for row in schedule.rows]
    assert len(passes) == 3 * (1 + 4 + 1)
    assert json_text(json.loads(text) | {"passes": passes}) == text
    assert [entry["layer"] for entry in passes[:4]] == ["c0", "c1", "c2", "c2"]
    assert schedule.frame()["layer"].tolist() == [entry["layer"] for entry in passes]
