"""A network as a user names it: which sizes go with a file, and which with the zoo."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import helper
from onnx_models import model_of, weight

from heddle.arch.errors import HeddleError
from heddle.dataflow.network_choice import NetworkChoice


@pytest.fixture
def convolution(tmp_path: Path) -> str:
    """A convolution of images of any size."""
    nodes = [helper.make_node("Conv", ["x", "w"], ["z"], "c", pads=[1] * 4)]
    path = tmp_path / "c.onnx"
    path.write_bytes(model_of(nodes, [weight("w", 4, 3, 3, 3)], {"x": ["N", 3, "h", "w"]}).SerializeToString())
    return str(path)


def test_sizes_of_an_onnx_file(convolution: str) -> None:
    assert NetworkChoice(convolution, image_size=10).load().macs == 100 * 27 * 4
    assert NetworkChoice(convolution, inputs=("x=2x3x4x5",)).load().macs == 20 * 27 * 4
    assert NetworkChoice(convolution, inputs=("x=2x3x4x5",), no_batch=True).load().parameters == 27 * 4


def test_classes_are_of_the_zoo(convolution: str) -> None:
    with pytest.raises(HeddleError, match=r"^--classes: is for networks of the zoo; "):
        NetworkChoice(convolution, classes=10).load()


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (NetworkChoice("mlp", inputs=("x=1",)), "--input: is for .onnx files, and 'mlp' is none"),
        (NetworkChoice("mlp", batch_axis=("0",)), "--batch-axis: is for .onnx files, and 'mlp' is none"),
        (NetworkChoice("t.csv", no_batch=True), "--no-batch: is for .onnx files, and 't.csv' is none"),
    ],
)
def test_options_of_onnx_files_are_refused_elsewhere(choice: NetworkChoice, message: str) -> None:
    with pytest.raises(HeddleError) as caught:
        choice.load()
    assert str(caught.value) == message
