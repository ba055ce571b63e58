"""TOML files checked against a model: every way they can go wrong is one line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.toml_file import check_model, is_path, load_model, locate, shipped_names


def message_of_reading(path: Path) -> str:
    with pytest.raises(HeddleError) as caught:
        load_model(Design, path)
    return str(caught.value)


@pytest.mark.parametrize("word", ["mine.toml", "./mine", "folder/mine", "/abs/mine.toml"])
def test_a_word_with_the_suffix_or_a_separator_is_a_path(word):
    assert is_path(word)


@pytest.mark.parametrize("word", ["small", "sat-vcu1525", "mine.tml", ""])
def test_any_other_word_is_a_name(word):
    assert not is_path(word)


def test_names_are_the_sorted_stems_of_the_shipped_files(tmp_path):
    for name in ("b.toml", "a.toml", "note.txt"):
        (tmp_path / name).write_text("")
    assert shipped_names(tmp_path) == ("a", "b")
    assert locate("a", "preset", tmp_path) == tmp_path / "a.toml"


def test_an_unknown_name_tells_the_nearest_and_all(tmp_path):
    (tmp_path / "small.toml").write_text("")
    with pytest.raises(HeddleError) as caught:
        locate("smal", "preset", tmp_path)
    assert str(caught.value) == "unknown preset 'smal'; did you mean 'small'? (valid: small)"


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "none.toml"
    assert message_of_reading(path) == f"{path}: no such file"


def test_a_directory_is_refused(tmp_path):
    assert message_of_reading(tmp_path) == f"{tmp_path}: is a directory; a TOML file is needed"


def test_a_path_through_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "x.toml"
    assert message_of_reading(path) == f"{path}: cannot be read: Not a directory"


def test_a_path_that_no_system_takes_is_refused():
    assert message_of_reading(Path("a\0b.toml")) == r"'a\x00b.toml': is not a valid path: embedded null byte"


def test_a_device_is_refused():
    assert message_of_reading(Path("/dev/zero")) == "/dev/zero: is not a regular file; a TOML file is needed"


def test_bytes_that_are_not_utf8_are_placed(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes(b"a = '\xe9'")
    assert message_of_reading(path) == f"{path}: is not UTF-8 text (byte 5); TOML files are UTF-8"


def test_bad_syntax_names_the_line(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("a = 1\nb = \n")
    assert message_of_reading(path) == f"{path}:2:5: is not valid TOML: Invalid value"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = " + "1" * 5000, "is not valid TOML: it holds a number that is too long"),
        ("a = " + "[" * 5000, "is nested too deep (valid: 64 levels of tables and arrays)"),
        ("a = " + "[" * 65 + "]" * 65, "is nested too deep (valid: 64 levels of tables and arrays)"),
        (f"[{'.'.join(['a'] * 20_000)}]", "is nested too deep (valid: 64 levels of tables and arrays)"),
        (f"b = 1\n {' . '.join(['a'] * 20_000)} = 1", "is nested too deep (valid: 64 levels of tables and arrays)"),
    ],
    ids=["digits", "open-arrays", "arrays", "header", "dotted-key"],
)
def test_text_that_breaks_the_parsers_limits_is_refused(tmp_path, text, reason):
    path = tmp_path / "limits.toml"
    path.write_text(text)
    assert message_of_reading(path) == f"{path}: {reason}"


def refusal_of(path: Path) -> str:
    try:
        load_model(Design, path)
    except HeddleError as error:
        return str(error)
    return ""


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_bytes(data)
    assert "\n" not in refusal_of(path)


def test_a_model_reports_a_misspelt_key_before_the_missing_one_that_it_causes():
    with pytest.raises(HeddleError) as caught:
        check_model(Design, {"nam": "x"}, "f.toml")
    assert str(caught.value) == (
        "f.toml: unknown key 'nam'; did you mean 'name'? (valid: name, board, clock_hz, array, sparsity, numbers, "
        "lanes, buffers, memory) (and 8 more)"
    )


def test_a_missing_file_gets_the_like_named_one_beside_it(tmp_path):
    (tmp_path / "machine.toml").write_text("")
    path = tmp_path / "machin.toml"
    assert message_of_reading(path) == f"{path}: no such file; did you mean '{tmp_path / 'machine.toml'}'?"


def test_the_name_of_a_shipped_file_with_the_suffix_is_explained(tmp_path):
    (tmp_path / "small.toml").write_text("")
    with pytest.raises(HeddleError) as caught:
        locate("elsewhere/small.toml", "preset", tmp_path)
    assert str(caught.value) == "elsewhere/small.toml: no such file; did you mean the preset 'small'?"


def test_a_model_names_the_first_four_missing_keys():
    with pytest.raises(HeddleError) as caught:
        check_model(Design, {"name": "x"}, "f.toml")
    assert str(caught.value) == "f.toml: missing keys 'board', 'clock_hz', 'array', 'sparsity' (and 3 more)"


DESIGN = """name = "mine"
board = "vcu1525"
clock_hz = 2e8
sparsity = { n = 2, m = 8 }
lanes.sore = 4
lanes.wuve = 4
lanes.vector = 4

[buffers]
activation_bytes = 65536
weight_bytes = 65536
output_bytes = 65536

[memory]  # one channel
channels = 1

[array]
rows = 4
  cols = 4
dataflows = [
    "os",
    "ws",
]
"""

WRONG = {
    "a misspelt key": ("rows = 4", "rosw = 4", "18:1: unknown key 'array.rosw'; did you mean 'array.rows'? (valid: "),
    "a value out of range": (
        "cols = 4",
        "cols = 600",
        "19:3: array.cols: must be less than or equal to 512, got 600",
    ),
    "a word, with the nearest": (
        '"ws"',
        '"wss"',
        "22:5: array.dataflows.1: must be 'os' or 'ws' (did you mean 'ws'?), got 'wss'",
    ),
    "a key of an inline table": ("m = 8", "m = 8.0", "4:21: sparsity.m: must be a valid integer, got 8.0"),
    "a dotted key": ("lanes.wuve = 4", "lanes.wuve = 0", "6:7: lanes.wuve: must be greater than or equal to 1, got 0"),
    "a check of two keys": ("n = 2", "n = 9", "4:14: sparsity: N = 9 exceeds M = 8; N:M needs 1 <= N <= M"),
    "a key that is missing from a table": ("output_bytes = 65536", "", "9:2: missing key 'buffers.output_bytes'"),
    "a key that is missing from the file": ('name = "mine"', "", " missing key 'name'"),
    "a table that is none": ("[memory]", "[[memory]]", "14:3: memory: must be a table, got [{'channels': 1}]"),
    "syntax": ("cols = 4", "cols = ", "19:10: is not valid TOML: Invalid value"),
    "an end that is missing": ('    "ws",\n]\n', '    "ws",\n', "23:1: is not valid TOML: Invalid value at its end"),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=WRONG)
def test_a_problem_is_told_with_file_line_and_column(tmp_path, old, new, message):
    path = tmp_path / "mine.toml"
    assert old in DESIGN
    path.write_text(DESIGN.replace(old, new, 1))
    assert message_of_reading(path).startswith(f"{path}:{message}")
