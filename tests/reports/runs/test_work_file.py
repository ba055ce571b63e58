"""``work.json``: what it brings back is what ran, and whatever is wrong with it is one line."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper
from onnx_models import model_of, weight

from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.cli.options.shared import MachineOptions, NetworkOptions, PassOptions, TrainingOptions
from heddle.cli.work import load_work, network_choice
from heddle.dataflow.work import StepWork
from heddle.reports.review.missing import STEP, Commands
from heddle.reports.runs.work_file import WORK_NAME, WorkFile, saved_work, step_file

TOPOLOGY = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"


def work_of(network: NetworkOptions, **words: Any) -> StepWork:
    training = TrainingOptions(optimizer=words.get("optimizer", "sgd"), pregenerate=words.get("pregenerate", True))
    passes = PassOptions(passes=words.get("passes", "ff,bp,wu,update"), dataflow=words.get("dataflow", "auto"))
    passes = replace(passes, minimise=words.get("minimise", "time"))
    return load_work(network, training, passes, MachineOptions(design="tiny"))


def written(folder: Path, network: NetworkOptions, **words: Any) -> tuple[StepWork, WorkFile]:
    work = work_of(network, **words)
    return work, WorkFile.read(step_file(network_choice(network), None, work).write(folder / WORK_NAME))


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (NetworkOptions(workload="mlp"), {}),
        (NetworkOptions(workload="mlp", batch=3, image_size=8, classes=7), {"optimizer": "adam"}),
        (NetworkOptions(workload="bert-base", batch=1, sequence_length=16), {"pregenerate": False}),
        (NetworkOptions(workload="mlp"), {"passes": "ff,wu", "dataflow": "ws", "minimise": "edp"}),
    ],
)
def test_the_work_that_is_read_is_the_work_that_was_written(
    network: NetworkOptions, words: dict[str, Any], tmp_path: Path
) -> None:
    work, saved = written(tmp_path, network, **words)
    assert saved_work(saved, saved.step_design) == work


def test_the_inputs_of_an_onnx_file_are_kept_and_named_again(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"], "m")]
    model = tmp_path / "m.onnx"
    model.write_bytes(model_of(nodes, [weight("w", 8, 8)], {"x": ["rows", 2, 8]}).SerializeToString())
    network = NetworkOptions(workload=str(model), batch=4, input=["x=6x2x8"], batch_axis=["1"])
    work, saved = written(tmp_path, network)
    assert saved_work(saved, saved.step_design) == work
    assert (saved.inputs, saved.batch_axis, saved.no_batch) == (("x=6x2x8",), ("1",), False)
    command = Commands(tmp_path, "tiny", work.design, saved).of(STEP)
    assert " --batch 4 --input x=6x2x8 --batch-axis 1 --recipe bdwp " in command


def test_the_same_work_gives_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written(tmp_path / name, NetworkOptions(workload="mlp"))
        contents.append((tmp_path / name / WORK_NAME).read_bytes())
    assert contents[0] == contents[1]


def test_a_network_whose_file_has_changed_is_not_run(tmp_path: Path) -> None:
    topology = tmp_path / "net.csv"
    topology.write_text(TOPOLOGY + "conv, 8, 8, 3, 3, 8, 8, 1,\n")
    _, saved = written(tmp_path, NetworkOptions(workload=str(topology)))
    topology.write_text(TOPOLOGY + "conv, 8, 8, 3, 3, 8, 16, 1,\n")
    with pytest.raises(HeddleError, match=r"^workload '.*net\.csv' has changed since \(its SHA-256 is another one\)$"):
        saved_work(saved, saved.step_design)
    topology.unlink()
    with pytest.raises(HeddleError, match=r"net\.csv: there is no such file"):
        saved_work(saved, saved.step_design)


def document(folder: Path) -> dict[str, Any]:
    written(folder, NetworkOptions(workload="mlp"))
    return json.loads((folder / WORK_NAME).read_text())


DAMAGES = {
    "another version": ({"version": 2}, "is of version 2, and this heddle reads version 1; run it again"),
    "no version": ({"version": None}, "is no work file of heddle (it names no version and workload)"),
    "a batch that is no number": ({"batch": "many"}, "batch: must be a valid integer, got 'many'"),
    "an unknown key": ({"bacth": 3}, "unknown key 'bacth'; did you mean 'batch'? (valid: version, "),
    "neither step nor exploration": ({"step": None}, "must hold either 'step' or 'exploration'"),
    "an unknown pass": ({"step": {"passes": ["fff"]}}, "step.design"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_file_that_holds_something_else_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    change, message = DAMAGES[name]
    path = tmp_path / WORK_NAME
    path.write_text(json.dumps(document(tmp_path) | change))
    with pytest.raises(HeddleError) as refused:
        WorkFile.read(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert message in str(refused.value)


CONTENTS = {
    "nothing": (b"", "is not valid JSON: Expecting value (line 1, column 1); it may have been cut off"),
    "a list": (b"[1]", "holds no JSON object"),
    "foreign JSON": (b'{"name": "other"}', "is no work file of heddle (it names no version and workload)"),
    "bytes": (b"\xff\xfe{}", "is not UTF-8 text (byte 0)"),
    "no number": (b'{"version": NaN}', "is not valid JSON: NaN is no number of JSON"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_file_that_is_no_work_file_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    content, message = CONTENTS[name]
    path = tmp_path / WORK_NAME
    path.write_bytes(content)
    with pytest.raises(HeddleError) as refused:
        WorkFile.read(path)
    assert str(refused.value) == f"{path}: {message}"


def test_a_file_that_is_missing_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HeddleError, match=r"work\.json: no such file$"):
        WorkFile.read(tmp_path / WORK_NAME)


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work")
    written(folder, NetworkOptions(workload="mlp", batch=2))
    return folder / WORK_NAME


@settings(max_examples=60)
@given(st.data())
def test_a_file_cut_off_anywhere_or_with_a_wrong_byte_is_read_or_told(whole_file: Path, data: st.DataObject) -> None:
    content = bytearray(whole_file.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:at]
    else:
        content[at] = data.draw(st.integers(0, 255))
    damaged = whole_file.with_name("damaged.json")
    damaged.write_bytes(bytes(content))
    with suppress(HeddleError):
        saved_work(WorkFile.read(damaged), load_design("tiny"))
