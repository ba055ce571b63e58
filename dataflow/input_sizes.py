"""What a user says of the sizes of an ONNX file's inputs and of its batch; it loads nothing of ONNX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from heddle.arch.errors import HeddleError

_LARGEST_SIZE = (1 << 31) - 1
_LARGEST_AXIS = 15
_SIZES = re.compile(r"[0-9]{1,10}(x[0-9]{1,10})*")


@dataclass(frozen=True)
class BatchAxis:
    """The dimension that is the batch: of the input of that name, or of all inputs that have it."""

    axis: int
    input_name: str | None = None


@dataclass(frozen=True)
class InputSizes:
    """Sizes of inputs by name, where the batch stands, and two sizes whose meaning is plain from the inputs.

    ``has_batch`` is False for a file that is one sample as it stands. ``image_size`` is the side of a square image in
    pixels, ``sequence_length`` is in tokens.
    """

    inputs: tuple[tuple[str, tuple[int, ...]], ...] = ()
    batch_axes: tuple[BatchAxis, ...] = ()
    has_batch: bool = True
    image_size: int | None = None
    sequence_length: int | None = None


def input_sizes(
    inputs: Sequence[str] = (),
    batch_axis: Sequence[str] = (),
    no_batch: bool = False,
    image_size: int | None = None,
    sequence_length: int | None = None,
) -> InputSizes:
    """Return the sizes that the words of ``--input`` (x=1x3x48x320) and ``--batch-axis`` (0, or x=0) say.

    Raises HeddleError for a word of another form, an input named twice, and an axis beside ``no_batch``.
    """
    if no_batch and batch_axis:
        raise HeddleError("--batch-axis and --no-batch exclude each other; give one of them")
    sizes = tuple(_input(word) for word in inputs)
    axes = tuple(_axis(word) for word in batch_axis)
    _check_once("--input", [name for name, _ in sizes])
    _check_once("--batch-axis", [axis.input_name or "" for axis in axes])
    return InputSizes(sizes, axes, not no_batch, image_size, sequence_length)


def _input(word: str) -> tuple[str, tuple[int, ...]]:
    name, _, text = word.rpartition("=")
    if not name or not _SIZES.fullmatch(text):
        raise HeddleError(f"--input: {word!r} is not NAME=SIZES, sizes with an x between, as in x=1x3x224x224")
    sizes = tuple(int(size) for size in text.split("x"))
    for size in sizes:
        if not 1 <= size <= _LARGEST_SIZE:
            raise HeddleError(f"--input: size {size} in {word!r} is out of range (valid: 1 to {_LARGEST_SIZE:,})")
    return name, sizes


def _axis(word: str) -> BatchAxis:
    name, equals, text = word.rpartition("=")
    if (equals and not name) or not (text.isascii() and text.isdigit()) or int(text) > _LARGEST_AXIS:
        raise HeddleError(
            f"--batch-axis: {word!r} is not a dimension (valid: 0 to {_LARGEST_AXIS} for all inputs, or NAME=0 for one)"
        )
    return BatchAxis(int(text), name or None)


def _check_once(option: str, names: list[str]) -> None:
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise HeddleError(
            f"{option}: {repeated!r} is named more than once" if repeated else f"{option}: is given twice"
        )
