"""Each JSON document of the tool: what is written is read again, and whatever is wrong with it is one line."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from pydantic import BaseModel
from reviews import full_review, vivado_reports
from run_folders import accelerator_document, synth_document, train_document, verify_document

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override
from heddle.arch.document import Document
from heddle.arch.errors import HeddleError
from heddle.arch.provenance import Provenance, write_provenance
from heddle.arch.toml_file import check_model
from heddle.dataflow.network_choice import NetworkChoice
from heddle.dataflow.program.step_program import step_program
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import StepWork, step_work
from heddle.dataflow.zoo import zoo_network
from heddle.dse.explore import Exploration
from heddle.dse.measured_accuracy import Accuracies
from heddle.dse.request import ExploreRequest
from heddle.dse.space import load_space
from heddle.hls.emit import emit_block
from heddle.hls.generate import sore_block
from heddle.hls.manifest import manifest
from heddle.reports.review.compare import Side, compare
from heddle.reports.runs.documents.comparison import ComparisonDocument
from heddle.reports.runs.documents.exploration import ExplorationDocument
from heddle.reports.runs.documents.program import ImageRow, PrintedProgram, ProgramDocument
from heddle.reports.runs.documents.review import ReviewDocument
from heddle.reports.runs.documents.schedule import ScheduleDocument, schedule_text
from heddle.reports.runs.documents.step import StepDocument, StepTotals, step_text
from heddle.reports.runs.documents.synthesis import YosysSynthesis, read_synthesis_document, vivado_synthesis
from heddle.reports.runs.documents.training import TrainingDocument
from heddle.reports.runs.documents.verification import AcceleratorVerification, Verification
from heddle.reports.runs.work_file import exploration_file, step_file
from heddle.sim.estimate import estimate

TINY = load_design("tiny")
BOARD = load_board(TINY.board)
MLP = NetworkChoice("mlp", batch=4)


def found(accuracies: Accuracies | None) -> Exploration:
    """An exploration whose front has the first point of its space."""
    request = ExploreRequest(
        network=zoo_network("mlp"),
        batch=MLP.batch,
        recipe=recipe_named("bdwp"),
        board=BOARD,
        space=load_space("small"),
        accuracies=accuracies,
    )
    costs = {"point": 0, "time_s": 0.5, "energy_j": 2.0, "lut": 9, "ff": 8, "dsp": 7, "bram36": 6, "uram": 5}
    front = pd.DataFrame([costs | ({"accuracy": 90.5} if accuracies else {})])
    return Exploration(request, 640, {"does not fit the board": 128}, 0.5, front, front, 0)


def printed_program(work: StepWork) -> PrintedProgram:
    """The document of a step's program, with an image."""
    image = ImageRow(file="memory.bin", seed=0, weights=None)
    return PrintedProgram.beside(ProgramDocument.of(step_program(work), image, ("a note",)), [Path("program.bin")])


@cache
def documents() -> tuple[Document, ...]:
    """A sample of every document that is a file or is printed; an exploration's with accuracies and without."""
    work = step_work(zoo_network("mlp"), recipe_named("bdwp"), TINY, BOARD, StepOptions(batch=MLP.batch))
    schedule, result = schedule_step(work.step, TINY, BOARD, "auto"), estimate(work.step, TINY, BOARD)
    measured = found(Accuracies(dict.fromkeys(load_space("small").sparsities, 90.5), "mlp on digits"))
    other = override(TINY, {"array.rows": 8})
    sides = [
        Side("a", TINY, BOARD, result, result, {"batch": "4"}),
        Side("b", other, BOARD, None, None, {"batch": "8"}),
    ]
    return (
        ScheduleDocument.model_validate_json("".join(schedule_text(schedule, work))),
        StepTotals.of(result),
        StepDocument.model_validate_json("".join(step_text(result, result, work.notes, "the model"))),
        step_file(MLP, None, work),
        exploration_file(MLP, "vcu1525", measured),
        ExplorationDocument.of(measured),
        ExplorationDocument.of(found(None)),
        check_model(YosysSynthesis, synth_document(TINY), "synth"),
        vivado_synthesis(TINY, BOARD, vivado_reports(), ("sore",)),
        check_model(TrainingDocument, train_document(TINY), "train"),
        printed_program(work),
        check_model(Verification, verify_document(TINY), "verify"),
        check_model(AcceleratorVerification, accelerator_document(TINY), "verify"),
        manifest(TINY, [emit_block(sore_block(TINY)).description], "top", ["top.v"]),
        ReviewDocument.of(Path("report.html"), full_review(), ("step",), ["odd.rpt: no table"]),
        ComparisonDocument.of(Path("comparison.html"), compare(*sides)),
    )


@pytest.fixture
def provenance(tmp_path: Path) -> Provenance:
    return Provenance.read(write_provenance(tmp_path, inputs={}, started=datetime.now(UTC), seconds=1.0))


def test_what_is_written_is_read_again(provenance: Provenance, tmp_path: Path) -> None:
    for document in (provenance, *documents()):
        path = document.write(tmp_path / "document.json")
        assert type(document).read(path) == document
        assert type(document).read(path).text() == path.read_text()


def test_an_unknown_key_and_a_missing_one_are_each_one_line(provenance: Provenance, tmp_path: Path) -> None:
    for document in (provenance, *documents()):
        path = document.write(tmp_path / "document.json")
        whole = json.loads(path.read_text())
        path.write_text(json.dumps(whole | {"xyzzy": 1}))
        with pytest.raises(HeddleError, match=rf"^{path}: unknown key 'xyzzy' \(valid: "):
            type(document).read(path)
        last = [name for name, field in type(document).model_fields.items() if field.is_required()][-1]
        path.write_text(json.dumps({key: value for key, value in whole.items() if key != last}))
        with pytest.raises(HeddleError, match=rf"^{path}: missing key '{last}'$"):
            type(document).read(path)


def test_a_synthesis_is_read_as_that_of_its_tool(tmp_path: Path) -> None:
    for document in documents():
        if "hierarchy" in type(document).model_fields or isinstance(document, YosysSynthesis):
            assert read_synthesis_document(document.write(tmp_path / "synth.json")) == document


def test_accuracy_is_a_key_only_where_it_was_measured() -> None:
    measured, plain = (json.loads(each.text()) for each in documents() if isinstance(each, ExplorationDocument))
    assert measured["accuracy_source"] == "mlp on digits"
    assert measured["pareto"][0]["accuracy"] == 90.5
    assert "accuracy_source" not in plain
    assert "accuracy" not in plain["pareto"][0]


def test_every_document_of_the_tool_has_a_sample_here() -> None:
    covered = {Provenance, *map(type, documents())}
    reached = {model for each in covered for base in each.__mro__ for model in (base, *parts(base))}
    assert {model.__name__ for model in descendants(Document) if model not in reached} == set()


def descendants(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for below in model.__subclasses__():
        if below.__module__.startswith("heddle."):
            yield below
            yield from descendants(below)


def parts(model: type) -> Iterator[type[BaseModel]]:
    """The models that the fields of ``model`` hold, however deep."""
    fields = model.model_fields.values() if issubclass(model, BaseModel) else ()
    pending: list[object] = [field.annotation for field in fields]
    while pending:
        annotation = pending.pop()
        pending += typing.get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
            yield from parts(annotation)
