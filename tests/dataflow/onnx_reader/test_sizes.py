"""Open sizes and the batch of inputs: what is plain, what is asked for, what the options say."""

from __future__ import annotations

import pytest

from heddle.arch.errors import HeddleError
from heddle.dataflow.input_sizes import InputSizes, input_sizes
from heddle.dataflow.onnx_reader.sizes import Dim, GraphInput, SettledInputs, settle_inputs

IMAGE: tuple[Dim, ...] = ("batch", 3, "height", "width")


def settled(
    *, wanted: InputSizes | None = None, defined: int | None = None, **inputs: tuple[Dim, ...]
) -> SettledInputs:
    """Inputs settled at an open batch of 5; ``defined`` is the batch's dimension of ``x`` by an operator."""
    given = [GraphInput(name, dims, defined if name == "x" else None) for name, dims in inputs.items()]
    return settle_inputs("m.onnx", given, wanted or InputSizes(), 5)


def refusal(*, wanted: InputSizes | None = None, **inputs: tuple[Dim, ...]) -> str:
    with pytest.raises(HeddleError) as caught:
        settled(wanted=wanted, **inputs)
    return str(caught.value).removeprefix("m.onnx: ")


@pytest.mark.parametrize(
    ("inputs", "batch", "batched"),
    [
        ({"x": ("N", 4)}, 5, {"x"}),
        ({"x": ("", 4)}, 5, {"x"}),
        ({"x": ("s0", 4), "y": ("s0", 2)}, 5, {"x", "y"}),
        ({"positions": (16,), "x": ("batch", 16, 8)}, 5, {"x"}),
        ({"x": (1, 16, 8), "positions": (16,)}, 1, {"x"}),
        ({"positions": (16,), "x": (1, 16, 8)}, 1, {"x"}),
        ({"x": (16, "batch_size", 8)}, 5, {"x"}),
        ({"step": ()}, 1, set()),
    ],
)
def test_a_batch_that_is_plain_is_taken(inputs: dict[str, tuple[Dim, ...]], batch: int, batched: set[str]) -> None:
    found = settled(**inputs)
    assert (found.batch, found.batched, found.notes) == (batch, batched, ())


@pytest.mark.parametrize(
    ("inputs", "shown"),
    [
        ({"x": (128, 64)}, "input 'x' is 128x64"),
        ({"x": (1, 64), "y": (2, 64)}, "input 'x' is 1x64, input 'y' is 2x64"),
        ({"x": ("seq_len", 2, 64)}, "input 'x' is seq_lenx2x64"),
        ({"x": ("s0", 4), "y": ("s1", 4)}, "input 'x' is s0x4, input 'y' is s1x4"),
        ({"ids": (12,)}, "input 'ids' is 12"),
    ],
)
def test_a_batch_that_cannot_be_told_is_asked_for(inputs: dict[str, tuple[Dim, ...]], shown: str) -> None:
    assert refusal(**inputs) == (
        f"which dimension is the batch cannot be told ({shown}); name it with --batch-axis 0 (1, ...; or NAME=0 for "
        "one input), or give --no-batch where the file is one sample"
    )


def test_an_operator_that_defines_the_batch_tells_it_and_a_note_says_so() -> None:
    found = settled(x=(8, 3, 32, 32), steps=(8,), table=(77, 16), defined=0)
    assert (found.batch, found.batched) == (8, {"x", "steps"})
    assert found.notes == ("dimension 0 of input 'x', 8, is taken as the batch",)


def test_the_batch_is_where_the_user_says() -> None:
    first = settled(x=(12, 2, 32), wanted=input_sizes(batch_axis=["1"]))
    assert (first.batch, first.batched) == (2, {"x"})
    apart = settled(x=(12, 2, 32), y=(2, 9), z=(4,), wanted=input_sizes(batch_axis=["x=1", "y=0"]))
    assert (apart.batch, apart.batched) == (2, {"x", "y"})
    none = settled(x=(128, 64), wanted=input_sizes(no_batch=True))
    assert (none.batch, none.batched) == (1, set())


def test_an_axis_that_no_input_has_is_refused() -> None:
    assert refusal(x=(4, 2), wanted=input_sizes(batch_axis=["x=2"])) == (
        "--batch-axis: input 'x' has no dimension 2 (valid: 0 to 1)"
    )
    assert refusal(x=(4, 2), wanted=input_sizes(batch_axis=["5"])) == "--batch-axis: no input has so many dimensions"
    assert refusal(x=(4, 2), y=(3, 2), wanted=input_sizes(batch_axis=["0"])) == (
        "the batch is not the same in all inputs: 4 in dimension 0 of 'x', 3 in dimension 0 of 'y'; name the dimension "
        "of each input that has a batch with --batch-axis NAME=AXIS"
    )


def test_open_sizes_are_given_by_input_and_one_name_has_one_size() -> None:
    wanted = input_sizes(inputs=["ids=3x128"])
    found = settled(ids=("batch", "seq"), mask=("batch", 1, "seq", "seq"), wanted=wanted)
    assert found.shapes == {"ids": (3, 128), "mask": (3, 1, 128, 128)}
    assert found.batch == 3


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("x=1x3x8", "--input: input 'x' has 4 dimensions (batchx3xheightxwidth), not 3"),
        ("x=1x1x8x8", "--input: dimension 1 of input 'x' is 3, not 1"),
        ("y=1x3x8x8", "--input: unknown input of m.onnx 'y' (valid: x)"),
    ],
)
def test_sizes_that_do_not_fit_the_input_are_refused(word: str, message: str) -> None:
    assert refusal(x=IMAGE, wanted=input_sizes(inputs=[word])) == message


def test_an_image_size_is_the_open_height_and_width() -> None:
    assert settled(x=IMAGE, wanted=InputSizes(image_size=96)).shapes == {"x": (5, 3, 96, 96)}
    assert settled(x=("N", "h", "w", 3), wanted=InputSizes(image_size=96)).shapes == {"x": (5, 96, 96, 3)}
    assert refusal(x=(1, 3, 8, 8), wanted=InputSizes(image_size=96)) == (
        "--image-size: no input has an open dimension that is plainly meant ('x' is 1x3x8x8); an open one is set by "
        "--input NAME=SIZES"
    )


def test_a_sequence_length_is_the_open_sequence() -> None:
    wanted = InputSizes(sequence_length=64)
    assert settled(ids=("batch", "sequence"), mask=("batch", "sequence"), wanted=wanted).shapes["mask"] == (5, 64)
    assert settled(x=("N", "", 8), wanted=wanted).shapes == {"x": (5, 64, 8)}
    assert refusal(ids=("batch", "source_len"), to=("batch", "target_len"), wanted=wanted) == (
        "--sequence-length: it may mean 'source_len', 'target_len'; set them by --input NAME=SIZES"
    )
    assert refusal(ids=("batch", "seq"), cache=("batch", 8, "past_seq", 64), wanted=wanted) == (
        "input 'cache' has no fixed size at dimension 2 ('past_seq'); give its sizes, as in --input cache=5x8x128x64"
    )


def test_a_size_that_stays_open_is_refused_with_the_option_that_sets_it() -> None:
    assert refusal(x=IMAGE) == (
        "input 'x' has no fixed size at dimension 2 ('height'); give its sizes, as in --input x=5x3x128x128"
    )
