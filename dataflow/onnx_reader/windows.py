"""How far apart a convolution's taps are, and what its map is padded by, as the node's attributes say."""

from __future__ import annotations

import onnx

from heddle.dataflow.convolution import Geometry, Padding
from heddle.dataflow.onnx_reader.layers import attribute_ints, attribute_text


def dilations(node: onnx.NodeProto, axes: int) -> tuple[int, ...]:
    """Return the distance between taps along each of the map's axes."""
    return attribute_ints(node, "dilations") or (1,) * axes


def planar_padding(
    node: onnx.NodeProto, window: Geometry, in_size: tuple[int, int], out_size: tuple[int, int]
) -> Padding:
    """Return the padding of a 1-D or 2-D convolution; a 1-D one has a single row, which is not padded."""
    mode = attribute_text(node, "auto_pad", "NOTSET")
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        (top, bottom), (left, right) = (
            _same(window, in_size, out_size, axis, odd_first=mode == "SAME_LOWER") for axis in (0, 1)
        )
        return top, bottom, left, right
    pads = attribute_ints(node, "pads")
    if mode == "VALID" or not pads:
        return 0, 0, 0, 0
    if len(pads) == 2:
        return 0, 0, pads[0], pads[1]
    top, left, bottom, right = pads
    return top, bottom, left, right


def _same(
    window: Geometry, in_size: tuple[int, int], out_size: tuple[int, int], axis: int, odd_first: bool
) -> tuple[int, int]:
    """Padding before and behind an axis; of an odd one the larger half stands first or last."""
    reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1
    both = max(0, (out_size[axis] - 1) * window.stride[axis] + reach - in_size[axis])
    less, more = both // 2, both - both // 2
    return (more, less) if odd_first else (less, more)
