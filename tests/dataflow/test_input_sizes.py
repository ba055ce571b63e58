"""The words of --input and --batch-axis."""

from __future__ import annotations

import pytest

from heddle.arch.errors import HeddleError
from heddle.dataflow.input_sizes import BatchAxis, input_sizes


def test_words_are_sizes_and_axes_by_name() -> None:
    sizes = input_sizes(["a=b=1x3x8", "ids=7"], ["0", "ids=1"])
    assert sizes.inputs == (("a=b", (1, 3, 8)), ("ids", (7,)))
    assert sizes.batch_axes == (BatchAxis(0), BatchAxis(1, "ids"))


@pytest.mark.parametrize(
    ("inputs", "axes", "no_batch", "message"),
    [
        (["x"], [], False, "--input: 'x' is not NAME=SIZES, sizes with an x between, as in x=1x3x224x224"),
        (["x=1xax3"], [], False, "--input: 'x=1xax3' is not NAME=SIZES, sizes with an x between, as in x=1x3x224x224"),
        (["x=1x0"], [], False, "--input: size 0 in 'x=1x0' is out of range (valid: 1 to 2,147,483,647)"),
        (["x=1", "x=2"], [], False, "--input: 'x' is named more than once"),
        ([], ["-1"], False, "--batch-axis: '-1' is not a dimension (valid: 0 to 15 for all inputs, or NAME=0 for one)"),
        ([], ["=1"], False, "--batch-axis: '=1' is not a dimension (valid: 0 to 15 for all inputs, or NAME=0 for one)"),
        ([], ["0", "1"], False, "--batch-axis: is given twice"),
        ([], ["0"], True, "--batch-axis and --no-batch exclude each other; give one of them"),
    ],
)
def test_words_of_another_form_are_refused(inputs: list[str], axes: list[str], no_batch: bool, message: str) -> None:
    with pytest.raises(HeddleError) as caught:
        input_sizes(inputs, axes, no_batch)
    assert str(caught.value) == message
