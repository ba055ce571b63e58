"""Where the taps of an ONNX convolution read, as a program runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from onnx import helper
from onnx_models import model_of, read, weight

from heddle.arch.formats import FP16
from heddle.dataflow.convolution import Geometry
from heddle.dataflow.network import ConvLayer
from heddle.dataflow.program.layer_products import LayerMaps


def convolution(folder: Path, kernel: list[int], **attributes: Any) -> ConvLayer:
    """The layer of a convolution of this kernel and these attributes on a map of 9 x 11, or of 11."""
    conv = helper.make_node("Conv", ["x", "w"], ["v"], "c", **attributes)
    flat = helper.make_node("Flatten", ["v"], ["y"])
    sizes = [9, 11][-len(kernel) :]
    (layer,) = read(folder, model_of([conv, flat], [weight("w", 8, 4, *kernel)], {"x": ["N", 4, *sizes]})).layers
    assert isinstance(layer, ConvLayer)
    return layer


@pytest.mark.parametrize(
    ("kernel", "attributes", "window"),
    [
        ([3, 3], {}, Geometry((3, 3))),
        ([3, 5], {"pads": [1, 2, 1, 2]}, Geometry((3, 5), padding=(1, 2))),
        ([3, 3], {"pads": [4, 4, 4, 4], "strides": [2, 3]}, Geometry((3, 3), (2, 3), (4, 4))),
        ([4, 4], {"pads": [1, 1, 1, 1], "strides": [4, 4]}, Geometry((4, 4), (4, 4), (1, 1))),
        ([3, 3], {"pads": [2, 1, 2, 1], "dilations": [2, 1]}, Geometry((3, 3), padding=(2, 1), dilation=(2, 1))),
        ([3, 3], {"auto_pad": "SAME_UPPER"}, Geometry((3, 3), padding=(1, 1))),
        ([3, 3], {"auto_pad": "VALID"}, Geometry((3, 3))),
        ([3], {"pads": [2, 2], "dilations": [2]}, Geometry((1, 3), padding=(0, 2), dilation=(1, 2))),
    ],
)
def test_a_window_is_that_of_the_attributes(
    tmp_path: Path, kernel: list[int], attributes: dict[str, Any], window: Geometry
) -> None:
    assert LayerMaps.of(convolution(tmp_path, kernel, **attributes), 2, FP16).geometry == window


def test_padding_that_the_sizes_tell_is_not_stated(tmp_path: Path) -> None:
    assert convolution(tmp_path, [3, 3], pads=[1, 1, 1, 1], strides=[2, 2]).padding is None


@pytest.mark.parametrize(
    ("attributes", "padding"),
    [
        ({"pads": [0, 0, 1, 1]}, (0, 1, 0, 1)),
        ({"auto_pad": "SAME_UPPER"}, (0, 1, 0, 1)),
        ({"auto_pad": "SAME_LOWER"}, (1, 0, 1, 0)),
    ],
)
def test_padding_may_differ_from_side_to_side(
    tmp_path: Path, attributes: dict[str, Any], padding: tuple[int, int, int, int]
) -> None:
    geometry = LayerMaps.of(convolution(tmp_path, [2, 2], **attributes), 2, FP16).geometry
    assert geometry.sides == padding
    assert geometry.out_size((9, 11)) == (9, 11)
