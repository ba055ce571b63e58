"""Tables of measured accuracies: which row a sparsity takes, and every table that is refused."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated_bytes

from heddle.arch.errors import HeddleError
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.recipes import recipe_named
from heddle.dse.measured_accuracy import Accuracies, read_accuracies

TABLE = """\
model,data,recipe,sparsity,accuracy_mean,accuracy_std
mlp,digits,dense,,95.85,0.83
mlp,digits,bdwp,2:4,95.76,0.8
mlp,digits,BDWP, 2:8 ,95.6,0.7
mlp,digits,sdgp,2:8,95.76,0.7
mlp,digits,bdwp,2:8 and 2:4,95.7,0.7
"""
FRAGMENTS = (
    b"",
    b",",
    b'"',
    b"\n",
    b"\r",
    b"\x00",
    b"\xff",
    b"nan",
    b"1e400",
    b"-1",
    b"2:9",
    b"\xef\xbb\xbf",
    b"9" * 30,
)
HEADER = "recipe,sparsity,accuracy_mean\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "accuracy.csv"
    path.write_text(TABLE)
    return path


def read(path: Path, *sparsities: str, recipe: str = "bdwp") -> dict[str, float]:
    wanted = [parse_sparsity(text) for text in sparsities]
    found = read_accuracies(path, recipe_named(recipe), wanted).percent
    return {text: found[sparsity] for text, sparsity in zip(sparsities, wanted, strict=True)}


def refused(path: Path, content: str | bytes, *sparsities: str) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(HeddleError) as caught:
        read(path, *(sparsities or ("2:8",)))
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_each_sparsity_takes_the_row_of_the_recipe(table: Path) -> None:
    assert read(table, "2:8", "2:4") == {"2:8": 95.6, "2:4": 95.76}
    assert read(table, "2:8", recipe="sdgp") == {"2:8": 95.76}


def test_all_kept_is_dense_whatever_the_recipe(table: Path) -> None:
    assert read(table, "2:8", "8:8", "4:4") == {"2:8": 95.6, "8:8": 95.85, "4:4": 95.85}


def test_under_the_dense_recipe_every_sparsity_is_dense(table: Path) -> None:
    assert read(table, "2:8", "1:16", recipe="dense") == {"2:8": 95.85, "1:16": 95.85}


def test_the_source_is_model_data_and_file(table: Path) -> None:
    found = read_accuracies(table, recipe_named("bdwp"), [parse_sparsity("2:8")])
    assert found.source == f"mlp on digits ({table})"
    table.write_text(HEADER + "bdwp,2:8,90\n")
    assert read_accuracies(table, recipe_named("bdwp"), [parse_sparsity("2:8")]).source == str(table)


def test_a_byte_order_mark_blank_lines_and_dos_ends_are_taken(table: Path) -> None:
    table.write_bytes(b"\xef\xbb\xbfrecipe,sparsity,accuracy_mean\r\n\r\nbdwp,2:8,90.5\r\n,,\r\n")
    assert read(table, "2:8") == {"2:8": 90.5}


@pytest.mark.parametrize("accuracy", ["0", "100", "1e1"])
def test_the_ends_of_the_range_are_accuracies(table: Path, accuracy: str) -> None:
    table.write_text(f"{HEADER}bdwp,2:8,{accuracy}\n")
    assert read(table, "2:8") == {"2:8": float(accuracy)}


def test_a_sparsity_without_a_row_is_named_with_those_there_are(table: Path) -> None:
    assert refused(table, TABLE, "2:8", "1:8", "2:4") == (
        "no accuracy of bdwp 1:8; it holds dense, bdwp 2:4, bdwp 2:8, sdgp 2:8, bdwp 2:8 and 2:4; "
        "--sparsity 2:8,2:4 restricts the space to what is there"
    )


def test_where_no_sparsity_has_a_row_others_may_be_named(table: Path) -> None:
    assert refused(table, HEADER + "sdgp,2:8,90\n", "2:8", "8:8") == (
        "no accuracy of bdwp 2:8, dense; it holds sdgp 2:8; train them, or name others with --sparsity or --recipe"
    )
    assert "it holds no rows; " in refused(table, HEADER)


def test_of_many_rows_the_first_few_are_named(table: Path) -> None:
    rows = "".join(f"bdwp,{n}:32,90\n" for n in range(1, 20))
    assert "it holds bdwp 1:32, bdwp 2:32, " in refused(table, HEADER + rows)
    assert "bdwp 8:32, ...; " in refused(table, HEADER + rows)


def test_rows_that_clash_are_named(table: Path) -> None:
    again = "resnet9,digits,bdwp,2:8,97,0.1\n"
    assert refused(table, TABLE + again) == (
        "several rows give the accuracy of bdwp 2:8: line 4 (mlp on digits, 95.6 %) and line 7 (resnet9 on digits, "
        "97 %); keep one of them"
    )
    assert " (resnet9 on digits, 97 %) and 1 more; keep" in refused(table, TABLE + again + again)


def test_rows_that_clash_but_are_not_asked_for_do_no_harm(table: Path) -> None:
    table.write_text(TABLE + "mlp,digits,sdgp,2:8,90,1\n")
    assert read(table, "2:8") == {"2:8": 95.6}


def test_rows_of_different_models_are_not_mixed(table: Path) -> None:
    assert refused(table, TABLE + "resnet9,digits,bdwp,1:8,97,0.1\n", "2:8", "1:8") == (
        "bdwp 2:8 is of mlp on digits (line 4), bdwp 1:8 of resnet9 on digits (line 7); "
        "accuracies of one front are of one training"
    )


@pytest.mark.parametrize("accuracy", ["", "nan", "inf", "-0.1", "100.5", "95,6", "good", "1e400"])
def test_an_accuracy_that_is_no_percentage_is_named_with_its_line(table: Path, accuracy: str) -> None:
    message = refused(table, f'{HEADER}bdwp,2:4,90\nbdwp,2:8,"{accuracy}"\n')
    assert message == f"line 3: accuracy_mean {accuracy!r} is not a number from 0 to 100 (per cent)"


def test_a_long_value_is_cut(table: Path) -> None:
    message = refused(table, f"{HEADER}bdwp,2:8,{'x' * 500}\n")
    assert message == f"line 2: accuracy_mean '{'x' * 30}...' is not a number from 0 to 100 (per cent)"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "its first line names no column 'recipe'; needed: recipe, sparsity, accuracy_mean"),
        (
            "recipe,sparsities,accuracy_mean\n",
            "its first line names no column 'sparsity' (there is 'sparsities'); "
            "needed: recipe, sparsity, accuracy_mean",
        ),
        (
            "recipe,sparsity,accuracy\n",
            "its first line names no column 'accuracy_mean' (there is 'accuracy'); "
            "needed: recipe, sparsity, accuracy_mean",
        ),
        ("recipe,recipe,sparsity,accuracy_mean\n", "its first line names the column 'recipe' more than once"),
        (HEADER + "bdwp,2:8\n", "line 2: has 2 cells under a header of 3"),
        (HEADER + " ,2:8,90\n", "line 2: recipe is empty"),
        (HEADER + 'bdwp,"2:8,90\n', "is not CSV: unexpected end of data (line 2)"),
        (b"recipe\xff", "is not UTF-8 text (byte 6); a CSV file is needed"),
    ],
)
def test_what_is_no_such_table_is_refused(table: Path, content: str | bytes, message: str) -> None:
    assert refused(table, content) == message


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(HeddleError, match=r"none.csv: no such file$"):
        read(tmp_path / "none.csv", "2:8")
    with pytest.raises(
        HeddleError, match="is a directory; a CSV file with the columns recipe, sparsity, accuracy_mean"
    ):
        read(tmp_path, "2:8")
    with pytest.raises(HeddleError, match=r"/dev/null: is not a regular file; a CSV file is needed$"):
        read(Path("/dev/null"), "2:8")
    with pytest.raises(HeddleError, match="is not a valid path: "):
        read(Path("a\0b"), "2:8")


def values_or_refusal(path: Path) -> tuple[list[float], str]:
    try:
        return list(read(path, "2:8", "2:4").values()), ""
    except HeddleError as refusal:
        return [], str(refusal)


@given(st.integers(0, 10**9))
@settings(max_examples=300, deadline=None)
def test_a_mutated_table_is_read_or_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated.csv"
    path.write_bytes(mutated_bytes(random.Random(seed), TABLE.encode(), FRAGMENTS))
    values, refusal = values_or_refusal(path)
    assert all(0 <= value <= 100 for value in values)
    assert len(refusal.splitlines()) == (0 if values else 1)


@pytest.mark.parametrize("value", [np.nan, -1.0, 101.0])
def test_accuracies_made_in_python_are_percentages_too(value: float) -> None:
    with pytest.raises(HeddleError, match=r"^accuracies: 2:8 has .*, which is not within 0 and 100 per cent$"):
        Accuracies({parse_sparsity("2:8"): value}, "here")
