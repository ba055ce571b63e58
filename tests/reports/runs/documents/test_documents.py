"""Each JSON document of a run folder: what is written is read again, and whatever is wrong with it is one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from run_folders import synth_document, train_document, verify_document

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.document import Document
from heddle.arch.errors import HeddleError
from heddle.arch.provenance import Provenance, write_provenance
from heddle.arch.toml_file import check_model
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import step_work
from heddle.dataflow.zoo import zoo_network
from heddle.reports.runs.documents.schedule import ScheduleDocument
from heddle.reports.runs.documents.step import StepTotals
from heddle.reports.runs.documents.synthesis import YosysSynthesis
from heddle.reports.runs.documents.training import TrainingDocument
from heddle.reports.runs.documents.verification import Verification
from heddle.sim.estimate import estimate

TINY = load_design("tiny")


def documents(folder: Path) -> list[Document]:
    board = load_board(TINY.board)
    work = step_work(zoo_network("mlp"), recipe_named("bdwp"), TINY, board, StepOptions(batch=4))
    schedule = schedule_step(work.step, TINY, board, "auto")
    return [
        Provenance.read(write_provenance(folder, inputs={}, started=datetime.now(UTC), seconds=1.0)),
        ScheduleDocument.of(schedule, work),
        StepTotals.of(estimate(work.step, TINY, board)),
        check_model(YosysSynthesis, synth_document(TINY), "synth"),
        check_model(TrainingDocument, train_document(TINY), "train"),
        check_model(Verification, verify_document(TINY), "verify"),
    ]


def test_what_is_written_is_read_again_and_a_wrong_key_is_one_line(tmp_path: Path) -> None:
    for document in documents(tmp_path):
        path = document.write(tmp_path / "document.json")
        assert type(document).read(path) == document
        whole = json.loads(path.read_text())
        path.write_text(json.dumps(whole | {"unheard_of": 1}))
        with pytest.raises(HeddleError, match=rf"^{path}: unknown key 'unheard_of' \(valid: "):
            type(document).read(path)
        last = list(whole)[-1]
        path.write_text(json.dumps({key: value for key, value in whole.items() if key != last}))
        with pytest.raises(HeddleError, match=rf"^{path}: missing key '{last}'$"):
            type(document).read(path)
